"""package-lock.json and npm-shrinkwrap.json, versions 1 to 3.

https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json says what is in them. Version 1
nests packages as folders are nested, versions 2 and 3 name each by its folder. Version 2 repeats
itself in the form of version 1, for npm 6; of that is read what newer versions of npm do not see.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError
from shopsec.scan.dependencies.lockfiles.json_lines import JsonObject, object_at, parse_object
from shopsec.scan.dependencies.lockfiles.node_modules import DEEPEST, FOLDER, Entry, resolve
from shopsec.scan.dependencies.lockfiles.npm_packages import (
    FROM_FOLDER,
    PRODUCTION_FIELDS,
    UNREADABLE,
    manifest_of,
    must_have,
    ranges,
    read_manifest,
    split_npm_alias,
)

_VERSIONS = (1, 2, 3)
# Folders of version 1 are short beside the rest of an entry; made-up names could be as long as
# the file, and stand in the folder of every package inside.
_ROOM = 10


def parse(text: str, manifest: str = "") -> Lockfile:
    """Parse a lockfile of npm.

    Version 1 does not tell which packages the project itself names; the text of the package.json
    beside it does.
    """
    document = parse_object(text)
    version = document.get("lockfileVersion", 1)
    if version not in _VERSIONS:
        raise LockfileError(
            f"line {document.line_of('lockfileVersion')}: lockfileVersion is none of 1, 2 and 3"
        )
    nested = _nested_entries(document, _ROOM * len(text))
    if "packages" not in document:
        return resolve(list(nested), {"": read_manifest(manifest)} if manifest else {})
    folders = object_at(document, "packages")
    manifests = {
        folder: manifest_of(entry)
        for folder, entry in folders.items()
        if _is_own(folder) and isinstance(entry, dict)
    }
    entries = list(_entries(folders))
    entries += _missing_from(folders, entries, nested)
    links = (folder.rpartition(FOLDER)[2] for folder in folders if FOLDER in folder)
    own = (str(entry.get("name")) for entry in folders.values() if isinstance(entry, dict))
    return replace(resolve(entries, manifests, (*links, *own)), members=frozenset(manifests) - {""})


def _is_own(folder: str) -> bool:
    """The project's root, a workspace, or another folder that a link leads to."""
    return not folder.startswith(FOLDER) and f"/{FOLDER}" not in folder


def _entries(folders: JsonObject) -> Iterator[Entry]:
    """Packages of versions 2 and 3; a link leads to a folder that has an entry of its own."""
    for folder, entry in folders.items():
        line = folders.line_of(folder)
        name = folder.rpartition(FOLDER)[2]
        if not isinstance(entry, dict):
            yield Entry(folder, name or "the project", "", "", {}, line, problem=UNREADABLE)
        elif entry.get("link") is True:
            if "resolved" not in entry or _text(entry, "resolved") not in folders:
                yield Entry(folder, name, "", "", {}, line, problem=FROM_FOLDER)
        elif not _is_own(folder):
            yield Entry(
                folder,
                _text(entry, "name") or name,
                _text(entry, "version"),
                _source(entry),
                ranges(entry, PRODUCTION_FIELDS),
                line,
                entry.get("dev") is True,
                must_have=must_have(entry, ("dependencies",)),
            )


def _missing_from(
    folders: JsonObject, entries: Iterable[Entry], nested: Iterable[Entry]
) -> Iterator[Entry]:
    """What only npm 6 would install; packages of a workspace are in other folders there."""
    known = {(entry.name, entry.version) for entry in entries}
    for entry in nested:
        if entry.folder not in folders and (entry.name, entry.version) not in known:
            yield entry


def _source(entry: Mapping[str, Any]) -> str:
    """Where a package comes from; registries are at any URL, so one tells nothing."""
    resolved = _text(entry, "resolved")
    return "" if resolved.startswith(("https:", "http:")) else resolved


def _nested_entries(document: JsonObject, room: int) -> Iterator[Entry]:
    """Packages of version 1, in the order of the file; ``room`` is for their folders."""
    pending = list(_reversed_children("", document, 0))
    while pending:
        inside, parent, name, depth = pending.pop()
        folder = f"{inside}{FOLDER}{name}"
        entry, line = parent[name], parent.line_of(name)
        room -= len(folder)
        if room < 0:
            raise LockfileError(f"line {line}: packages are nested too deeply")
        if not isinstance(entry, JsonObject):
            yield Entry(folder, name, "", "", {}, line, problem=UNREADABLE)
            continue
        yield _nested_entry(folder, name, entry, line)
        pending.extend(_reversed_children(folder + "/", entry, depth + 1))


def _nested_entry(folder: str, name: str, entry: JsonObject, line: int) -> Entry:
    name, version = split_npm_alias(name, _text(entry, "version"))
    return Entry(
        folder, name, version, version, ranges(entry, ("requires",)), line, entry.get("dev") is True
    )


def _reversed_children(
    inside: str, parent: JsonObject, depth: int
) -> Iterator[tuple[str, JsonObject, str, int]]:
    children = object_at(parent, "dependencies")
    if depth > DEEPEST:
        raise LockfileError(f"line {parent.line}: packages are nested too deeply")
    for name in reversed(children):
        yield inside, children, name, depth


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""
