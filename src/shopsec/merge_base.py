"""Comparing with a commit: its files are scanned as ours are, and what they give is known.

Scanners whose findings in a file depend on that file alone look only at files that differ; what
they find in one that is the same was there. The others look at everything. The settings, the
policy, the rule packs and the suppressions are those of the revision's tip, for both sides: a
branch that starts at an old commit does not choose an old policy with it.
"""

import hashlib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pathspec

from shopsec.baseline.compare import known_of
from shopsec.baseline.file import FILE_NAME
from shopsec.baseline.settings_changes import RULE, changes, ledger
from shopsec.config import Settings, read_settings
from shopsec.errors import ConfigError, PolicyError, ScannerError, ShopsecError, UsageError
from shopsec.model import (
    Area,
    Excluded,
    Finding,
    Inventory,
    ScannerRun,
    SourceFile,
    Status,
    group_not_covered,
    printable,
    uri_of,
)
from shopsec.pipeline import Past, rank_outcomes
from shopsec.policy.business_paths import BusinessPaths
from shopsec.policy.rules import own_packs
from shopsec.policy.severity import PriorityModel
from shopsec.repo.git import GitUnavailableError, enclosing_repository
from shopsec.repo.roles import role_of
from shopsec.repo.trees import FILE_BYTES, Trees, Written, checked
from shopsec.scan.base import Outcome, Target
from shopsec.scan.host import Host, Unreadable
from shopsec.scan.registry import Deferred
from shopsec.scan.runner import Progress
from shopsec.scan.texts import Texts

SILENCERS = (".secrets.baseline", ".gitleaksignore")
_ALWAYS_WATCHED = ("shopsec.toml", "pyproject.toml", *SILENCERS)
# Files that may start shopsec: whoever changes them may start it otherwise, or not at all.
_PIPELINES = re.compile(
    r"\.github/(?:workflows|actions)/.*\.ya?ml|(?:.*/)?\.gitlab-ci\.ya?ml|\.gitlab/.*\.ya?ml"
    r"|\.pre-commit-config\.yaml"
)


@dataclass(frozen=True)
class MergeBase:
    """The commit that is compared with, as a folder."""

    commit: str
    ref: str
    folder: str
    """The folder that is scanned, absolute and without links."""
    written: Written
    """The same folder as it was."""
    tip: str
    """The commit that the revision names today: what results are judged by is read from it."""
    judging: Written
    """The same folder as the tip has it."""
    moved: Mapping[str, str]
    """Paths of files that have another one today."""
    same_submodules: frozenset[str]
    """Paths of submodules whose commit has not changed."""

    @property
    def name(self) -> str:
        """As reports call it."""
        ref = self.ref.removeprefix("refs/remotes/")
        return f"{self.commit[:12]}, the merge base with {printable(ref)}"

    def path_of(self, option: str, path: Path) -> Path:
        """Where a file that an option names is in the tip; itself outside the repository.

        UsageError where it is in the repository, but not in the folder scanned.
        """
        # By its name alone: where the branch's links lead is not for the branch to say.
        full = os.path.abspath(path)
        parents = [full, *map(str, Path(full).parents)]
        top = enclosing_repository(self.folder) or self.folder
        for parent in reversed(parents):
            if os.path.realpath(parent) == self.folder:
                return self._in_tip(os.path.relpath(full, parent))
        real = os.path.realpath(full)
        if any(os.path.realpath(each) == top for each in parents) or real.startswith(top + os.sep):
            raise UsageError(
                f"{option} {path}: lies outside of the folder scanned",
                "with --base-ref, name a file below it, or one outside of the repository",
            )
        return path

    def _in_tip(self, name: str) -> Path:
        """A file of the tip; ConfigError where it is or lies below a link there."""
        path = Path(self.judging.root, name)
        names = {Path(name), *Path(name).parents}
        if any(each.as_posix() in self.judging.links for each in names):
            raise ConfigError(f"{path}: is a symbolic link", "replace it by the file itself")
        return path

    @contextmanager
    def named(self) -> Iterator[None]:
        """Errors name the commits' files as git does (COMMIT:FILE), not our copies of them."""
        try:
            yield
        except ShopsecError as error:
            for commit, copy in ((self.tip, self.judging), (self.commit, self.written)):
                error.message = error.message.replace(copy.root + os.sep, f"{commit[:12]}:")
                error.hint = error.hint.replace(copy.root + os.sep, f"{commit[:12]}:")
            raise


@contextmanager
def opened(folder: Path, ref: str) -> Iterator[MergeBase]:
    """The merge base of HEAD and a revision, in a folder that is removed at the end."""
    real = os.path.realpath(folder)
    try:
        trees = Trees(real)
    except GitUnavailableError as error:
        raise UsageError(f"{folder}: {error}", "--base-ref needs a git repository") from error
    commit = trees.merge_base(ref)
    tip = trees.commit_of(ref) or commit
    with tempfile.TemporaryDirectory(prefix="shopsec-", ignore_cleanup_errors=True) as name:
        copies = os.path.realpath(name)
        written = _copied(trees, commit, copies)
        judging = written if tip == commit else _copied(trees, tip, copies)
        try:
            moved = trees.renames(commit, "HEAD")
            today = {entry.path: entry.object_id for entry in trees.entries("HEAD")}
        except ScannerError as error:
            raise UsageError(f"--base-ref {ref}: {error.message}", "see git fsck") from error
        same = frozenset(
            path for path, object_id in written.submodules.items() if today.get(path) == object_id
        )
        yield MergeBase(commit, ref, real, written, tip, judging, moved, same)


def _copied(trees: Trees, commit: str, folder: str) -> Written:
    path = os.path.join(folder, commit)
    os.mkdir(path)
    return checked(trees, commit, path)


def settings_of(base: MergeBase, config: Path | None, overrides: dict[str, Any]) -> Settings:
    """The tip's settings; names in them are looked up in the folder scanned, rules are not."""
    root = base.judging.root
    if config is not None:
        config = base.path_of("--config", config)
        if not config.exists() and config.is_relative_to(root):
            config = None  # the branch that adds it is not yet judged by it
    else:
        base.path_of("shopsec.toml", Path(base.folder, "shopsec.toml"))  # no link there
    settings = read_settings(Path(root), config, overrides)
    if not settings.base.startswith(root):
        return settings
    inside = os.path.relpath(settings.base, root)
    here = os.path.normpath(os.path.join(base.folder, inside))
    return settings.model_copy(update={"base": here, "trusted": settings.base})


@dataclass(frozen=True)
class Comparison:
    """What the scan of today is compared with."""

    past: Past
    also: tuple[Outcome, ...]
    """Changes of the settings."""


@dataclass(frozen=True)
class Before:
    """The merge base, as it is scanned."""

    scanners: tuple[Deferred, ...]
    target: Target
    silencers: dict[str, bytes]
    unchanged: frozenset[str]
    """References of files that are byte for byte as they were: what they allow was reviewed."""


@dataclass(frozen=True)
class Today:
    """The scan that is compared."""

    inventory: Inventory
    host: Host
    settings: Settings
    model: PriorityModel
    paths: BusinessPaths
    """Those of the tip: a branch does not choose its own."""
    day: str


def before(base: MergeBase, today: Today, scanners: Sequence[Deferred]) -> Before:
    """What has to be scanned of the merge base."""
    unchanged = _unchanged(today, base.written)
    silencers = {
        name: content for name in SILENCERS if (content := _content(base.judging.root, name))
    }
    inventory = inventory_of(base.written, today.inventory, today.settings)
    settings = today.settings.model_copy(
        update={"base": today.settings.trusted or today.settings.base}
    )
    only = replace(
        inventory, files=tuple(file for file in inventory.files if file.uri not in unchanged)
    )
    return Before(
        scanners=tuple(each.narrowed(only) for each in scanners if not each.of_commit),
        target=Target(inventory, settings, today.day, silencers),
        silencers=silencers,
        unchanged=unchanged,
    )


def compared_with(
    base: MergeBase,
    today: Today,
    there: Before,
    host: Host,
    outcomes: Sequence[Outcome],
    *,
    also_watched: Sequence[Path] = (),
) -> Comparison:
    """What the scan of the merge base means for that of today; ``host`` reads the merge base."""
    inventory = there.target.inventory
    here = {uri_of(old): uri_of(new) for old, new in base.moved.items()}
    moved = {old: new for old, new in here.items() if old not in today.inventory.by_uri}
    ranked = rank_outcomes(
        outcomes, inventory, today.model, today.paths, Texts(there.target, host).read, moved
    )
    by_file = frozenset(scanner.name for scanner in there.scanners if scanner.by_file)
    past = Past(
        name=base.name,
        known=tuple(known_of(result) for result in ranked.results),
        was_there=_was_there(base, there.unchanged, by_file, today),
        entry=lambda finished: _entry(base, inventory, ranked.runs, finished),
    )
    watched = [*also_watched, *_beside(today.settings, inventory, today.inventory)]
    also = (_settings_changes(base, today, watched),)
    return Comparison(past, also)


def _unchanged(today: Today, written: Written) -> frozenset[str]:
    """References of files that are byte for byte as they were."""
    return frozenset(
        file.uri
        for file in today.inventory.files
        if written.sizes.get(file.path) == file.size
        and _object_id(file, today.host, written.ids[file.path]) == written.ids[file.path]
    )


def _object_id(file: SourceFile, host: Host, like: str) -> str:
    """What git would call the content, by the same hash; empty for an unreadable file.

    https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
    """
    try:
        content = host.read(file, FILE_BYTES)
    except Unreadable:
        return ""
    name = "sha256" if len(like) == 64 else "sha1"
    header = f"blob {len(content)}\0".encode()
    return hashlib.new(name, header + content, usedforsecurity=False).hexdigest()


def inventory_of(written: Written, today: Inventory, settings: Settings) -> Inventory:
    """A commit's files, by the names they had; ``today``: those of the folder scanned."""
    exclude = pathspec.GitIgnoreSpec.from_lines(settings.exclude)
    files = [
        SourceFile(uri_of(path), size, role_of(path), tracked=True)
        for path, size in written.sizes.items()
        if not exclude.match_file(path)
    ]
    return Inventory(
        root=written.root,
        # Its origin and folder, which fingerprints are made with, are those of today.
        repository=today.repository,
        files=tuple(sorted(files, key=lambda file: file.uri)),
        run=today.run,
    )


def _was_there(
    base: MergeBase, unchanged: frozenset[str], by_file: frozenset[str], today: Today
) -> Callable[[Finding], bool]:
    """Whether a finding, with its place from the repository's root, was there."""
    folder = today.inventory.repository.path_in_repository
    prefix = f"{folder}/" if folder else ""
    same = tuple(f"{uri_of(path)}/" for path in base.same_submodules)

    def was_there(finding: Finding) -> bool:
        uri = finding.location.uri.removeprefix(prefix)
        if finding.of_import:
            # Nobody can ask the tool about that commit; data may flow here from another file.
            places = (finding.location, *finding.related)
            return all(place.uri.removeprefix(prefix) in unchanged for place in places)
        return (finding.scanner in by_file and uri in unchanged) or uri.startswith(same)

    return was_there


def _entry(
    base: MergeBase, inventory: Inventory, runs: Sequence[ScannerRun], finished: frozenset[str]
) -> ScannerRun:
    """The merge base's own entry in the ledger."""
    written = base.written
    not_written = list(dict.fromkeys((*written.not_written, *base.judging.not_written)))
    count, missed = len(inventory.files), group_not_covered(not_written)
    # What they missed there is called new here, which is never too mild: said, but no gap.
    left_out = written.left_out + Counter(
        f"scanner that did not finish there ({run.scanner}): what it missed is called new"
        for run in runs
        if not run.complete and run.scanner in finished
    )
    return ScannerRun(
        scanner="merge-base",
        area=Area.REPOSITORY,
        status=Status.PARTIAL if missed else Status.SUCCEEDED,
        version=base.commit[:12],
        handed_in=count + len(not_written),
        covered=count,
        not_covered=missed,
        excluded=tuple(
            Excluded(reason=reason, count=number) for reason, number in sorted(left_out.items())
        ),
        next_step="fetch the whole commit: git fetch --refetch" if missed else "",
    )


def told_apart(on_progress: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """Progress that says which of the two scans it is about."""

    def told(event: Progress) -> None:
        name, outcome = f"merge base: {event.scanner}", event.outcome
        if outcome is not None:
            run = outcome.run.model_copy(update={"scanner": name})
            outcome = replace(outcome, run=run)
        on_progress(replace(event, scanner=name, outcome=outcome))

    return told


def _settings_changes(base: MergeBase, today: Today, also: Sequence[Path]) -> Outcome:
    """What the branch changes of what it is judged by."""
    watched = _watched(base, today.settings, also)
    findings = changes(
        {uri_of(path): _content(base.written.root, path) for path in watched},
        {uri_of(path): _content(base.folder, path) for path in watched},
    )
    return Outcome(ledger(watched), findings, (RULE,) if findings else ())


def _beside(settings: Settings, *inventories: Inventory) -> list[Path]:
    """OpenVEX documents of either side, and pipelines that speak of shopsec."""
    spec = pathspec.GitIgnoreSpec.from_lines(settings.vex)
    return [
        Path(inventory.root, file.path)
        for inventory in inventories
        for file in inventory.files
        if spec.match_file(file.path)
        or (
            _PIPELINES.fullmatch(file.path)
            and b"shopsec" in (_content(inventory.root, file.path) or b"")
        )
    ]


def _watched(base: MergeBase, settings: Settings, also: Sequence[Path]) -> list[str]:
    """Paths, from the folder scanned, of the files that results are judged by, then or today."""
    beside = os.path.relpath(settings.base, base.folder)
    if beside.startswith(".."):
        beside = "."  # settings from elsewhere: nothing in the repository names any of them
    names = {settings.baseline or FILE_NAME}
    if settings.policy.endswith((".yaml", ".yml")):
        names.add(settings.policy)
    paths = {*_ALWAYS_WATCHED, *(os.path.normpath(os.path.join(beside, name)) for name in names)}
    for root in (base.written.root, base.folder):
        paths |= {os.path.relpath(pack, root) for pack in _packs(settings, root, beside)}
    for path in also:
        for root in (base.judging.root, base.written.root, base.folder):
            if path.is_relative_to(root):
                paths.add(os.path.relpath(path, root))
    there = (path for path in paths if not os.path.isabs(path) and not path.startswith(".."))
    return sorted(
        path
        for path in there
        if any(
            os.path.lexists(os.path.join(root, path)) for root in (base.written.root, base.folder)
        )
    )


def _packs(settings: Settings, root: str, beside: str) -> Iterator[Path]:
    folder = Path(os.path.normpath(os.path.join(root, beside)))
    for pattern in settings.policies:
        try:
            yield from own_packs((pattern,), folder)
        except PolicyError:
            continue  # none on this side, which is a change of those on the other one


def _content(root: str, path: str) -> bytes | None:
    """Content of a file; of a link its target; None where there is neither."""
    full = os.path.join(root, path)
    try:
        if os.path.islink(full):
            return b"symbolic link to " + os.fsencode(os.readlink(full))
        if not os.path.isfile(full):
            return None
        with open(full, "rb") as file:
            return file.read(FILE_BYTES)
    except OSError:
        return None
