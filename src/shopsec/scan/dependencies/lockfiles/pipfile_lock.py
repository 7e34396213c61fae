"""Pipfile.lock (https://pipenv.pypa.io/en/latest/pipfile.html)."""

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.json_lines import JsonObject, parse_object
from shopsec.scan.dependencies.lockfiles.toml_packages import parse_toml

_FROM_ELSEWHERE = ("git", "hg", "svn", "bzr", "file", "url")
_DEVELOP = "develop"
# Tables of a Pipfile that name no packages.
_NO_PACKAGES = frozenset({"source", "requires", "pipenv", "scripts"})


def parse(text: str, manifest: str = "") -> Lockfile:
    """Parse Pipfile.lock; what only ``develop`` has is marked dev.

    ``manifest`` is the Pipfile beside it, which tells the direct dependencies.
    """
    document = parse_object(text)
    if "default" not in document and _DEVELOP not in document:
        raise LockfileError("has no default packages: is no Pipfile.lock")
    named = _named(manifest)
    pins: dict[tuple[str, str], Pin] = {}
    unpinned: list[Unpinned] = []
    for group, name, entry, line in _entries(document):
        found = _entry(name, entry, line)
        if isinstance(found, Unpinned):
            unpinned.append(found)
            continue
        direct = canonicalize_name(name) in named if named else None
        # The groups of production come first: what they have is not for development.
        pin = Pin(name, found, line, dev=group == _DEVELOP, direct=direct)
        pins.setdefault((canonicalize_name(name), found), pin)
    return Lockfile(tuple(pins.values()), tuple(unpinned))


def _entries(document: JsonObject) -> Iterator[tuple[str, str, object, int]]:
    """Group, name, entry and line; ``default`` first, ``develop`` last, others between."""
    groups = [group for group in document if group not in {"_meta", "default", _DEVELOP}]
    for group in ("default", *groups, _DEVELOP):
        if group not in document:
            continue
        entries = document[group]
        if not isinstance(entries, JsonObject):
            raise LockfileError(f"line {document.line_of(group)}: {group[:40]} is not an object")
        for name, entry in entries.items():
            yield group, name, entry, entries.line_of(name)


def _entry(name: str, entry: object, line: int) -> str | Unpinned:
    """The exact version, or why there is none."""
    fields = entry if isinstance(entry, dict) else {}
    version = fields.get("version")
    if any(key in fields for key in _FROM_ELSEWHERE):
        return Unpinned(name, line, "comes from a URL, not from the index")
    if "path" in fields:
        return Unpinned(name, line, "is a folder or file, not a package of the index")
    if not isinstance(version, str) or not version.startswith("=="):
        return Unpinned(name, line, "has no version in the lockfile", name)
    exact = version.lstrip("=").strip()
    if not exact or not name:
        return Unpinned(name, line, "has no version in the lockfile", name)
    return exact


def _named(manifest: str) -> set[str]:
    """Normalised names that a Pipfile has in any of its groups."""
    try:
        document = parse_toml(manifest)
    except LockfileError:  # the lockfile itself still tells the versions
        return set()
    groups = (table for key, table in document.items() if key not in _NO_PACKAGES)
    tables = (table for table in groups if isinstance(table, dict))
    return {str(canonicalize_name(name)) for table in tables for name in table}
