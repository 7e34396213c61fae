"""Commands that show secrets: as arguments, in logs, to what prints text.

Every function takes one line of shell and answers with the words to name in a report, never with
the value of a secret; empty where there is nothing.
"""

import re
from collections.abc import Sequence

from shopsec.scan.access.documents.shell import (
    commands_of,
    commands_run,
    in_order,
    pipelines_of,
)
from shopsec.scan.access.resources.deployments import is_pipeline_secret

# A variable, or an expression that is replaced before a shell sees it.
_VARIABLE = r"(\$\{\{[^{}]{0,200}\}\}|\$\{?\w{1,100}\}?|%\w{1,100}%|\$\(\w{1,100}\))"
# Words in this order in one command; the last ends with the variable.
_AS_ARGUMENT: tuple[tuple[tuple[re.Pattern[str], ...], str], ...] = tuple(
    (tuple(map(re.compile, patterns)), name)
    for patterns, name in (
        ((r"\b(?:docker|podman|buildah|helm|oras|crane)\b", r"\slogin\b",
          rf"\s(?:-p|--password)[ =]?[\"']?{_VARIABLE}"), "login -p"),
        ((r"\b(?:mysql|mysqldump|mysqladmin|mariadb)\b", rf"\s(?:-p|--password=)[\"']?{_VARIABLE}"),
         "mysql -p"),
        ((r"\bsshpass\b", rf"\s-p\s?[\"']?{_VARIABLE}"), "sshpass -p"),
        ((r"\bcurl\b", rf"\s(?:-u|--user)[ =]?[\"']?[^\s\"':]{{0,100}}:{_VARIABLE}"), "curl -u"),
        ((r"\bcurl\b", rf"\s(?:-u|--user)[ =]?[\"']?{_VARIABLE}(?=:?[\"'\s])"), "curl -u"),
        ((rf"\b\w{{2,20}}://[^\s/:@\"']{{0,100}}:{_VARIABLE}@",), "a password in an address"),
        ((rf"\bhttps?://{_VARIABLE}@",), "a token in an address"),
        ((r"\b(?:npm|yarn|pnpm)\s+config\s+set\b", rf"_auth(?:Token)?[\"']?[ =][\"']?{_VARIABLE}"),
         "npm config set _authToken"),
        ((r"\bcomposer\b", r"\sconfig\b", r"\b(?:http-basic|github-oauth|gitlab-token|bearer)\.",
          _VARIABLE), "composer config"),
        ((r"\baz\s+login\b", rf"\s(?:-p|--password)[ =][\"']?{_VARIABLE}"), "az login -p"),
        ((r"\bredis-cli\b", rf"\s(?:-a|--pass)[ =]?[\"']?{_VARIABLE}"), "redis-cli -a"),
        ((r"\bwget\b", rf"\s--(?:(?:http|ftp)-)?password[ =][\"']?{_VARIABLE}"), "wget --password"),
        ((r"\blftp\b", rf"\s-u\s?[\"']?[^\s,\"']{{1,100}},[\"']?{_VARIABLE}"), "lftp -u"),
    )
)  # fmt: skip
# The same, where only a secret's name tells them from what may be seen.
_NAMED_SECRETS: tuple[tuple[tuple[re.Pattern[str], ...], str], ...] = tuple(
    (tuple(map(re.compile, patterns)), name)
    for patterns, name in (
        ((r"\b(?:docker|podman|buildah|nerdctl)\b", r"\sbuild\b",
          rf"\s--build-arg[ =][\"']?\w{{1,100}}=[\"']?{_VARIABLE}"), "--build-arg"),
        ((r"\bcurl\b", rf"\s(?:-H|--header)[ =]?[\"']?[\w-]{{1,60}}:\s?"
          rf"(?:\w{{1,20}}\s)?{_VARIABLE}"), "curl --header"),
        ((r"(?<![\w-])(?:vercel|netlify|fly|flyctl|wrangler|railway|doctl|snyk|codecov|sentry-cli"
          r")(?![\w-])",
          rf"\s--(?:auth-|access-|api-)?(?:token|auth)[ =][\"']?{_VARIABLE}"), "--token"),
    )
)  # fmt: skip
# Tokens that end with the job; a log that shows one shows nothing that still works.
_SHORT_LIVED = re.compile(
    r"CI_JOB_TOKEN|CI_REGISTRY_PASSWORD|CI_DEPLOY_PASSWORD|GITHUB_TOKEN|github\.token|GH_TOKEN"
    r"|System\.AccessToken|SYSTEM_ACCESSTOKEN"
)
_WORD = re.compile(r"[A-Za-z_][\w.]*")
_ASSIGNMENT = re.compile(r"(?:export\s+)?\w+=(?:\"[^\"]*\"|'[^']*'|\S*)")
_LOCAL_DATABASE = re.compile(
    r"(?:-h|--host[= ])\s?(?:127\.0\.0\.1|localhost|db|mysql|mariadb)(?![\w.-])"
)

_ECHO = re.compile(r"^(?:\w+=\S*\s+){0,5}(?:echo|printf|print|Write-Host|Write-Output)\b")
_SHOWN = re.compile(r"\$\{?(?!\{)(\w+)\}?")
_EXPRESSION = re.compile(r"\$\{\{\s{0,20}secrets\.(\w+)")
_HARMLESS_EXPANSION = re.compile(r"\$\{#\w+\}|\$\{\w+:?[+?][^}]{0,200}\}|::add-mask::\S*")
_SHOWS_AGAIN = re.compile(r"^(?:base64|xxd|rev|od|hexdump|tee|cat|fold|sed|sort|nl)\b")
_HIDES_AGAIN = re.compile(r"\s-d\b|--decode|>")
_TO_FILE = re.compile(r"(?<!2)>\s?(?!/dev/std|&2)\S")
_WHOLE_ENVIRONMENT = re.compile(
    r"^(?:sudo\s+)?(?:(?:printenv|env|export|export\s+-p|set)"
    r"|cat\s+(?:[\w./-]{0,100}/)?\.env(?:\.(?:prod|production|live|local))?)$"
)
_LEAVES_MOST = re.compile(
    r"^(?:sort|cat|tee|less|more|nl|uniq|head|tail|column|e?grep\s+-\w{0,5}v)\b"
)
_TRACE = re.compile(r"^set\s+(?:-\w{0,20}x\w{0,20}(?=\s|$)|-o\s+xtrace\b)")
_DEBUG = re.compile(
    r"\b(CI_DEBUG_TRACE|CI_DEBUG_SERVICES|ACTIONS_STEP_DEBUG|ACTIONS_RUNNER_DEBUG|system\.debug)"
    r"[= ][\"']?(?:true|1)\b",
    re.IGNORECASE,
)
_INSECURE_COMMANDS = re.compile(r"\bACTIONS_ALLOW_UNSECURE_COMMANDS[= ][\"']?true\b")


def secret_argument(line: str) -> str:
    """How a secret is handed over so that the list of processes shows it: ``login -p $NAME``."""
    for command in commands_run(line):
        for patterns, name in _AS_ARGUMENT:
            found = in_order(command, patterns)
            if found is None or (name.startswith("mysql") and _LOCAL_DATABASE.search(command)):
                continue
            words = _WORD.findall(found[1])
            variable = words[0].removeprefix("secrets.") if words else ""
            if not name.endswith("address") or _is_handed_over(command, variable):
                return f"{name} {variable}"
        for patterns, name in _NAMED_SECRETS:
            found = in_order(command, patterns)
            if found is not None and (variable := _secret_named(found[1])):
                return f"{name} {variable}"
    return ""


def _secret_named(text: str) -> str:
    """The secret that a variable or an expression stands for, empty where it is none."""
    for word in _WORD.findall(text):
        # What a step before it gave out, as an app's token, ends with the job.
        if word.startswith("secrets.") or ("." not in word and is_pipeline_secret(word)):
            return str(word.removeprefix("secrets."))
    return ""


def _is_handed_over(command: str, variable: str) -> bool:
    """True when a command gets the address, instead of a variable that is only set."""
    return is_pipeline_secret(variable) and not _ASSIGNMENT.fullmatch(command)


def is_short_lived(words: str) -> bool:
    """True when the secret named in the words ends with the job."""
    return _SHORT_LIVED.search(words) is not None


def prints_secret(line: str) -> str:
    """Name of the secret that a line writes into the log."""
    for pipeline in pipelines_of(line):
        command = pipeline[0] if pipeline else ""
        if _ECHO.search(command) and _is_shown(pipeline):
            shown = _HARMLESS_EXPANSION.sub("", command)
            # An expression is put in before the shell looks at any quotes.
            for match in (*_EXPRESSION.finditer(shown),
                          *_SHOWN.finditer(_outside_single_quotes(shown))):  # fmt: skip
                if match.re is _EXPRESSION or is_pipeline_secret(match[1]):
                    return match[1]
    return ""


def _is_shown(pipeline: Sequence[str]) -> bool:
    """True when what the first command prints ends up in the log, whatever it goes through."""
    if _TO_FILE.search(pipeline[-1]):
        return False
    return all(_SHOWS_AGAIN.search(each) and not _HIDES_AGAIN.search(each) for each in pipeline[1:])


def _outside_single_quotes(text: str) -> str:
    """The parts that the shell expands; an apostrophe between double quotes is only that."""
    return re.sub(r"\"[^\"]*\"|'[^']*'", lambda m: "" if m[0][0] == "'" else m[0], text)


def prints_environment(line: str) -> str:
    """The command with which a line writes all variables, or every command, into the log."""
    for pipeline in pipelines_of(line):
        first, *rest = pipeline or ("",)
        if (
            _WHOLE_ENVIRONMENT.search(first)
            and all(map(_LEAVES_MOST.search, rest))
            and not _TO_FILE.search(pipeline[-1])
        ):
            return first
    if any(map(_TRACE.search, commands_of(line))):
        return "set -x"
    found = _DEBUG.search(line)
    return found[1] if found else ""


def allows_insecure_commands(line: str) -> bool:
    """True when a line brings back commands through which printed text sets variables.

    https://github.blog/changelog/2020-10-01-github-actions-deprecating-set-env-and-add-path-commands/
    """
    return _INSECURE_COMMANDS.search(line) is not None
