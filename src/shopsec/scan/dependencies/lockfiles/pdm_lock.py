"""pdm.lock (https://pdm-project.org/en/latest/usage/lockfile/)."""

from typing import Any

from packaging.utils import canonicalize_name

from shopsec.scan.dependencies.lockfiles.base import Lockfile, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.python_pins import Needing, placed
from shopsec.scan.dependencies.lockfiles.python_roots import names_of, python_roots
from shopsec.scan.dependencies.lockfiles.toml_packages import exact, package_tables

_URLS = ("git", "hg", "svn", "bzr", "url")


def parse(text: str, manifest: str = "") -> Lockfile:
    """Parse pdm.lock; a package with extras has an entry more there and is one pin here.

    ``manifest`` is the pyproject.toml beside it. Without it a group may be an extra, which is
    production: only packages of no other group than ``dev`` are marked dev then.
    """
    roots = python_roots(manifest)
    production = {"default", *roots.extras} if roots is not None else set()
    packages: dict[tuple[str, str], Needing] = {}
    unpinned: list[Unpinned] = []
    for table, line in package_tables(text, "package"):
        found = exact(table, line)
        if isinstance(found, Unpinned):
            unpinned.append(found)
            continue
        name, version = found
        if any(key in table for key in _URLS):
            unpinned.append(Unpinned(name, line, "comes from a URL, not from the index"))
        elif "path" in table:
            reason = "is a folder or file, not a package of the index"
            unpinned.append(Unpinned(name, line, reason))
        else:
            key = (canonicalize_name(name), version)
            entry = _entry(table, Pin(name, version, line, dev=_is_dev(table, production)))
            packages[key] = _merged(packages.get(key), entry)
    return Lockfile(placed(packages.values(), roots), tuple(unpinned))


def _is_dev(table: dict[str, Any], production: set[str]) -> bool:
    groups = table.get("groups")
    if not isinstance(groups, list) or not groups:  # PDM before 2.10 wrote none
        return False
    if production:
        return not any(group in production for group in groups)
    return groups == ["dev"]


def _entry(table: dict[str, Any], pin: Pin) -> Needing:
    # "coverage[toml]" needs "coverage" and what the extra adds.
    own = canonicalize_name(pin.name)
    return Needing(pin, tuple(name for name in names_of(table.get("dependencies")) if name != own))


def _merged(first: Needing | None, second: Needing) -> Needing:
    if first is None:
        return second
    pin = (
        first.pin
        if not first.pin.dev
        else Pin(first.pin.name, first.pin.version, first.pin.line, dev=second.pin.dev)
    )
    return Needing(pin, (*first.needs, *second.needs))
