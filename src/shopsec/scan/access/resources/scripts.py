"""Scripts where somebody wrote them down, and what they do, line by line."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shopsec.model import SourceFile
from shopsec.scan.access.documents.shell import ShellLine, shell_lines
from shopsec.scan.access.resources import command_releases as releases
from shopsec.scan.access.resources import command_secrets as secrets
from shopsec.scan.access.resources import command_trust as trust
from shopsec.scan.access.resources import commands
from shopsec.scan.access.resources.base import Resource
from shopsec.scan.access.resources.pipeline import Command

_LOOKED_AHEAD = 3_000
_BEGINNING = 60
_DOWNLOADS = 200
"""Most downloaded files of one script that are followed."""
# A line without any of these words has nothing to say to a rule; most lines have none.
_WORTH_A_LOOK = re.compile(
    r"curl|wget|aria2c|UNSECURE|iwr|Invoke-|docker|podman|buildah|kaniko|helm|ssh|scp|rsync|ftp|wput|mysql"
    r"|mariadb|login|echo|print|env|set|export|DEBUG|git|gh |glab|config|TLS|SSL|HTTPS|trust"
    r"|StrictHost|KnownHosts|HOST|ssl|artisan|doctrine|rails|rake|manage\.py|prisma|system:"
    r"|sylius|magento|DROP|drop|redis|wp |://|\|\||true|kubectl|APPROVE|pulls|merge|Merge"
    r"|apt|tls|insecure|TOKEN|PASS|SECRET|token|password|\.env|down"
)


@dataclass(frozen=True)
class Script:
    """Commands as written in a file."""

    text: str
    file: SourceFile
    line: int
    """Line of the file where they begin, or of the key they stand under."""
    source: Sequence[str]
    """All lines of the file."""

    def line_of(self, line: ShellLine) -> int:
        """Line of the file that a line of the script stands on.

        Scripts are folded, quoted and indented in many ways, so that the words are looked for;
        where they are not found, the script's own line has to do.
        """
        words = line.text.split(maxsplit=3)[:3]
        wanted = " ".join(words[:2]) if len(words) > 1 else line.text
        start = self.line - 1
        # It begins on its own line, as a plain text does, or below its key, as a block does.
        begins = self.text.lstrip().partition("\n")[0][:_BEGINNING].strip()
        here = bool(begins) and start < len(self.source) and begins in self.source[start]
        expected = start + line.offset + (0 if here else 1)
        if expected < len(self.source) and wanted in self.source[expected]:
            return expected + 1
        for number in range(start, min(len(self.source), start + _LOOKED_AHEAD)):
            if wanted in self.source[number]:
                return number + 1
        return self.line


@dataclass(frozen=True)
class Owner:
    """What a script belongs to."""

    system: str
    name: str
    pipeline: bool = True
    deploys: bool = False
    has_secrets: bool = False


@dataclass(frozen=True)
class ScriptFacts:
    """What a script does, taken together."""

    deploys: bool = False
    tests: bool = False
    dispatches: bool = False
    merges: bool = False
    leads_back: bool = False
    migrates: bool = False
    starts: bool = False
    in_place: bool = False
    images: tuple[str, ...] = ()
    """Images it releases, as ``name`` or, where the reference moves, ``name:tag!``."""


@lru_cache(maxsize=4096)
def facts_of(text: str) -> ScriptFacts:
    """What a script does, from its text alone."""
    lines = [line.text for line in shell_lines(text)]
    images = [image for line in lines for image in releases.released_images(line)]
    return ScriptFacts(
        deploys=any(map(commands.is_deployment, lines)),
        tests=any(map(commands.is_test, lines)),
        dispatches=any(map(releases.dispatches, lines)),
        merges=any(map(releases.merges, lines)),
        leads_back=any(map(releases.leads_back, lines)),
        migrates=any(map(releases.migrates, lines)),
        starts=any(map(releases.starts, lines)),
        in_place=any(map(releases.changes_in_place, lines)),
        images=tuple(
            f"{image.name}:{image.tag or 'latest'}!" if releases.moves(image) else image.name
            for image in images
        ),
    )


def overwrites(facts: Sequence[ScriptFacts]) -> bool:
    """True when scripts replace what is live and none of them leads back to what was."""
    replaced = any(each.in_place for each in facts) or bool(moving_images(facts))
    return replaced and not any(each.leads_back for each in facts)


def moving_images(facts: Iterable[ScriptFacts]) -> tuple[str, ...]:
    """Images that scripts release under no name but one that moves, sorted."""
    names = [name for each in facts for name in each.images]
    fixed = {name for name in names if not name.endswith("!")}
    moving = (name.removesuffix("!") for name in names if name.endswith("!"))
    return tuple(sorted({name for name in moving if name.rpartition(":")[0] not in fixed}))


def command_resources(
    scripts: Iterable[Script], owner: Owner, branches: frozenset[str] = frozenset()
) -> Iterator[Resource]:
    """The lines worth a look; ``branches`` are those that start the pipeline, if only some do."""
    every = [(script, shell_lines(script.text)) for script in scripts]
    downloaded = _run_downloads([line for _, lines in every for line in lines])
    for script, lines in every:
        for line in lines:
            if line in downloaded or _WORTH_A_LOOK.search(line.text):
                view = _command(line, owner, branches, downloaded=line in downloaded)
                if _is_notable(view):
                    name = f"{owner.name}: {line.text.split(maxsplit=1)[0]}"
                    yield Resource(view, script.file, script.line_of(line), name)


def _command(
    line: ShellLine, owner: Owner, branches: frozenset[str], *, downloaded: bool
) -> Command:
    text = line.text
    secret = secrets.secret_argument(text)
    return Command(
        system=owner.system,
        owner=owner.name,
        pipeline=owner.pipeline,
        in_deployment=owner.deploys,
        has_secrets=owner.has_secrets,
        deploys=commands.is_deployment(text),
        runs_download=downloaded or trust.runs_download(text),
        skips_verification=trust.skips_verification(text),
        secret_argument=secret,
        short_lived=secrets.is_short_lived(secret),
        prints_secret=secrets.prints_secret(text),
        prints_everything=secrets.prints_environment(text),
        test_ignored=commands.ignores_failure(text) and commands.is_test(text),
        pushes_to_default=releases.pushes_to_default(text, branches),
        approves=releases.approves(text),
        insecure_commands=secrets.allows_insecure_commands(text),
        opens_engine=releases.opens_engine(text),
        plain_ftp=releases.plain_ftp(text),
        as_root=releases.as_root(text),
        destroys_data=releases.destroys_data(text),
    )


def _is_notable(view: Command) -> bool:
    return any(
        (
            view.runs_download, view.skips_verification, view.secret_argument, view.prints_secret,
            view.prints_everything, view.test_ignored, view.pushes_to_default, view.approves,
            view.opens_engine, view.insecure_commands, view.plain_ftp, view.as_root,
            view.destroys_data,
        )
    )  # fmt: skip


def _run_downloads(lines: Sequence[ShellLine]) -> frozenset[ShellLine]:
    """Lines that fetch a file which a later line runs, and none compares with a checksum."""
    if any(trust.checks_download(line.text) for line in lines):
        return frozenset()
    found: set[ShellLine] = set()
    names: dict[str, ShellLine] = {}
    for line in lines:
        mentioned = (name for name in names if name in line.text)
        found.update(names[name] for name in mentioned if trust.runs_file(line.text, name))
        name = trust.saved_download(line.text)
        if name and len(names) < _DOWNLOADS:
            names[name] = line
            if trust.runs_file(line.text.partition(name)[2], name):
                found.add(line)
    return frozenset(found)
