"""Commands that bring a release out: how they reach the server, and what they do to its data.

Every function takes one line of shell and answers with the words to name in a report; empty, or
False, where there is nothing.
"""

import re
from collections.abc import Iterable, Iterator

from shopsec.scan.access.documents.shell import commands_run, in_order
from shopsec.scan.access.resources.images import ImageReference, parse_image


def _words(*patterns: str) -> tuple[re.Pattern[str], ...]:
    """Patterns for words that stand behind each other in one command."""
    return tuple(map(re.compile, patterns))


_FTP_UPLOADS = (
    _words(r"\blftp\b", r"(?<!s)\bftp://|\smirror\b|\s(?:put|mput)\b"),
    _words(r"\bncftp(?:put)?\b"),
    _words(r"\bgit\s+ftp\s+(?:push|init|catchup)\b"),
    _words(r"(?<![\w-])ftp\s+-\w{0,9}[inv]\w{0,9}\s"),
    _words(r"\bcurl\b", r"\s(?:-T|--upload-file)\s", r"\bftp://(?!localhost|127\.)"),
    _words(r"\bwput\b", r"\bftp://"),
)
_FTP_OVER_TLS = re.compile(
    r"--ssl-reqd|--ftp-ssl-reqd|ftp:ssl-force\s+(?:true|yes|on)|\bsftp://|\bftpe?s://"
)
_AS_ROOT = _words(
    r"(?<![\w-])(?:ssh|scp|sftp|rsync)(?![\w-])", r"\s(?:-l\s?root\b|[\"']?root@[\w$({\[])"
)
_IN_PLACE = (
    _words(r"(?<![\w-])(?:rsync|scp|sftp|lftp|wput|ncftpput|ftp)(?![\w-])"),
    _words(r"\bgit\s+ftp\b"),
    _words(r"\bcurl\b", r"\s(?:-T|--upload-file)\s"),
    _words(r"(?<![\w-])ssh\s", r"\bgit\s+(?:pull|fetch|checkout|reset|clone)\b"),
)
_WAY_BACK = re.compile(
    r"\brollback\b|\brollout\s+(?:undo|status)\b|--atomic\b|--rollback-on-failure\b|--wait\b"
    r"|\breleases?/|\bcurrent\b|\bln\s+-\w{0,9}s|\bblue\b|\bgreen\b|\bcanary\b"
    r"|previous[_-]?release",
    re.IGNORECASE,
)

# The last of the words is what the report names, behind the tool where there is one.
_DESTROYS: tuple[tuple[tuple[re.Pattern[str], ...], str], ...] = tuple(
    (tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns), tool)
    for patterns, tool in (
        ((r"\bartisan\s+(migrate:(?:fresh|refresh|reset)|db:wipe)\b",), ""),
        ((r"\b(doctrine:(?:schema|database):drop)\b",), ""),
        ((r"\b(doctrine:fixtures:load)\b(?!.{0,200}--append)",), ""),
        ((r"\b(doctrine:schema:update)\b(?=.{0,200}--force\b)",), ""),
        ((r"\b(?:rails|rake)\s+"
          r"(db:(?:drop|reset|schema:load|setup|migrate:reset|seed:replant))\b",), ""),
        ((r"\bmanage\.py\s+(flush|reset_db|populatedb)\b",), ""),
        ((r"\b(prisma\s+migrate\s+reset)\b",), ""),
        ((r"\b(prisma\s+db\s+push)\b(?=.{0,200}--(?:accept-data-loss|force-reset)\b)",), ""),
        ((r"\b(system:install)\b(?=.{0,200}--(?:drop-database|force)\b)",), ""),
        ((r"\b(sylius:install|sylius:fixtures:load)\b",), ""),
        ((r"\bmagento\s+(setup:uninstall)\b",), ""),
        ((r"\bmagento\s+(setup:install)\b(?=.{0,2000}--cleanup-database\b)",), ""),
        ((r"\b(DROP\s+(?:DATABASE|SCHEMA))\b",), ""),
        ((r"(?<![\w-])(dropdb)\s",), ""),
        ((r"\bmysqladmin\b", r"\s(drop)\s"), "mysqladmin"),
        ((r"\bredis-cli\b", r"\b(flushall|flushdb)\b"), "redis-cli"),
        ((r"(?<![\w-])wp\s(?:\s{0,9}--?[\w-]{1,40}(?:=\S{0,100})?\s){0,9}"
          r"\s{0,9}(db\s+(?:reset|drop|clean))\b",), "wp"),
        # On the runner it ends a test; on a server it takes the volumes of the shop along.
        ((r"(?<![\w-])(?:ssh|docker\s+(?:-H|--host|--context))(?![\w-])",
          r"\b(?:docker\s+compose|docker-compose)\b",
          r"\s(down)\b[^;&|]{0,200}?\s(?:-v|--volumes)\b"), "docker compose"),
    )
)  # fmt: skip

_MIGRATIONS = (
    _words(
        r"\bmanage\.py\s+migrate\b|\bartisan\s+migrate\b|\bdoctrine:migrations:migrate\b"
        r"|\bdatabase:migrate\b|\bsystem:update:finish\b|\bsetup:upgrade\b"
        r"|\b(?:rails|rake)\s+db:(?:migrate|prepare)\b|\balembic\s+upgrade\b"
        r"|\bflask\s+db\s+upgrade\b|\bprisma\s+migrate\s+deploy\b|\bflyway\s+migrate\b"
        r"|\bmedusa\s+(?:db:migrate|migrations?\s+run)\b"
    ),
    _words(r"\b(?:sequelize|typeorm|knex|mikro-orm)\b", r"\bmigrat"),
    _words(r"(?<![\w-])(?:npm|yarn|pnpm|bun)\s", r"(?:^|\s|:|-)migrat"),
)
_STARTS = re.compile(
    r"\b(?:gunicorn|uvicorn|hypercorn|daphne|uwsgi|granian|php-fpm|apache2-foreground|httpd|nginx"
    r"|supervisord|frankenphp|rr\s+serve|puma|unicorn|rails\s+s(?:erver)?|node\s+[\w./-]+\.[cm]?js"
    r"|medusa\s+start|next\s+start|pm2(?:-runtime)?\s|java\s+-jar)\b|\bexec\s+[\"']?\$@"
    r"|\b(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?start\b"
)

_PUSH = _words(r"(?<![\w-])git(?![\w-])", r"\spush\b")
_HARMLESS_PUSH = re.compile(
    r"--tags\b|--follow-tags\b|--delete\b|--dry-run\b|\s-d\s|refs/tags/|\btag\b|gh-pages|\bpages\b"
)
_DEFAULT_BRANCHES = re.compile(
    r"(?:^|[\s:/\"'])(?:main|master|trunk|develop|production|\$\{?CI_DEFAULT_BRANCH\}?"
    r"|\$\{\{\s*github\.event\.repository\.default_branch\s*\}\})(?=$|[\s\"'])"
)
_APPROVES: tuple[tuple[tuple[re.Pattern[str], ...], str], ...] = (
    (_words(r"(?<![\w-])git(?![\w-])", r"\spush\b", r"\s--no-verify\b"), "git push --no-verify"),
    (_words(r"\bgh\s+pr\s+merge\b", r"\s--admin\b"), "gh pr merge --admin"),
    (_words(r"\bgh\s+pr\s+review\b", r"\s(?:--approve|-a)\b"), "gh pr review --approve"),
    (_words(r"\bglab\s+mr\s+approve\b"), "glab mr approve"),
    (
        _words(r"\bcurl\b", r"/(?:pulls|merge_requests)/", r"/(?:merge|approve)\b"),
        "a call that merges or approves",
    ),
)
_MERGES = re.compile(r"\bgh\s+pr\s+(?:merge|review)\b|\bglab\s+mr\s+(?:merge|approve)\b")
_DISPATCHES = (
    _words(r"\bcurl\b|\bgh\s+api\b", r"(?i)/(?:dispatches|trigger/pipeline|pipelines?)\b"),
    _words(r"\bgh\s+workflow\s+run\b"),
)
_OPEN_ENGINE = re.compile(
    r"\bDOCKER_HOST[= ][\"']?tcp://[^\s\"']{0,200}:2375\b"
    r"|\bDOCKER_TLS_CERTDIR[= ]\s?(?:\"\"|''|\"$|'$|$)"
)

_MOVING_TAGS = frozenset(
    ["", "latest", "stable", "edge", "main", "master", "trunk", "nightly", "dev", "develop",
     "staging", "prod", "production", "live", "current"]
)  # fmt: skip
_BRANCH_TAG = re.compile(
    r"\$\{?(?:CI_COMMIT_BRANCH|CI_COMMIT_REF_SLUG|CI_DEFAULT_BRANCH|BRANCH_NAME|GIT_BRANCH"
    r"|BITBUCKET_BRANCH)\}?|\$\(Build\.SourceBranchName\)"
)
_REFERENCE = r"[\"']?([^\s\"'|;&]+)"
_PUSHED_IMAGE = re.compile(
    rf"\b(?:docker|podman|buildah|nerdctl)\s+(?:image\s+)?push\s+(?:-\S+\s+){{0,5}}{_REFERENCE}"
)
_BUILT_AND_PUSHED = (
    _words(r"\b(?:docker|podman)\b", r"\sbuild\b", r"\s--push\b"),
    _words(r"/kaniko/executor\b|\bkaniko\b"),
)
_BUILD_TAG = re.compile(rf"\s(?:-t|--tag|--destination)[ =]{_REFERENCE}")
_DEPLOYED_IMAGES = (
    _words(r"\bkubectl\b", r"\sset\s+image\b", rf"={_REFERENCE}"),
    _words(r"\bdocker\s+service\s+update\b", rf"\s--image[ =]{_REFERENCE}"),
)
_HELM_TAG = _words(r"\bhelm\b", r"\s--set(?:-string)?[ =]", r"\bimage\.tag=([^\s\"',]+)")


def _any(command: str, alternatives: Iterable[tuple[re.Pattern[str], ...]]) -> bool:
    return any(in_order(command, each) is not None for each in alternatives)


def plain_ftp(line: str) -> bool:
    """True when a line uploads over FTP without encryption."""
    return not _FTP_OVER_TLS.search(line) and any(
        _any(command, _FTP_UPLOADS) for command in commands_run(line)
    )


def as_root(line: str) -> bool:
    """True when a line logs in to a server as root."""
    return any(in_order(command, _AS_ROOT) for command in commands_run(line))


def destroys_data(line: str) -> str:
    """The command of a line that empties a database or may drop its columns."""
    for command in commands_run(line):
        for patterns, tool in _DESTROYS:
            found = in_order(command, patterns)
            if found:
                return " ".join(f"{tool} {found[1]}".split())
    return ""


def migrates(line: str) -> bool:
    """True when a line changes the schema of the database."""
    return any(_any(command, _MIGRATIONS) for command in commands_run(line))


def starts(line: str) -> bool:
    """True when a line starts what serves the shop."""
    return _STARTS.search(line) is not None


def migrates_and_starts(command: str) -> bool:
    """True when one command changes the schema and then starts the shop."""
    return migrates(command) and starts(command)


def changes_in_place(line: str) -> bool:
    """True when a line overwrites the files of a live server."""
    return any(_any(command, _IN_PLACE) for command in commands_run(line))


def leads_back(line: str) -> bool:
    """True when a line speaks of an earlier release, or waits and takes a failed one back."""
    return _WAY_BACK.search(line) is not None


def pushes_to_default(line: str, branches: frozenset[str]) -> bool:
    """True when a line pushes commits to the default branch, or to the branch that started it."""
    return any(_pushes_to_default(command, branches) for command in commands_run(line))


def _pushes_to_default(command: str, branches: frozenset[str]) -> bool:
    found = in_order(command, _PUSH)
    if found is None:
        return False
    rest = command[found.end() :]
    if _HARMLESS_PUSH.search(rest + " "):
        return False
    if _DEFAULT_BRANCHES.search(rest):
        return True
    words = [word for word in rest.split() if not word.startswith("-")]
    names_branch = len(words) > 1 and words[1].strip("\"'") != "HEAD"
    return not names_branch and bool(branches)


def approves(line: str) -> str:
    """How a line merges or approves what a person should have looked at."""
    return next(
        (name for command in commands_run(line) for patterns, name in _APPROVES
         if in_order(command, patterns)),
        "",
    )  # fmt: skip


def merges(line: str) -> bool:
    """True when a line merges or reviews a pull or merge request."""
    return _MERGES.search(line) is not None or bool(approves(line))


def dispatches(line: str) -> bool:
    """True when a line starts a pipeline somewhere else."""
    return any(_any(command, _DISPATCHES) for command in commands_run(line))


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
    return tuple(
        parse_image(text) for command in commands_run(line) for text in _references(command)
    )


def _references(command: str) -> Iterator[str]:
    yield from (match[1] for match in _PUSHED_IMAGE.finditer(command))
    if _any(command, _BUILT_AND_PUSHED):
        yield from (match[1] for match in _BUILD_TAG.finditer(command))
    for patterns in _DEPLOYED_IMAGES:
        found = in_order(command, patterns)
        if found:
            yield found[1]
    tag = in_order(command, _HELM_TAG)
    if tag:
        yield f"image:{tag[1]}"
