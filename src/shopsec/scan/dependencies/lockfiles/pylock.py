"""pylock.toml (PEP 751)."""

import re
from typing import Any

from shopsec.scan.dependencies.lockfiles.base import Lockfile, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.places import Place, places
from shopsec.scan.dependencies.lockfiles.toml_packages import exact, package_tables, parse_toml

_GROUP = re.compile(r"""["']([^"']{1,100})["'] (not )?in dependency_groups\b""")


def parse(text: str) -> Lockfile:
    """Parse pylock.toml; packages without a version (from a URL or a folder) are unpinned.

    Where the packages say what they need, those that none needs are direct; another may be named
    by the project as well.
    """
    tables = package_tables(text, "packages")
    default = parse_toml(text).get("default-groups")
    groups = set(map(str, default)) if isinstance(default, list) else set()
    below = _places([table for table, _ in tables])
    pins: list[Pin] = []
    unpinned: list[Unpinned] = []
    for table, line in tables:
        found = exact(table, line)
        if isinstance(found, Unpinned):
            unpinned.append(found)
            continue
        name, version = found
        place = below.get(name, Place())
        dev = _is_dev(table.get("marker"), groups)
        pins.append(Pin(name, version, line, dev, place.direct or None, place.via))
    return Lockfile(tuple(pins), tuple(unpinned))


def _places(tables: list[dict[str, Any]]) -> dict[str, Place[str]]:
    needs: dict[str, list[str]] = {}
    for table in tables:
        entries = table.get("dependencies")
        needs.setdefault(str(table.get("name")), []).extend(
            str(entry.get("name"))
            for entry in (entries if isinstance(entries, list) else ())
            if isinstance(entry, dict)
        )
    needed = {name for names in needs.values() for name in names}
    if not needed:
        return {}
    roots = [name for name in needs if name not in needed]
    return places(roots, (), lambda name: needs.get(name, ()))


def _is_dev(marker: object, default_groups: set[str]) -> bool:
    """True for a marker whose every alternative asks for a group that is not installed as such."""
    if not isinstance(marker, str) or re.search(r"\bextras\b", marker):
        return False
    groups = _GROUP.findall(marker)
    if not groups or marker.count(" or ") != len(groups) - 1:
        return False
    return not any(negated or name in default_groups for name, negated in groups)
