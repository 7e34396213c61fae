"""uv.lock (https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile)."""

from typing import Any

from shopsec.scan.dependencies.lockfiles.base import Lockfile, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.toml_packages import package_tables

_LOCAL = ("editable", "virtual", "directory")


def parse(text: str) -> Lockfile:
    """Parse uv.lock; packages only the dev groups need are marked dev."""
    tables = package_tables(text, "package")
    production = _reachable([table for table, _ in tables])
    pins: list[Pin] = []
    unpinned: list[Unpinned] = []
    for table, line in tables:
        name, version, source = table.get("name"), table.get("version"), table.get("source", {})
        if isinstance(source, dict) and any(kind in source for kind in _LOCAL):
            continue  # the project itself
        if not isinstance(name, str) or not isinstance(version, str):
            unpinned.append(Unpinned(str(name), line, "has no version in the lockfile"))
        elif isinstance(source, dict) and ("git" in source or "url" in source):
            unpinned.append(Unpinned(name, line, "comes from a URL, not from the index"))
        else:
            pins.append(Pin(name, version, line, dev=name not in production))
    return Lockfile(tuple(pins), tuple(unpinned))


def _reachable(tables: list[dict[str, Any]]) -> set[str]:
    """Names that the project's own dependencies and extras pull in, without its dev groups."""
    needs: dict[str, set[str]] = {}
    pending: list[str] = []
    for table in tables:
        name = str(table.get("name"))
        wanted = _names(table.get("dependencies"))
        extras = table.get("optional-dependencies")
        for group in extras.values() if isinstance(extras, dict) else ():
            wanted |= _names(group)
        needs.setdefault(name, set()).update(wanted)
        source = table.get("source", {})
        if isinstance(source, dict) and any(kind in source for kind in _LOCAL):
            pending.append(name)
    if not pending:  # no project in the file: all of it may be production
        return set(needs)
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending.extend(needs.get(name, ()))
    return seen


def _names(entries: object) -> set[str]:
    if not isinstance(entries, list):
        return set()
    return {str(entry["name"]) for entry in entries if isinstance(entry, dict) and "name" in entry}
