"""Every exact Python pin of a repository, and by name what is not pinned or cannot be read."""

import posixpath
import re
import threading
from dataclasses import dataclass, field

from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from shopsec.model import Inventory, Item, Location, Role, SourceFile, uri_of
from shopsec.scan.base import Target
from shopsec.scan.dependencies import manifests
from shopsec.scan.dependencies.lockfiles import (
    poetry_lock,
    pylock,
    requirements,
    uv_lock,
)
from shopsec.scan.dependencies.lockfiles.base import Include, Lockfile, LockfileError, Unpinned
from shopsec.scan.host import Host, Unreadable

_REQUIREMENTS = re.compile(
    r"(^|/)([^/]*(requirements|reqs)[^/]*|requirements/[^/]+)\.txt$", re.IGNORECASE
)
_LOCKS = (
    (re.compile(r"(^|/)uv\.lock$"), uv_lock.parse),
    (re.compile(r"(^|/)poetry\.lock$"), poetry_lock.parse),
    (re.compile(r"(^|/)pylock(\.[^/.]+)?\.toml$"), pylock.parse),
)
_NESTING = 20


@dataclass(frozen=True)
class PlacedPin:
    """One exact version at one place of the repository."""

    name: str
    """Normalised (PEP 503)."""
    version: str
    """Normalised (PEP 440)."""
    location: Location
    role: Role

    def as_item(self) -> Item:
        """This pin as an entry of the coverage ledger."""
        return Item(name=f"{self.name}=={self.version}", location=self.location)


@dataclass
class Collected:
    """What was read."""

    pins: list[PlacedPin] = field(default_factory=list)
    missed: list[tuple[str, Item]] = field(default_factory=list)
    """Reason and item: an unpinned requirement, an unreadable file, a manifest without a lock."""


class PythonPackages:
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
    return item.model_copy(update={"name": requirements.shorten(item.name)})


class _Reader:
    def __init__(self, target: Target, host: Host) -> None:
        self._inventory: Inventory = target.inventory
        self._host = host
        self._limit = max(target.settings.limits.file_bytes, 50_000_000)
        self._found = Collected()
        self._included: set[str] = set()

    def read(self) -> Collected:
        lock_folders: set[str] = set()
        requirement_files: list[SourceFile] = []
        for file in self._inventory.files:
            if file.role is Role.VENDORED:
                continue
            parser = next((parse for name, parse in _LOCKS if name.search(file.path)), None)
            if parser is not None:
                lock_folders.add(posixpath.dirname(file.path))
                lockfile = self._parsed(file, parser)
                self._add(file, lockfile)
            elif _REQUIREMENTS.search(file.path):
                lock_folders.add(posixpath.dirname(file.path))
                requirement_files.append(file)
        for file in requirement_files:
            self._add_requirements(file)
        for file in self._inventory.files:
            if file.name == "pyproject.toml" and not manifests.is_locked(file, lock_folders):
                self._add(file, self._parsed(file, manifests.parse_pyproject))
        self._found.missed.extend(manifests.without_lockfile(self._inventory, lock_folders))
        self._found.pins.sort(key=lambda pin: (pin.location.uri, pin.location.start_line or 0))
        return self._found

    def _text(self, file: SourceFile) -> str | None:
        try:
            content = self._host.read(file, self._limit)
        except Unreadable as error:
            self._miss(file.as_item(), str(error))
            return None
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            self._miss(file.as_item(), "is not UTF-8 text")
            return None

    def _parsed(self, file: SourceFile, parse: manifests.Parse) -> Lockfile:
        text = self._text(file)
        if text is None:
            return Lockfile()
        try:
            return parse(text)
        except LockfileError as error:
            self._miss(file.as_item(), str(error))
            return Lockfile()

    def _miss(self, item: Item, reason: str) -> None:
        self._found.missed.append((reason, _without_credentials(item)))

    def _add(
        self, file: SourceFile, lockfile: Lockfile, constraints: dict[str, PlacedPin] | None = None
    ) -> None:
        for pin in lockfile.pins:
            try:
                version = str(Version(pin.version))
                name = canonicalize_name(pin.name, validate=True)
            except (InvalidVersion, InvalidName):
                item = Item(name=f"line {pin.line}", location=file.at(pin.line))
                self._miss(item, "has a name or version that no package can have")
                continue
            self._found.pins.append(
                PlacedPin(
                    name,
                    version,
                    file.at(pin.line),
                    Role.DEV if pin.dev and file.role is Role.PRODUCTION else file.role,
                )
            )
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
        if file.uri in self._included:
            return
        self._included.add(file.uri)
        lockfile = self._parsed(file, requirements.parse)
        constraints: dict[str, PlacedPin] = {}
        for include in lockfile.includes:
            if include.constraint:
                self._read_constraints(file, include, constraints, depth=0)
        self._add(file, lockfile, constraints)
        for include in lockfile.includes:
            nested = None if include.constraint else self._included_file(file, include)
            if nested is not None:
                self._add_requirements(nested)

    def _included_file(self, file: SourceFile, include: Include) -> SourceFile | None:
        item = Item(name=requirements.shorten(include.path), location=file.at(include.line))
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
            placed = PlacedPin(
                canonicalize_name(pin.name), pin.version, nested.at(pin.line), nested.role
            )
            found.setdefault(placed.name, placed)
        for inner in lockfile.includes:
            self._read_constraints(nested, inner, found, depth + 1)
