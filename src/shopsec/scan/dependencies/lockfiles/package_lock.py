"""package-lock.json and npm-shrinkwrap.json, versions 1 to 3.

https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json says what is in them. Version 1
nests packages as folders are nested, versions 2 and 3 name each by its folder; version 2 repeats
itself in the form of version 1, which is not read. Names are looked up as Node.js does, from the
nearest ``node_modules`` outwards (https://nodejs.org/api/modules.html).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError
from shopsec.scan.dependencies.lockfiles.json_lines import JsonObject, parse_object
from shopsec.scan.dependencies.lockfiles.npm_packages import (
    FROM_FOLDER,
    PRODUCTION_FIELDS,
    UNREADABLE,
    Manifest,
    Package,
    Roots,
    manifest_of,
    origin_problem,
    ranges,
    read_manifest,
    split_npm_alias,
    to_lockfile,
)

_FOLDER = "node_modules/"
_VERSIONS = (1, 2, 3)
# npm's deepest trees have some twenty folders; the cost of a lookup grows with them.
_DEEPEST = 100


@dataclass(frozen=True)
class _Entry:
    """One package folder, in the words of versions 2 and 3."""

    folder: str
    name: str
    version: str
    source: str
    wants: Mapping[str, str]
    line: int
    dev: bool = False
    problem: str = ""


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
    own = read_manifest(manifest) if manifest else None
    if "packages" in document:
        folders = _object(document, "packages")
        manifests = {
            folder: manifest_of(entry)
            for folder, entry in folders.items()
            if _is_own(folder) and isinstance(entry, dict)
        }
        return _lockfile(list(_entries(folders)), manifests)
    return _lockfile(list(_nested_entries(document)), {"": own} if own else {})


def _object(document: JsonObject, key: str) -> JsonObject:
    value = document.get(key, JsonObject([], 1, []))
    if not isinstance(value, JsonObject):
        raise LockfileError(f"line {document.line_of(key)}: {key} is not an object")
    return value


def _is_own(folder: str) -> bool:
    """The project's root, a workspace, or another folder that a link leads to."""
    return not folder.startswith(_FOLDER) and f"/{_FOLDER}" not in folder


def _entries(folders: JsonObject) -> Iterator[_Entry]:
    """Packages of versions 2 and 3; a link leads to a folder that has an entry of its own."""
    for folder, entry in folders.items():
        line = folders.line_of(folder)
        name = folder.rpartition(_FOLDER)[2]
        if not isinstance(entry, dict):
            yield _Entry(folder, name or "the project", "", "", {}, line, problem=UNREADABLE)
        elif entry.get("link") is True:
            if "resolved" not in entry or _text(entry, "resolved") not in folders:
                yield _Entry(folder, name, "", "", {}, line, problem=FROM_FOLDER)
        elif not _is_own(folder):
            yield _Entry(
                folder,
                _text(entry, "name") or name,
                _text(entry, "version"),
                _source(entry),
                ranges(entry, PRODUCTION_FIELDS),
                line,
                entry.get("dev") is True,
            )


def _source(entry: Mapping[str, Any]) -> str:
    """Where a package comes from; registries are at any URL, so one tells nothing."""
    resolved = _text(entry, "resolved")
    return "" if resolved.startswith(("https:", "http:")) else resolved


def _nested_entries(document: JsonObject) -> Iterator[_Entry]:
    """Packages of version 1, in the order of the file."""
    pending = list(_reversed_children("", document, 0))
    while pending:
        folder, parent, name, depth = pending.pop()
        entry, line = parent[name], parent.line_of(name)
        if not isinstance(entry, JsonObject):
            yield _Entry(folder, name, "", "", {}, line, problem=UNREADABLE)
            continue
        yield _nested_entry(folder, name, entry, line)
        pending.extend(_reversed_children(folder + "/", entry, depth + 1))


def _nested_entry(folder: str, name: str, entry: JsonObject, line: int) -> _Entry:
    name, version = split_npm_alias(name, _text(entry, "version"))
    return _Entry(
        folder, name, version, version, ranges(entry, ("requires",)), line, entry.get("dev") is True
    )


def _reversed_children(
    prefix: str, parent: JsonObject, depth: int
) -> Iterator[tuple[str, JsonObject, str, int]]:
    children = _object(parent, "dependencies")
    if depth > _DEEPEST:
        raise LockfileError(f"line {parent.line}: packages are nested too deeply")
    for name in reversed(children):
        yield f"{prefix}{_FOLDER}{name}", children, name, depth


def _lockfile(entries: list[_Entry], manifests: Mapping[str, Manifest]) -> Lockfile:
    places = _Places((entry.folder, entry.line) for entry in entries)
    elsewhere: dict[str, str] = {}
    needs = {
        entry.folder: places.resolve(entry.folder, entry.wants, elsewhere) for entry in entries
    }
    production: list[str] = []
    development: list[str] = []
    for folder, manifest in manifests.items():
        production += places.resolve(folder, manifest.production, elsewhere)
        development += places.resolve(folder, manifest.development, elsewhere)
    packages = {
        entry.folder: Package(
            entry.name,
            entry.version,
            entry.line,
            entry.problem or origin_problem(entry.source) or elsewhere.get(entry.folder, ""),
            needs[entry.folder],
            entry.dev,
        )
        for entry in entries
    }
    return to_lockfile(packages, Roots(tuple(production), tuple(development)))


class _Places:
    """Where a package finds those that it needs."""

    def __init__(self, folders: Iterable[tuple[str, int]]) -> None:
        self._inside: dict[str, dict[str, str]] = {}
        for folder, line in folders:
            if folder.count("/") > 2 * _DEEPEST:
                raise LockfileError(f"line {line}: packages are nested too deeply")
            owner, _, name = folder.rpartition(_FOLDER)
            self._inside.setdefault(owner.removesuffix("/"), {})[name] = folder

    def resolve(
        self, folder: str, wants: Mapping[str, str], elsewhere: dict[str, str]
    ) -> tuple[str, ...]:
        """Folders of the wanted names; those wanted from git or a URL are noted with the reason.

        The archive of a URL is told from one of a private registry by who wants it only.
        """
        around = list(self._around(folder))
        found: list[str] = []
        for name, wanted in wants.items():
            target = next((names[name] for names in around if name in names), None)
            if target is None:  # optional, or one that the project itself is
                continue
            found.append(target)
            if problem := origin_problem(wanted):
                elsewhere[target] = problem
        return tuple(found)

    def _around(self, folder: str) -> Iterator[dict[str, str]]:
        while True:
            if folder in self._inside:
                yield self._inside[folder]
            if not folder:
                return
            folder = folder.rpartition("/")[0]


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""
