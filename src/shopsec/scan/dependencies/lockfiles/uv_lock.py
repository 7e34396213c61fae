"""uv.lock (https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile)."""

from collections.abc import Iterator
from typing import Any

from shopsec.scan.dependencies.lockfiles.base import Lockfile, Pin, Unpinned, cut_off
from shopsec.scan.dependencies.lockfiles.places import Place, places
from shopsec.scan.dependencies.lockfiles.toml_packages import exact, package_tables

_LOCAL = ("editable", "virtual", "directory")


def parse(text: str) -> Lockfile:
    """Parse uv.lock; packages only the dev groups need are marked dev."""
    tables = package_tables(text, "package")
    names = {str(table.get("name")) for table, _ in tables}
    lacking = [
        cut_off(str(table.get("name"))[:200], name[:200], line)
        for table, line in tables
        for name in _needed(table)
        if name not in names
    ]
    below = _places([table for table, _ in tables])
    elsewhere: Place[str] = Place(direct=False if below else None)
    pins: list[Pin] = []
    unpinned: list[Unpinned] = []
    for table, line in tables:
        found, source = exact(table, line), table.get("source")
        if _is_local(table):
            continue  # the project itself
        if isinstance(found, Unpinned):
            unpinned.append(found)
            continue
        name, version = found
        if isinstance(source, dict) and ("git" in source or "url" in source):
            unpinned.append(Unpinned(name, line, "comes from a URL, not from the index"))
        else:
            place = below.get(name, elsewhere)
            pins.append(Pin(name, version, line, place.dev, place.direct, place.via))
    unpinned += lacking[:1]
    return Lockfile(tuple(pins), tuple(unpinned), members=frozenset(_folders(tables)))


def _folders(tables: list[tuple[dict[str, Any], int]]) -> Iterator[str]:
    """Where the project's own packages are, but for the one beside the lockfile."""
    for table, _ in tables:
        if _is_local(table):
            yield from (str(table["source"][kind]) for kind in _LOCAL if kind in table["source"])


def _is_local(table: dict[str, Any]) -> bool:
    source = table.get("source", {})
    return isinstance(source, dict) and any(kind in source for kind in _LOCAL)


def _places(tables: list[dict[str, Any]]) -> dict[str, Place[str]]:
    """What the project's own packages need, extras too, and their dev groups; empty without any."""
    needs: dict[str, list[str]] = {}
    production: list[str] = []
    development: list[str] = []
    own = {str(table.get("name")) for table in tables if _is_local(table)}
    for table in tables:
        needed = list(_needed(table, development=False))
        if _is_local(table):
            production.extend(needed)
            development.extend(_grouped(table, "dev-dependencies"))
        else:
            needs.setdefault(str(table.get("name")), []).extend(needed)
    return places(
        [name for name in production if name not in own],
        [name for name in development if name not in own],
        lambda name: needs.get(name, ()),
    )


def _needed(table: dict[str, Any], *, development: bool = True) -> Iterator[str]:
    yield from _names(table.get("dependencies"))
    yield from _grouped(table, "optional-dependencies")
    if development:
        yield from _grouped(table, "dev-dependencies")


def _grouped(table: dict[str, Any], key: str) -> Iterator[str]:
    groups = table.get(key)
    for group in groups.values() if isinstance(groups, dict) else ():
        yield from _names(group)


def _names(entries: object) -> Iterator[str]:
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and "name" in entry:
            yield str(entry["name"])
