"""poetry.lock, versions 1.x and 2.x (https://python-poetry.org/docs/basic-usage/)."""

from typing import Any

from packaging.utils import canonicalize_name

from shopsec.scan.dependencies.lockfiles.base import Lockfile, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.python_pins import Needing, placed
from shopsec.scan.dependencies.lockfiles.python_roots import python_roots
from shopsec.scan.dependencies.lockfiles.toml_packages import exact, package_tables

_FROM_ELSEWHERE = frozenset({"git", "url", "file", "directory"})


def parse(text: str, manifest: str = "") -> Lockfile:
    """Parse poetry.lock; packages outside the group ``main`` are marked dev.

    ``manifest`` is the pyproject.toml beside it, which tells the direct dependencies.
    """
    packages: list[Needing] = []
    unpinned: list[Unpinned] = []
    members: set[str] = set()
    for table, line in package_tables(text, "package"):
        found, source = exact(table, line), table.get("source")
        if isinstance(source, dict) and source.get("type") == "directory":
            members.add(str(source.get("url")))
        if isinstance(found, Unpinned):
            unpinned.append(found)
            continue
        name, version = found
        if isinstance(source, dict) and source.get("type") in _FROM_ELSEWHERE:
            unpinned.append(Unpinned(name, line, "comes from a URL, not from the index"))
        else:
            packages.append(Needing(Pin(name, version, line, dev=_is_dev(table)), _needs(table)))
    pins = placed(packages, python_roots(manifest))
    return Lockfile(pins, tuple(unpinned), members=frozenset(members))


def _is_dev(table: dict[str, Any]) -> bool:
    groups = table.get("groups")
    if isinstance(groups, list):
        return "main" not in groups
    return table.get("category") == "dev"


def _needs(table: dict[str, Any]) -> tuple[str, ...]:
    needed = table.get("dependencies")
    return tuple(canonicalize_name(name) for name in needed) if isinstance(needed, dict) else ()
