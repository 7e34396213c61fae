"""Commands that bring a release out: how they reach the server, and what they do to its data.

Every function takes one line of shell and answers with the words to name in a report; empty, or
False, where there is nothing.
"""

import re

from shopsec.scan.access.documents.shell import commands_of
from shopsec.scan.access.resources.images import ImageReference, parse_image

_PLAIN_FTP = re.compile(
    r"(?<!s)\bftp://(?!localhost|127\.)|\bncftp(?:put)?\b|\bftp\s+-\w*[inv]\w*\s"
    r"|\bgit\s+ftp\s+(?:push|init|catchup)\b(?![^\n|;&]*(?:ftpe?s|sftp)://)"
)
_FTP_UPLOAD = re.compile(
    r"\blftp\b|\bncftp|\bgit\s+ftp\s+(?:push|init|catchup)|\bftp\s+-|\bcurl\b[^|;&]*\s(?:-T|--upload-file)\s"
    r"|\bwput\b"
)
_FTP_OVER_TLS = re.compile(
    r"--ssl-reqd|--ftp-ssl-reqd|ftp:ssl-force\s+(?:true|yes|on)|\bsftp://|\bftpe?s://"
)
_AS_ROOT = re.compile(r"\b(?:ssh|scp|sftp|rsync)\b[^|;&]*\s(?:-l\s*root\b|[\"']?root@[\w$}{.\[-]+)")
_ON_THE_SERVER = re.compile(r"\bssh\s[^\n]*\bgit\s+(?:pull|fetch|checkout|reset|clone)\b")
_IN_PLACE = re.compile(
    r"\b(?:rsync|scp|sftp|lftp|ncftpput|ftp)\b|\bgit\s+ftp\b|\bcurl\b[^|;&]*\s(?:-T|--upload-file)\s"
)
_WAY_BACK = re.compile(
    r"\brollback\b|\brollout\s+(?:undo|status)\b|--atomic\b|--rollback-on-failure\b|--wait\b"
    r"|\breleases?/|\bcurrent\b|\bln\s+-\w*s|\bblue\b|\bgreen\b|\bcanary\b|previous[_-]?release",
    re.IGNORECASE,
)

_DESTROYS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"\bartisan\s+(migrate:(?:fresh|refresh|reset)|db:wipe)\b", ""),
        (r"\b(doctrine:(?:schema:drop|database:drop|fixtures:load))\b(?![^|;&]*--append)", ""),
        (r"\b(doctrine:schema:update)\b[^|;&]*--force\b", ""),
        (r"\b(?:rails|rake)\s+(db:(?:drop|reset|schema:load|setup|migrate:reset|seed:replant))\b",
         ""),
        (r"\bmanage\.py\s+(flush|reset_db|populatedb)\b", ""),
        (r"\b(prisma\s+migrate\s+reset)\b", ""),
        (r"\b(prisma\s+db\s+push)\b[^|;&]*--(?:accept-data-loss|force-reset)\b", ""),
        (r"\b(system:install)\b[^|;&]*--(?:drop-database|force)\b", ""),
        (r"\b(sylius:install|sylius:fixtures:load)\b", ""),
        (r"\bmagento\s+(setup:uninstall)\b", ""),
        (r"\bmagento\s+(setup:install)\b[^|;&]*--cleanup-database\b", ""),
        (r"\b(DROP\s+(?:DATABASE|SCHEMA))\b", ""),
        (r"\b(dropdb)\s", ""),
        (r"\bmysqladmin\b[^|;&]*\s(drop)\s", "mysqladmin"),
        (r"\bredis-cli\b[^|;&]*\b(flushall|flushdb)\b", "redis-cli"),
        (r"\bwp\s+(db\s+(?:reset|drop|clean))\b", "wp"),
    )
)  # fmt: skip

_MIGRATES = re.compile(
    r"\bmanage\.py\s+migrate\b|\bartisan\s+migrate\b|\bdoctrine:migrations:migrate\b"
    r"|\bdatabase:migrate\b|\bsystem:update:finish\b|\bsetup:upgrade\b"
    r"|\b(?:rails|rake)\s+db:(?:migrate|prepare)\b|\balembic\s+upgrade\b|\bflask\s+db\s+upgrade\b"
    r"|\bprisma\s+migrate\s+deploy\b|\bmedusa\s+(?:db:migrate|migrations?\s+run)\b"
    r"|\b(?:sequelize|typeorm|knex|mikro-orm)\b[^|;&]*\bmigrat|\bflyway\s+migrate\b"
    r"|\b(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?\S*migrat\S*"
)
_STARTS = re.compile(
    r"\b(?:gunicorn|uvicorn|hypercorn|daphne|uwsgi|granian|php-fpm|apache2-foreground|httpd|nginx"
    r"|supervisord|frankenphp|rr\s+serve|puma|unicorn|rails\s+s(?:erver)?|node\s+\S+\.[cm]?js"
    r"|medusa\s+start|next\s+start|pm2(?:-runtime)?\s|java\s+-jar)\b|\bexec\s+[\"']?\$@"
    r"|\b(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?start\b"
)

_PUSHES = re.compile(r"\bgit\s+(?:-\S+\s+\S+\s+)*push\b(?P<rest>[^|;&]*)")
_HARMLESS_PUSH = re.compile(
    r"--tags\b|--follow-tags\b|--delete\b|--dry-run\b|\s-d\s|refs/tags/|\btag\b|gh-pages|\bpages\b"
)
_DEFAULT_BRANCHES = re.compile(
    r"(?:^|[\s:/\"'])(?:main|master|trunk|develop|production|\$\{?CI_DEFAULT_BRANCH\}?"
    r"|\$\{\{\s*github\.event\.repository\.default_branch\s*\}\})(?=$|[\s\"'])"
)
_SKIPS_HOOKS = re.compile(r"\bgit\s+(?:[^|;&]*\s)?push\b[^|;&]*\s--no-verify\b")
_APPROVES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"\bgh\s+pr\s+merge\b[^|;&]*\s--admin\b", "gh pr merge --admin"),
        (r"\bgh\s+pr\s+review\b[^|;&]*\s(?:--approve|-a)\b", "gh pr review --approve"),
        (r"\bglab\s+mr\s+approve\b", "glab mr approve"),
        (r"\bcurl\b[^|;]*/(?:pulls|merge_requests)/[^|;]*/(?:merge|approve)\b",
         "a call that merges or approves"),
        (r"\b(?:pulls\.merge|mergePullRequest)\s*\(", "a call that merges"),
        (r"\bcreateReview\s*\([^)]*APPROVE|\bevent:\s*[\"']APPROVE[\"']", "a call that approves"),
    )
)  # fmt: skip
_DISPATCHES = re.compile(
    r"/(?:dispatches|trigger/pipeline|pipelines?)\b|\bgh\s+workflow\s+run\b", re.IGNORECASE
)
_OPEN_ENGINE = re.compile(
    r"\bDOCKER_HOST\s*[= ]\s*[\"']?tcp://\S*:2375\b|\bDOCKER_TLS_CERTDIR\s*[= ]\s*[\"']?(?:[\"']|$)"
)
_MOVING_TAGS = frozenset(
    ["", "latest", "stable", "edge", "main", "master", "trunk", "nightly", "dev", "develop",
     "staging", "prod", "production", "live", "current"]
)  # fmt: skip
_BRANCH_TAG = re.compile(
    r"\$\{?(?:CI_COMMIT_BRANCH|CI_COMMIT_REF_SLUG|CI_DEFAULT_BRANCH|BRANCH_NAME|GIT_BRANCH"
    r"|BITBUCKET_BRANCH)\}?|\$\(Build\.SourceBranchName\)"
)
_PUSHED_IMAGE = re.compile(
    r"\b(?:docker|podman|buildah|nerdctl)\s+(?:image\s+)?push\s+(?:-\S+\s+)*[\"']?([^\s\"'|;&]+)"
)
_BUILT_AND_PUSHED = re.compile(r"\b(?:docker|podman)\s+(?:buildx\s+)?build\b[^|;&]*\s--push\b")
_BUILD_TAG = re.compile(r"\s(?:-t|--tag|--destination)[ =][\"']?([^\s\"'|;&]+)")
_KANIKO = re.compile(r"/kaniko/executor\b|\bkaniko\b")
_DEPLOYED_IMAGE = re.compile(
    r"\bkubectl\s+(?:[^|;&]*\s)?set\s+image\b[^|;&]*?=[\"']?([^\s\"'|;&]+)"
    r"|\bdocker\s+service\s+update\b[^|;&]*--image[ =][\"']?([^\s\"'|;&]+)"
    r"|\bhelm\s[^|;&]*--set(?:-string)?[ =]\S*image\.tag=([^\s\"',|;&]+)"
)


def plain_ftp(line: str) -> bool:
    """True when a line uploads over FTP without encryption."""
    if not _FTP_UPLOAD.search(line) or _FTP_OVER_TLS.search(line):
        return False
    return _PLAIN_FTP.search(line) is not None or bool(re.search(r"\blftp\b[^|]*\smirror\b", line))


def as_root(line: str) -> bool:
    """True when a line logs in to a server as root."""
    return _AS_ROOT.search(line) is not None


def destroys_data(line: str) -> str:
    """The command of a line that empties a database or may drop its columns."""
    for command in commands_of(line):
        if command.startswith(("echo ", "printf ", "grep ")):
            continue
        for pattern, tool in _DESTROYS:
            found = pattern.search(command)
            if found:
                return " ".join(f"{tool} {found[1]}".split())
    return ""


def migrates(line: str) -> bool:
    """True when a line changes the schema of the database."""
    return _MIGRATES.search(line) is not None


def starts(line: str) -> bool:
    """True when a line starts what serves the shop."""
    return _STARTS.search(line) is not None


def migrates_and_starts(command: str) -> bool:
    """True when one command changes the schema and then starts the shop."""
    return migrates(command) and starts(command)


def changes_in_place(line: str) -> bool:
    """True when a line overwrites the files of a live server."""
    return _IN_PLACE.search(line) is not None or _ON_THE_SERVER.search(line) is not None


def leads_back(line: str) -> bool:
    """True when a line speaks of an earlier release, or waits and takes a failed one back."""
    return _WAY_BACK.search(line) is not None


def pushes_to_default(line: str, branches: frozenset[str]) -> bool:
    """True when a line pushes commits to the default branch, or to the branch that started it."""
    found = _PUSHES.search(line)
    if found is None or _HARMLESS_PUSH.search(found["rest"] + " "):
        return False
    if _DEFAULT_BRANCHES.search(found["rest"]):
        return True
    words = [word for word in found["rest"].split() if not word.startswith("-")]
    names_branch = len(words) > 1 and words[1].strip("\"'") != "HEAD"
    return not names_branch and bool(branches)


def approves(line: str) -> str:
    """How a line merges or approves what a person should have looked at."""
    if _SKIPS_HOOKS.search(line):
        return "git push --no-verify"
    return next((name for pattern, name in _APPROVES if pattern.search(line)), "")


def dispatches(line: str) -> bool:
    """True when a line starts a pipeline somewhere else."""
    calls = re.search(r"\bcurl\b|\bgh\s+(?:api|workflow)\b", line)
    return calls is not None and _DISPATCHES.search(line) is not None


def opens_engine(line: str) -> bool:
    """True when a line reaches a container engine over TCP without TLS."""
    return _OPEN_ENGINE.search(line) is not None


def moves(image: ImageReference) -> bool:
    """True when only the day, or the newest commit of a branch, tells what a reference means."""
    if image.digest or (not image.tag and "$" in image.short_name):
        return False
    return image.tag in _MOVING_TAGS or _BRANCH_TAG.fullmatch(image.tag) is not None


def released_images(line: str) -> tuple[ImageReference, ...]:
    """Images that a line pushes to a registry or puts in service."""
    texts = [match[1] for match in _PUSHED_IMAGE.finditer(line)]
    if _BUILT_AND_PUSHED.search(line) or _KANIKO.search(line):
        texts += [match[1] for match in _BUILD_TAG.finditer(line)]
    for match in _DEPLOYED_IMAGE.finditer(line):
        texts.append(match[1] or match[2] or f"image:{match[3]}")
    return tuple(parse_image(text) for text in texts)
