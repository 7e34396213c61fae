"""Every exact version that a repository's lockfiles pin, and by name what is not pinned."""

import posixpath
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from shopsec.model import (
    Inventory,
    Item,
    Location,
    Package,
    PinnedPackage,
    Role,
    SourceFile,
    printable,
    uri_of,
)
from shopsec.scan.base import Target
from shopsec.scan.dependencies import manifests
from shopsec.scan.dependencies.asked import asked, own_name
from shopsec.scan.dependencies.lockfiles import requirements
from shopsec.scan.dependencies.lockfiles.base import Include, Lockfile, LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.python_roots import name_of
from shopsec.scan.dependencies.lockfiles.registry import Format, Parse, format_of
from shopsec.scan.dependencies.locks import Lock, Locks, covers
from shopsec.scan.dependencies.versions import base_name, normalised_name
from shopsec.scan.host import Host, Unreadable

_REQUIREMENTS = re.compile(
    r"(^|/)([^/]*(requirements|reqs)[^/]*\.(txt|pip|lock)|requirements/[^/]+\.(txt|pip))$",
    re.IGNORECASE,
)
_NESTING = 20
# Lockfiles are machine-written; monorepos have some of 30 MB.
_BYTES = 50_000_000
_PYPI = "PyPI"


@dataclass(frozen=True)
class Key:
    """What advisories are looked up by; the name is the ecosystem's one spelling of it."""

    ecosystem: str
    name: str
    version: str
    spellings: tuple[str, ...] = field(default=(), compare=False)
    """The name as lockfiles have it, where that is another: OSV's service compares letters."""

    def __str__(self) -> str:
        return f"{self.name}{'==' if self.ecosystem == _PYPI else ' '}{self.version}"


@dataclass(frozen=True)
class PlacedPin:
    """One exact version at one place of the repository."""

    key: Key
    location: Location
    role: Role
    direct: bool | None = None
    """The project itself names it; None where nothing tells."""
    via: tuple[str, ...] = ()
    """Names from a direct dependency down to the one that needs this."""
    raised_with: tuple[str, ...] = ()
    """Names to raise instead, where packages pin each other to their own version."""

    def as_item(self) -> Item:
        """This pin as an entry of the coverage ledger."""
        return Item(name=str(self.key), location=self.location)

    def as_pinned(self) -> PinnedPackage:
        """This pin as the rest of the pipeline knows it."""
        ecosystem = self.key.ecosystem
        return PinnedPackage(
            Package(ecosystem=ecosystem, name=self.key.name, version=self.key.version),
            self.location,
            self.role,
            self.direct,
            tuple(normalised_name(ecosystem, name) for name in self.via),
        )


@dataclass
class Collected:
    """What was read."""

    pins: list[PlacedPin] = field(default_factory=list)
    missed: list[tuple[str, Item]] = field(default_factory=list)
    """Reason and item: an unpinned requirement, an unreadable file, a manifest without a lock."""
    unlocked: dict[str, list[SourceFile]] = field(default_factory=dict)
    """Manifests that name packages and have no lockfile, by ecosystem; they are missed too."""

    def by_key(self) -> dict[Key, list[PlacedPin]]:
        """The places of each package version, the weightiest first.

        The keys have the spellings of all the places.
        """
        found: dict[Key, list[PlacedPin]] = {}
        spelled: dict[Key, set[str]] = {}
        for pin in self.pins:
            found.setdefault(pin.key, []).append(pin)
            spelled.setdefault(pin.key, set()).update(pin.key.spellings)
        for places in found.values():
            places.sort(key=_weight)
        return {
            replace(key, spellings=tuple(sorted(spelled[key]))): places
            for key, places in found.items()
        }


def _weight(pin: PlacedPin) -> tuple[bool, bool, str, int]:
    place = pin.location
    return (pin.role is not Role.PRODUCTION, pin.direct is False, place.uri, place.start_line or 0)


class Packages:
    """Reads the pins once for all scanners that want them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._collected: Collected | None = None

    def collect(self, target: Target, host: Host) -> Collected:
        """Pins and what is missing, sorted by place."""
        with self._lock:
            if self._collected is None:
                self._collected = _Reader(target, host).read()
            return self._collected


def _without_credentials(item: Item) -> Item:
    """An item whose name was written in a file, as it may be shown; a file keeps its own name."""
    place = item.location
    if place is None or place.start_line is None:
        return item
    name = requirements.shorten(printable(item.name), place.start_line)
    return item.model_copy(update={"name": name})


@dataclass
class _Requirements:
    """What a requirements file pins by itself, and the others that it includes."""

    folder: str
    pinned: set[str] = field(default_factory=set)
    includes: list[str] = field(default_factory=list)


class _Reader:
    def __init__(self, target: Target, host: Host) -> None:
        self._inventory: Inventory = target.inventory
        self._host = host
        self._limit = max(target.settings.limits.file_bytes, _BYTES)
        self._found = Collected()
        self._locks = Locks()
        self._requirements: dict[str, _Requirements] = {}
        self._own: dict[str, set[str]] = {}

    def read(self) -> Collected:
        requirement_files: list[SourceFile] = []
        for file in self._inventory.files:
            if file.role is Role.VENDORED:
                continue
            kind = format_of(file.path)
            if kind is not None:
                self._add_lockfile(file, kind)
            elif _REQUIREMENTS.search(file.path):
                requirement_files.append(file)
        for file in requirement_files:
            self._add_requirements(file)
        self._add_manifests()
        self._found.pins.sort(key=lambda pin: (pin.location.uri, pin.location.start_line or 0))
        return self._found

    def _add_lockfile(self, file: SourceFile, kind: Format) -> None:
        lockfile = self._try_parse(file, kind.parse, kind)
        self._locks.add(kind.ecosystem, _project_folder(file), lockfile)
        self._add(file, kind.ecosystem, lockfile or Lockfile())
        if kind.partial:
            self._miss(file.as_item(), kind.partial)

    def _add_manifests(self) -> None:
        for file in self._inventory.files:
            ecosystem = manifests.ecosystem_of(file)
            if not ecosystem or file.role is Role.VENDORED:
                continue
            lock = self._lock_of(file, ecosystem)
            if lock is None:
                self._add_unlocked(file, ecosystem)
            elif lock.readable:
                for name, line in self._absent(file, ecosystem, lock.names):
                    reason = f"asked for in {file.name}, not in the lockfile"
                    self._miss(Item(name=name, location=file.at(line)), reason)
        for reason, item in manifests.unreadable(self._inventory, self._has_python_pins):
            self._miss(item, reason)

    def _lock_of(self, file: SourceFile, ecosystem: str) -> Lock | None:
        """The lockfiles beside a manifest, or those above that lock its folder too."""
        folder = posixpath.dirname(file.path)
        look = self._locks.below if file.name == manifests.CENTRAL_VERSIONS else self._locks.beside
        beside = look(ecosystem, folder)
        if beside is not None:
            return beside
        for above, lock in self._locks.above(ecosystem, folder):
            path = posixpath.relpath(folder, above or ".")
            texts = (self._quiet_text(posixpath.join(above, file.name)), self._text_of(file))
            if covers(lock, ecosystem, path, file.name, texts):
                return lock
        return None

    def _add_unlocked(self, file: SourceFile, ecosystem: str) -> None:
        pinned = self._pinned_beside(file) if ecosystem == _PYPI else set()
        if file.name == "pyproject.toml":
            lockfile = self._parsed(file, manifests.parse_pyproject)
            lockfile = Lockfile(
                tuple(pin for pin in lockfile.pins if canonicalize_name(pin.name) not in pinned),
                tuple(
                    entry
                    for entry in lockfile.unpinned
                    if name_of(entry.name or entry.text) not in pinned
                ),
            )
            self._add(file, _PYPI, lockfile)
            if lockfile.unpinned:
                self._found.unlocked.setdefault(_PYPI, []).append(file)
            return
        text = self._text(file)
        if text is None or not manifests.names_packages(file.name, text):
            return
        if pinned and not self._absent(file, ecosystem, pinned):
            return
        self._miss(file.as_item(), f"{ecosystem} manifest without a lockfile")
        self._found.unlocked.setdefault(ecosystem, []).append(file)

    def _absent(self, file: SourceFile, ecosystem: str, names: set[str]) -> list[tuple[str, int]]:
        """Name and line of what a manifest asks for that is none of these names."""
        found = [
            (name, line)
            for name, spellings, line in asked(file.name, self._text_of(file))
            if names.isdisjoint(normalised_name(ecosystem, each) for each in spellings)
        ]
        own = self._own_names(file.name, ecosystem) if found else set()
        return [each for each in found if normalised_name(ecosystem, each[0]) not in own]

    def _own_names(self, name: str, ecosystem: str) -> set[str]:
        """What the projects in the repository are called; read once a lockfile lacks a name."""
        if name not in self._own:
            self._own[name] = {
                normalised_name(ecosystem, own_name(name, self._text_of(file)))
                for file in self._inventory.files
                if file.name == name and file.role is not Role.VENDORED
            }
        return self._own[name]

    def _has_python_pins(self, file: SourceFile) -> bool:
        return self._lock_of(file, _PYPI) is not None or bool(self._pinned_beside(file))

    def _pinned_beside(self, file: SourceFile) -> set[str]:
        """Names that requirements beside a file pin, or those in a folder for them there."""
        folder = posixpath.dirname(file.path)
        folders = {folder, posixpath.join(folder, "requirements")}
        pending = [uri for uri, each in self._requirements.items() if each.folder in folders]
        found: set[str] = set()
        seen: set[str] = set()
        while pending:
            uri = pending.pop()
            if uri in seen or uri not in self._requirements:
                continue
            seen.add(uri)
            found |= self._requirements[uri].pinned
            pending += self._requirements[uri].includes
        return found

    def _text_of(self, file: SourceFile) -> str:
        return self._text(file, quietly=True) or ""

    def _quiet_text(self, path: str) -> str:
        file = self._inventory.by_uri.get(uri_of(path))
        return "" if file is None else self._text_of(file)

    def _text(self, file: SourceFile, *, quietly: bool = False) -> str | None:
        try:
            content = self._host.read(file, self._limit)
        except Unreadable as error:
            if not quietly:
                self._miss(file.as_item(), str(error))
            return None
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            if not quietly:
                self._miss(file.as_item(), "is not UTF-8 text")
            return None

    def _parsed(self, file: SourceFile, parse: Parse) -> Lockfile:
        return self._try_parse(file, parse) or Lockfile()

    def _try_parse(
        self, file: SourceFile, parse: Parse, kind: Format | None = None
    ) -> Lockfile | None:
        """None for a file that cannot be read, which is booked as missed."""
        text = self._text(file)
        if text is None:
            return None
        beside = self._texts_beside(file.path, text, kind) if kind else []
        try:
            return parse(text, *beside)
        except LockfileError as error:
            self._miss(file.as_item(), str(error))
        except Exception as error:  # noqa: BLE001 -- one file's bug must cost that file only
            # What an exception says may be of the file, and a password.
            said = type(error).__name__
            self._miss(file.as_item(), f"a bug in shopsec, please report it: {said}")
        return None

    def _texts_beside(self, path: str, text: str, kind: Format) -> list[str]:
        """Texts of the files that go with a lockfile; what cannot be read is as if not there."""
        found: list[str] = []
        seen = {path}
        while kind.next_file is not None and len(found) < kind.most_files:
            path = posixpath.normpath(kind.next_file(path, text) or ".")
            file = self._inventory.by_uri.get(uri_of(path))
            if file is None or path in seen:
                break
            seen.add(path)
            text = self._text(file, quietly=True) or ""
            found.append(text)
        return found

    def _miss(self, item: Item, reason: str) -> None:
        self._found.missed.append((printable(reason), _without_credentials(item)))

    def _add(
        self,
        file: SourceFile,
        ecosystem: str,
        lockfile: Lockfile,
        constraints: dict[str, PlacedPin] | None = None,
    ) -> None:
        for pin in lockfile.pins:
            placed = _placed(file, ecosystem, pin)
            if placed is None:
                item = Item(name=f"line {pin.line}", location=file.at(pin.line))
                self._miss(item, "has a name or version that no package can have")
            else:
                self._found.pins.append(placed)
        for entry in lockfile.unpinned:
            self._add_unpinned(file, entry, constraints or {})

    def _add_unpinned(
        self, file: SourceFile, entry: Unpinned, constraints: dict[str, PlacedPin]
    ) -> None:
        pinned = constraints.get(canonicalize_name(entry.name)) if entry.name else None
        if pinned is not None:
            self._found.pins.append(pinned)
        else:
            self._miss(Item(name=entry.text, location=file.at(entry.line)), entry.reason)

    def _add_requirements(self, file: SourceFile) -> None:
        if file.uri in self._requirements:
            return
        here = self._requirements[file.uri] = _Requirements(posixpath.dirname(file.path))
        lockfile = self._parsed(file, requirements.parse)
        constraints: dict[str, PlacedPin] = {}
        for include in lockfile.includes:
            if include.constraint:
                self._read_constraints(file, include, constraints, depth=0)
        self._add(file, _PYPI, lockfile, constraints)
        here.pinned.update(canonicalize_name(pin.name) for pin in lockfile.pins)
        named = {canonicalize_name(entry.name) for entry in lockfile.unpinned if entry.name}
        here.pinned.update(named & constraints.keys())
        for include in lockfile.includes:
            nested = None if include.constraint else self._included_file(file, include)
            if nested is not None:
                here.includes.append(nested.uri)
                self._add_requirements(nested)

    def _included_file(self, file: SourceFile, include: Include) -> SourceFile | None:
        item = Item(
            name=requirements.shorten(include.path, include.line), location=file.at(include.line)
        )
        if "://" in include.path:
            self._miss(item, "includes a file from the network")
            return None
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), include.path))
        found = self._inventory.by_uri.get(uri_of(path))
        if found is None:
            self._miss(item, "includes a file that is not in the repository")
        return found

    def _read_constraints(
        self, file: SourceFile, include: Include, found: dict[str, PlacedPin], depth: int
    ) -> None:
        nested = self._included_file(file, include)
        if nested is None or depth > _NESTING:
            return
        lockfile = self._parsed(nested, requirements.parse)
        for pin in lockfile.pins:
            placed = _placed(nested, _PYPI, pin)
            if placed is not None:
                found.setdefault(placed.key.name, placed)
        for inner in lockfile.includes:
            self._read_constraints(nested, inner, found, depth + 1)


def _project_folder(lockfile: SourceFile) -> str:
    """Where the manifest of a lockfile is: beside it, but for the locks of older Gradles."""
    folder = posixpath.dirname(lockfile.path)
    if f"/{folder}".endswith("/gradle/dependency-locks"):
        return posixpath.dirname(posixpath.dirname(folder))
    return folder


# No registry takes longer ones (npm: 214; Maven has no limit in writing).
_LONGEST_NAME, _LONGEST_VERSION = 512, 256


def _placed(file: SourceFile, ecosystem: str, pin: Pin) -> PlacedPin | None:
    """The pin at its place; None for a name or version that cannot be one."""
    ecosystem = pin.ecosystem or ecosystem
    name, version = pin.name, pin.version
    if base_name(ecosystem) == _PYPI:
        try:
            name = canonicalize_name(name, validate=True)
            version = str(Version(version))
        except (InvalidVersion, InvalidName):
            return None
    elif not (_is_word(name, _LONGEST_NAME) and _is_word(version, _LONGEST_VERSION)):
        return None
    normal = normalised_name(ecosystem, name)
    return PlacedPin(
        Key(ecosystem, normal, version, () if name == normal else (name,)),
        file.at(pin.line),
        Role.DEV if pin.dev and file.role is Role.PRODUCTION else file.role,
        pin.direct,
        tuple(_passed(name) for name in pin.via),
        tuple(normalised_name(ecosystem, _passed(name)) for name in pin.raised_with),
    )


def _is_word(text: str, longest: int) -> bool:
    if requirements.may_hold_login(text):
        return False
    return 0 < len(text) <= longest and text.isprintable() and not re.search(r"\s", text)


def _passed(name: str) -> str:
    """The name of a package on the way to a pin, which may be none that can be one."""
    return "..." if requirements.may_hold_login(name) else printable(name)[:_LONGEST_NAME]


def in_use(pins: Iterable[PlacedPin]) -> Iterator[str]:
    """OSV's names of the ecosystems of these pins, sorted."""
    yield from sorted({base_name(pin.key.ecosystem) for pin in pins})
