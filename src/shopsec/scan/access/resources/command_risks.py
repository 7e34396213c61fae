"""Commands that trust what they should check, or show what they should hide.

Every function takes one line of shell and answers with the words to name in a report, never with
the value of a secret; empty where there is nothing.
"""

import re

from shopsec.scan.access.documents.shell import commands_of
from shopsec.scan.access.resources.deployments import is_pipeline_secret

_FETCH = r"\b(?:curl|wget|aria2c|iwr|Invoke-WebRequest)\b"
_INTERPRETER = (
    r"(?:(?:sudo|env)\s+(?:-\S+\s+)*(?:\w+=\S*\s+)*)?(?:/usr)?(?:/s?bin/)?"
    r"(?:(?:ba|da|z|k)?sh|python3?|php|node|perl|ruby|iex)\b"
)
_SCRIPT_FILE = r"\.(?:sh|bash|py|php|phar|pl|js|rb)"
_RUN_DOWNLOAD = re.compile(
    rf"{_FETCH}[^|;&]*https?://[^|;]*\|\s*(?:[^|;&]*\|\s*)?{_INTERPRETER}(?!\s+-c\b)"
    rf"|{_FETCH}[^|;&]*\$\{{?\w*URL\w*[^|;]*\|\s*{_INTERPRETER}(?!\s+-c\b)"
    rf"|\b(?:ba|da|z)?sh\s+(?:-\S+\s+)*<\(\s*{_FETCH}"
    rf"|\b(?:source|\.)\s+<\(\s*{_FETCH}"
    rf"|\b(?:ba|da|z)?sh\s+-\w*c\s+[\"']?\$\(\s*{_FETCH}"
    rf"|\beval\s+[\"']?\$\(\s*{_FETCH}"
)
_CHECKSUM = re.compile(
    r"\b(?:sha(?:1|224|256|384|512)?sum|shasum|b2sum|md5sum)\b[^;&]*(?:-c\b|--check\b|--status\b)"
    r"|\b(?:gpg|gpgv)\b[^;&]*--verify|\bcosign\s+verify|\bminisign\s+-V|hash_file\s*\("
    r"|\bopenssl\s+dgst\b"
)
_SAVED_AS = re.compile(
    rf"{_FETCH}[^|;&]*?\s(?:-o|--output|-O|--output-document)[ =]?[\"']?"
    rf"([\w./-]*\w{_SCRIPT_FILE})\b"
)
_SAVED_BY_NAME = re.compile(rf"{_FETCH}[^|;&]*?https?://\S*?/([\w.-]+{_SCRIPT_FILE})(?:[\"'\s]|$)")
_LOCAL_ADDRESS = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|\[?::1\]?|0\.0\.0\.0|host\.docker\.internal)\b"
)
_URL = re.compile(r"https?://")

_UNVERIFIED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"\bcurl\b[^|;&]*\s(?:--insecure\b|-[a-zA-Z]*k[a-zA-Z]*(?=\s|$))", "curl --insecure"),
        (r"\bwget\b[^|;&]*--no-check-certificate\b", "--no-check-certificate"),
        (r"\bNODE_TLS_REJECT_UNAUTHORIZED\s*[= ]\s*[\"']?0", "NODE_TLS_REJECT_UNAUTHORIZED=0"),
        (r"\bGIT_SSL_NO_VERIFY\s*[= ]\s*[\"']?(?:1|true|yes)", "GIT_SSL_NO_VERIFY"),
        (r"\bPYTHONHTTPSVERIFY\s*[= ]\s*[\"']?0", "PYTHONHTTPSVERIFY=0"),
        (r"\bhttp\.sslVerify[= ]\s*[\"']?(?:false|0)\b", "http.sslVerify=false"),
        (r"\bstrict-ssl[= ]\s*[\"']?false\b|\bstrictSsl\s+false\b|\bNPM_CONFIG_STRICT_SSL\s*[= ]\s*"
         r"[\"']?false", "strict-ssl=false"),
        (r"\bpip3?\b[^|;&]*--trusted-host\b|\bPIP_TRUSTED_HOST\s*[= ]\s*\S", "--trusted-host"),
        (r"\bStrictHostKeyChecking[= ]\s*[\"']?(?:no|off|false)\b", "StrictHostKeyChecking=no"),
        (r"\bUserKnownHostsFile[= ]\s*/dev/null\b", "UserKnownHostsFile=/dev/null"),
        (r"\bANSIBLE_HOST_KEY_CHECKING\s*[= ]\s*[\"']?(?:false|0|no)", "ANSIBLE_HOST_KEY_CHECKING"),
        (r"\bcomposer\b[^|;&]*\b(?:secure-http\s+false|disable-tls\s+true)\b", "secure-http false"),
        (r"\bapt(?:-get)?\b[^|;&]*(?:--allow-unauthenticated|--force-yes)\b",
         "--allow-unauthenticated"),
        (r"\bdeb\s+\[[^\]]*trusted=yes", "trusted=yes"),
        (r"--(?:insecure-skip-tls-verify|kube-insecure-skip-tls-verify)\b(?!=false)",
         "--insecure-skip-tls-verify"),
        (r"--(?:dest-|src-)?tls-verify=(?:false|0)\b|--skip-tls-verify(?:-pull)?\b(?!=false)",
         "--tls-verify=false"),
        (r"\bssl:verify-certificate\s+(?:no|false|off)\b", "ssl:verify-certificate no"),
    )
)  # fmt: skip

# A secret that stands in the command: a variable, or an expression that is replaced before.
_VARIABLE = r"(?:\$\{\{[^}]*\}\}|\$\{?\w+\}?|%\w+%|\$\(\w+\))"
_AS_ARGUMENT: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (rf"\b(?:docker|podman|buildah|helm(?:\s+registry)?|oras|crane(?:\s+auth)?)\s+login\b[^|;&]*"
         rf"\s(?:-p|--password)[ =]?[\"']?({_VARIABLE})", "login -p"),
        (rf"\b(?:mysql|mysqldump|mysqladmin|mariadb(?:-\w+)?)\b[^|;&]*\s(?:-p|--password=)[\"']?"
         rf"({_VARIABLE})", "mysql -p"),
        (rf"\bsshpass\s+(?:-\S+\s+)*-p\s*[\"']?({_VARIABLE})", "sshpass -p"),
        (rf"\bcurl\b[^|;&]*\s(?:-u|--user)[ =]?[\"']?[^\s\"':]*:({_VARIABLE})", "curl -u"),
        (rf"\bcurl\b[^|;&]*\s(?:-u|--user)[ =]?[\"']?({_VARIABLE})(?=:?[\"'\s])", "curl -u"),
        (rf"\b\w+://[^\s/:@\"']*:({_VARIABLE})@", "a password in an address"),
        (rf"\bhttps?://({_VARIABLE})@", "a token in an address"),
        (rf"\b(?:npm|yarn|pnpm)\s+config\s+set\s+[\"']?\S*_auth(?:Token)?[\"']?[ =][\"']?"
         rf"({_VARIABLE})", "npm config set _authToken"),
        (rf"\bcomposer\s+config\s+[^|;&]*(?:http-basic|github-oauth|gitlab-token|bearer)\.\S+\s+"
         rf"[^|;&]*?({_VARIABLE})", "composer config"),
        (rf"\baz\s+login\b[^|;&]*\s(?:-p|--password)[ =][\"']?({_VARIABLE})", "az login -p"),
        (rf"\blftp\b[^|;&]*\s-u\s*[\"']?[^\s,\"']+,[\"']?({_VARIABLE})", "lftp -u"),
    )
)  # fmt: skip
# Tokens that end with the job; a log that shows one shows nothing that still works.
_SHORT_LIVED = re.compile(
    r"CI_JOB_TOKEN|CI_REGISTRY_PASSWORD|CI_DEPLOY_PASSWORD|GITHUB_TOKEN|github\.token|GH_TOKEN"
    r"|System\.AccessToken|SYSTEM_ACCESSTOKEN"
)
_WORD = re.compile(r"[A-Za-z_][\w.]*")
_ASSIGNMENT = re.compile(r"(?:export\s+)?\w+=(?:\"[^\"]*\"|'[^']*'|\S*)")
_LOCAL_DATABASE = re.compile(r"(?:-h|--host[= ])\s*(?:127\.0\.0\.1|localhost|db|mysql|mariadb)\b")

_ECHO = re.compile(r"^(?:[\w=]+\s+)*(?:echo|printf|print|Write-Host|Write-Output)\b")
_SHOWN_VARIABLE = re.compile(r"\$\{?(?!\{)(\w+)\}?|\$\{\{\s*secrets\.(\w+)[^}]*\}\}")
_HARMLESS_EXPANSION = re.compile(r"\$\{#\w+\}|\$\{\w+:?[+?][^}]*\}|::add-mask::\S*")
_WHOLE_ENVIRONMENT = re.compile(r"^(?:sudo\s+)?(?:printenv|env|export\s+-p|set)\s*$")
_TRACE = re.compile(r"^set\s+-\w*x\w*\b(?!\s*\S*\s*set\s\+x)|^set\s+-o\s+xtrace\b")
_DEBUG = re.compile(
    r"\b(CI_DEBUG_TRACE|CI_DEBUG_SERVICES|ACTIONS_STEP_DEBUG|ACTIONS_RUNNER_DEBUG|system\.debug)"
    r"\s*[= ]\s*[\"']?(?:true|1)\b",
    re.IGNORECASE,
)
_INSECURE_COMMANDS = re.compile(r"\bACTIONS_ALLOW_UNSECURE_COMMANDS\s*[= ]\s*[\"']?true\b")
_SHOWS_AGAIN = re.compile(r"^(?:base64|xxd|rev|od|hexdump|tee|cat|fold)\b")


def runs_download(line: str) -> bool:
    """True when a line hands what it downloads to an interpreter, unseen."""
    if not _RUN_DOWNLOAD.search(line) or _CHECKSUM.search(line):
        return False
    return not _only_local(line)


def saved_download(line: str) -> str:
    """Name of the script that a line downloads to a file."""
    found = _SAVED_AS.search(line) or _SAVED_BY_NAME.search(line)
    if found is None or "|" in line or not _URL.search(line) or _only_local(line):
        return ""
    return found[1].rpartition("/")[2]


def runs_file(line: str, name: str) -> bool:
    """True when a line runs the file of that name."""
    path = rf"[\w./~$-]*(?<![\w-]){re.escape(name)}(?![\w-])"
    return (
        re.search(
            rf"(?:^|[;&|]\s*|\b{_INTERPRETER}\s+(?:-\S+\s+)*|\bsudo\s+)(?:\./|/)?{path}", line
        )
        is not None
    )


def checks_download(line: str) -> bool:
    """True when a line compares a checksum or a signature."""
    return _CHECKSUM.search(line) is not None


def skips_verification(line: str) -> str:
    """The switch with which a line trusts any server that answers."""
    if _only_local(line):
        return ""
    return next((name for pattern, name in _UNVERIFIED if pattern.search(line)), "")


def _only_local(line: str) -> bool:
    """True when every address in the line is this machine's own."""
    addresses = len(_URL.findall(line))
    return addresses > 0 and len(_LOCAL_ADDRESS.findall(line)) == addresses


def secret_argument(line: str) -> str:
    """How a secret is handed over so that the list of processes shows it: ``login -p $NAME``."""
    for pattern, name in _AS_ARGUMENT:
        found = pattern.search(line)
        if found is None or (name.startswith("mysql") and _LOCAL_DATABASE.search(line)):
            continue
        variable = _variable_name(found[1])
        if name.endswith("address") and not _is_handed_over(line, variable):
            continue
        return f"{name} {variable}"
    return ""


def _is_handed_over(line: str, variable: str) -> bool:
    """True when a command gets the address, instead of a variable that is only set."""
    named = is_pipeline_secret(variable)
    return named and not _ASSIGNMENT.fullmatch(line)


def is_short_lived(words: str) -> bool:
    """True when the secret named in the words ends with the job."""
    return _SHORT_LIVED.search(words) is not None


def _variable_name(text: str) -> str:
    words = _WORD.findall(text)
    return words[0].removeprefix("secrets.") if words else ""


def prints_secret(line: str) -> str:
    """Name of the secret that a line writes into the log."""
    for command, rest in _with_what_follows(line):
        if _ECHO.search(command) and not _goes_elsewhere(command, rest):
            shown = _HARMLESS_EXPANSION.sub("", command)
            for match in _SHOWN_VARIABLE.finditer(_outside_single_quotes(shown)):
                if match[2] or is_pipeline_secret(match[1]):
                    return match[2] or match[1]
    return ""


def _with_what_follows(line: str) -> list[tuple[str, str]]:
    """Every command of a line, with the one its output is piped into."""
    commands = commands_of(line)
    pairs = []
    for command, following in zip(commands, (*commands[1:], ""), strict=True):
        between = line[line.find(command) + len(command) :].lstrip()
        piped = between.startswith("|") and not between.startswith("||")
        pairs.append((command, following if piped else ""))
    return pairs


def _goes_elsewhere(command: str, piped_into: str) -> bool:
    if piped_into:
        to_log = _SHOWS_AGAIN.search(piped_into) and not re.search(r"\s-d\b|--decode|>", piped_into)
        return not to_log
    return re.search(r"(?<!2)>\s*(?!/dev/std|&2)\S", command) is not None


def _outside_single_quotes(text: str) -> str:
    """The parts that the shell expands; an apostrophe between double quotes is only that."""
    return re.sub(r"\"[^\"]*\"|'[^']*'", lambda m: "" if m[0][0] == "'" else m[0], text)


def allows_insecure_commands(line: str) -> bool:
    """True when a line brings back commands through which printed text sets variables.

    https://github.blog/changelog/2020-10-01-github-actions-deprecating-set-env-and-add-path-commands/
    """
    return _INSECURE_COMMANDS.search(line) is not None


def prints_environment(line: str) -> str:
    """The command with which a line writes all variables, or every command, into the log."""
    commands = commands_of(line)
    for command in commands:
        if _WHOLE_ENVIRONMENT.search(command) and len(commands) == 1:
            return command
        if _TRACE.search(command):
            return "set -x"
    found = _DEBUG.search(line)
    return found[1] if found else ""
