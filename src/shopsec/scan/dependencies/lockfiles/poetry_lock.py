"""poetry.lock, versions 1.x and 2.x (https://python-poetry.org/docs/basic-usage/)."""

from typing import Any

from shopsec.scan.dependencies.lockfiles.base import Lockfile, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.toml_packages import package_tables

_FROM_ELSEWHERE = frozenset({"git", "url", "file", "directory"})


def parse(text: str) -> Lockfile:
    """Parse poetry.lock; packages outside the group ``main`` are marked dev."""
    pins: list[Pin] = []
    unpinned: list[Unpinned] = []
    for table, line in package_tables(text, "package"):
        name, version, source = table.get("name"), table.get("version"), table.get("source")
        if not isinstance(name, str) or not isinstance(version, str):
            unpinned.append(Unpinned(str(name), line, "has no version in the lockfile"))
        elif isinstance(source, dict) and source.get("type") in _FROM_ELSEWHERE:
            unpinned.append(Unpinned(name, line, "comes from a URL, not from the index"))
        else:
            pins.append(Pin(name, version, line, dev=_is_dev(table)))
    return Lockfile(tuple(pins), tuple(unpinned))


def _is_dev(table: dict[str, Any]) -> bool:
    groups = table.get("groups")
    if isinstance(groups, list):
        return "main" not in groups
    return table.get("category") == "dev"
