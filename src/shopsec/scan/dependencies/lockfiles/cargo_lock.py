"""Cargo.lock, versions 1 to 4 (https://doc.rust-lang.org/cargo/reference/resolver.html).

Its fields: https://github.com/rust-lang/cargo/blob/master/src/cargo/core/resolver/encode.rs
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.places import Place, places
from shopsec.scan.dependencies.lockfiles.toml_packages import exact, package_tables, parse_toml

_NEEDED = re.compile(r"([^ ]+)(?: ([^ ]+))?(?: \((.*)\))?$")


@dataclass(frozen=True)
class _Crate:
    name: str
    version: str
    source: str
    """Empty for the project's own crates."""
    needs: tuple[str, ...]
    line: int


class _Crates:
    """The crates of one file, found by what a dependency says of them."""

    def __init__(self, crates: list[_Crate]) -> None:
        self._by_key: dict[tuple[str, ...], _Crate] = {}
        for crate in crates:
            for key in (
                (crate.name, crate.version, crate.source),
                (crate.name, crate.version),
                (crate.name,),
            ):
                self._by_key.setdefault(key, crate)

    def needed_by(self, crate: _Crate) -> Iterator[_Crate]:
        for text in crate.needs:
            match = _NEEDED.match(text)
            if match is None:
                continue
            # Only as much stands there as tells the crate from others of its name.
            key = tuple(part for part in match.groups() if part)
            found = self._by_key.get(key) or self._by_key.get(key[:2])
            if found is not None:
                yield found


def parse(text: str, manifest: str = "") -> Lockfile:
    """Parse Cargo.lock; crates without a source are the project's own.

    ``manifest`` is the Cargo.toml beside it: what only its dev-dependencies need is marked dev.
    """
    crates, unpinned = _crates(text)
    below = _places(crates, manifest)
    elsewhere: Place[_Crate] = Place(direct=False if below else None)
    pins: list[Pin] = []
    for crate in crates:
        if not crate.source:
            continue
        if not crate.source.startswith(("registry+", "sparse+")):
            reason = "comes from a URL, not from the index"
            unpinned.append(Unpinned(crate.name, crate.line, reason, crate.name))
            continue
        place = below.get(crate, elsewhere)
        via = tuple(needing.name for needing in place.via)
        pins.append(Pin(crate.name, crate.version, crate.line, place.dev, place.direct, via))
    own = frozenset(crate.name for crate in crates if not crate.source)
    return Lockfile(tuple(pins), tuple(unpinned), members=own)


def _crates(text: str) -> tuple[list[_Crate], list[Unpinned]]:
    """Every entry of [[package]]; [root], of the first version of the format, is one's own."""
    crates: list[_Crate] = []
    unpinned: list[Unpinned] = []
    for table, line in package_tables(text, "package"):
        found, source = exact(table, line), table.get("source", "")
        if isinstance(found, Unpinned):
            unpinned.append(found)
            continue
        name, version = found
        if not isinstance(source, str):
            unpinned.append(Unpinned(name, line, "has a source that cannot be parsed", name))
        else:
            crates.append(_Crate(name, version, source, _texts(table.get("dependencies")), line))
    root = parse_toml(text).get("root")
    if isinstance(root, dict):
        needs = _texts(root.get("dependencies"))
        crates.append(_Crate(str(root.get("name")), str(root.get("version")), "", needs, 1))
    return crates, unpinned


def _places(crates: list[_Crate], manifest: str) -> dict[_Crate, Place[_Crate]]:
    own = [crate for crate in crates if not crate.source]
    if not own:
        return {}
    index = _Crates(crates)
    name, only_for_development = _development(manifest)
    production: list[_Crate] = []
    development: list[_Crate] = []
    for crate in own:
        for needed in index.needed_by(crate):
            if needed.source:
                dev = crate.name == name and needed.name in only_for_development
                (development if dev else production).append(needed)
    return places(
        production, development, lambda crate: (c for c in index.needed_by(crate) if c.source)
    )


def _development(manifest: str) -> tuple[str, set[str]]:
    """The crate that a Cargo.toml describes, and what it needs for tests and examples only."""
    try:
        document = parse_toml(manifest)
    except LockfileError:  # the lockfile itself still tells the versions
        return "", set()
    targets = document.get("target")
    tables = [document, *(targets.values() if isinstance(targets, dict) else ())]
    production: set[str] = set()
    development: set[str] = set()
    for table in tables:
        if isinstance(table, dict):
            production |= _names(table.get("dependencies"))
            production |= _names(table.get("build-dependencies"))
            development |= _names(table.get("dev-dependencies"))
    package = document.get("package")
    name = package.get("name") if isinstance(package, dict) else None
    return str(name), development - production


def _names(table: object) -> set[str]:
    if not isinstance(table, dict):
        return set()
    return {_renamed(name, entry) for name, entry in table.items()}


def _renamed(name: str, entry: object) -> str:
    """``rand = { package = "rand_core" }`` is rand_core under another name."""
    package = entry.get("package") if isinstance(entry, dict) else None
    return package if isinstance(package, str) else name


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(entry for entry in value if isinstance(entry, str))
