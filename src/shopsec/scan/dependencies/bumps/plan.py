"""What is edited, what is left to other tools, and what nothing mends: all worked out, no I/O.

Files are read through a function, and written by the command line.
"""

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from shopsec.model import Inventory, Location, SourceFile, display_path
from shopsec.scan.dependencies.bumps.base import Bumped, Change, ManifestError
from shopsec.scan.dependencies.bumps.formats import Manifests, bump_of, is_manifest
from shopsec.scan.dependencies.bumps.requirements_txt import GENERATED, HASHED
from shopsec.scan.dependencies.bumps.upgrades import Upgrade, highest
from shopsec.scan.dependencies.packages import PlacedPin
from shopsec.scan.dependencies.upgrades import relock_command, step_without_fix, transitive_step

Read = Callable[[SourceFile], str]
"""The text of a file; ManifestError where it has none."""


@dataclass(frozen=True)
class Raised:
    """One place of a manifest that asks for a version that is not affected."""

    upgrade: Upgrade
    change: Change


@dataclass
class Edit:
    """A manifest with all that is raised in it."""

    file: SourceFile
    old: str
    new: str
    raised: list[Raised] = field(default_factory=list)
    locked: bool = False
    """A lockfile is made from it, and has a command of its own."""


@dataclass(frozen=True)
class Note:
    """Something that a person does about a package at a place."""

    location: Location
    package: str
    text: str


@dataclass
class Plan:
    """All that can be done about what was found."""

    edits: dict[str, Edit] = field(default_factory=dict)
    """By the manifest's reference."""
    locks: dict[str, list[Note]] = field(default_factory=dict)
    """Commands that bring a lockfile up to its manifest, by the lockfile's reference."""
    by_hand: list[Note] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """Reason by reference of a manifest that is not edited at all."""

    @property
    def changed(self) -> list[Edit]:
        """The manifests to write, sorted by name."""
        return [edit for _, edit in sorted(self.edits.items()) if edit.old != edit.new]


def plan(
    upgrades: Iterable[Upgrade], pins: Sequence[PlacedPin], inventory: Inventory, read: Read
) -> Plan:
    """Work out what to do about every place of every package that has an upgrade."""
    planner = _Planner(inventory, read)
    by_key = {upgrade.key: upgrade for upgrade in upgrades}
    groups: dict[tuple[str, str, str], dict[PlacedPin, Upgrade]] = {}
    for pin in pins:
        if pin.key in by_key:
            name = (pin.location.uri, pin.key.ecosystem, pin.key.name)
            groups.setdefault(name, {})[pin] = by_key[pin.key]
    for _, group in sorted(groups.items()):
        planner.add(group)
    return planner.plan


class _Planner:
    def __init__(self, inventory: Inventory, read: Read) -> None:
        self.plan = Plan()
        self._inventory = inventory
        self._manifests = Manifests(inventory)
        self._read = read

    def add(self, group: dict[PlacedPin, Upgrade]) -> None:
        """Plan for one package of one file of pins, which may hold several versions of it."""
        direct: dict[PlacedPin, Upgrade] = {}
        for pin, upgrade in group.items():
            if not upgrade.target:
                self._note(pin, step_without_fix(malicious=upgrade.malicious))
            elif pin.direct is False or pin.via:
                self._note(pin, transitive_step(pin, upgrade.target))
            else:
                direct[pin] = upgrade
            if upgrade.target and upgrade.stays:
                self._note(pin, f"{', '.join(upgrade.stays)}: {step_without_fix(malicious=False)}")
        if direct:
            self._add_direct(direct)

    def _add_direct(self, direct: dict[PlacedPin, Upgrade]) -> None:
        first = next(iter(direct))
        lockfile = self._inventory.by_uri[first.location.uri]
        bumped = {
            display_path(manifest.uri): self._bump(
                manifest, direct, locked=not is_manifest(lockfile)
            )
            for manifest in self._manifests.of(lockfile)
        }
        if is_manifest(lockfile):
            return
        named = any(each is None or each.named for each in bumped.values())
        stuck = next((name for name, each in bumped.items() if each is None or each.left), "")
        for pin, upgrade in direct.items():
            command = relock_command(lockfile.path, pin.key.name, upgrade.target)
            if not command:
                self._note(pin, f"raise it to {upgrade.target} with the tool that wrote the file")
            elif named or pin.direct:
                once = f" (once {stuck} admits {upgrade.target})" if stuck else ""
                note = Note(pin.location, str(pin.key), command + once)
                self.plan.locks.setdefault(lockfile.uri, []).append(note)
            else:
                self._note(pin, transitive_step(pin, upgrade.target) or command)

    def _bump(
        self, manifest: SourceFile, direct: dict[PlacedPin, Upgrade], *, locked: bool
    ) -> Bumped | None:
        """Raise the package in a manifest; None where that is refused."""
        if manifest.uri in self.plan.refused:
            return None
        try:
            edit = self.plan.edits.get(manifest.uri)
            if edit is None:
                text = self._read(manifest)
                edit = Edit(manifest, text, text)
            pin, upgrade = _meant(manifest, edit.new, direct)
            bumped = bump_of(manifest)(edit.new, pin.key.name, upgrade.target)
        except ManifestError as error:
            self.plan.refused[manifest.uri] = str(error)
            self.plan.edits.pop(manifest.uri, None)
            return None
        self._take(edit, bumped, upgrade)
        edit.locked |= locked
        return bumped

    def _take(self, edit: Edit, bumped: Bumped, upgrade: Upgrade) -> None:
        if bumped.text is not None:
            edit.new = bumped.text
            edit.raised += [Raised(upgrade, change) for change in bumped.changes]
            self.plan.edits[edit.file.uri] = edit
        for left in bumped.left:
            reason = left.reason
            if reason in {HASHED, GENERATED}:
                step = f"{reason}: {self._compile(edit, upgrade, hashed=reason == HASHED)}"
            else:
                step = f"{reason}: raise it to {upgrade.target} by hand"
            self.plan.by_hand.append(Note(edit.file.at(left.line), str(upgrade.key), step))

    def _compile(self, edit: Edit, upgrade: Upgrade, *, hashed: bool) -> str:
        """The command that writes a requirements file again."""
        raised = shlex.quote(f"{upgrade.key.name}=={upgrade.target}")
        path, wanted = shlex.quote(edit.file.path), f"--upgrade-package {raised}"
        sources = self._manifests.sources_of(edit.file)
        source = next((shlex.quote(each.path) for each in sources), "")
        flag = "--generate-hashes " if hashed else ""
        made_from = source or f"--output-file {path} FILE, where FILE is what it is made from"
        if "autogenerated by uv" in edit.old:
            return f"uv pip compile {flag}{wanted} {source or 'FILE'} -o {path}"
        return f"pip-compile {flag}{wanted} {made_from}"

    def _note(self, pin: PlacedPin, text: str) -> None:
        self.plan.by_hand.append(Note(pin.location, str(pin.key), text))


def _meant(
    manifest: SourceFile, text: str, direct: dict[PlacedPin, Upgrade]
) -> tuple[PlacedPin, Upgrade]:
    """Which of several locked versions a manifest asks for: the highest that its range admits.

    Where it admits none, the one that is raised highest.
    """
    pairs = list(direct.items())
    order = {version: place for place, version in enumerate(_descending(pairs))}
    pairs.sort(key=lambda pair: order.get(pair[0].key.version, len(order)))
    if len({upgrade.target for _, upgrade in pairs}) == 1:
        return pairs[0]
    for pin, upgrade in pairs:
        bumped = bump_of(manifest)(text, pin.key.name, pin.key.version)
        if bumped.text is None and not bumped.left:
            return pin, upgrade
    top = highest(pairs[0][0].key.ecosystem, [upgrade.target for _, upgrade in pairs])
    return next((pair for pair in pairs if pair[1].target == top), pairs[0])


def _descending(pairs: Sequence[tuple[PlacedPin, Upgrade]]) -> list[str]:
    left = {pin.key.version for pin, _ in pairs}
    found: list[str] = []
    while left:
        top = highest(pairs[0][0].key.ecosystem, left) or min(left)
        found.append(top)
        left.remove(top)
    return found
