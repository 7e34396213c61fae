"""bun.lock, versions 0 and 1 (https://bun.com/docs/pm/lockfile).

JSON with trailing commas. Keys of packages name the folders that they are in, ``a/b`` for one
inside of ``a``; each is a list of ``name@version``, with what it needs in a map.
"""

from collections.abc import Iterator
from dataclasses import replace

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError
from shopsec.scan.dependencies.lockfiles.json_lines import (
    JsonObject,
    object_at,
    parse_object,
    without_comments,
)
from shopsec.scan.dependencies.lockfiles.node_modules import FOLDER, Entry, resolve
from shopsec.scan.dependencies.lockfiles.npm_packages import (
    FROM_ELSEWHERE,
    PRODUCTION_FIELDS,
    UNREADABLE,
    Manifest,
    manifest_of,
    must_have,
    origin_problem,
    ranges,
    split_descriptor,
)

_VERSIONS = (0, 1)
_OWN = ("workspace:", "root:")


def parse(text: str) -> Lockfile:
    """Parse a lockfile of Bun, of which each workspace names its needs."""
    document = parse_object(without_comments(text))
    version = document.get("lockfileVersion")
    if version not in _VERSIONS:
        raise LockfileError(
            f"line {document.line_of('lockfileVersion')}: lockfileVersion is none of 0 and 1"
        )
    packages, workspaces = object_at(document, "packages"), object_at(document, "workspaces")
    found = resolve(list(_entries(packages)), dict(_manifests(workspaces)), packages)
    return replace(found, members=frozenset(workspaces) - {""})


def _manifests(workspaces: JsonObject) -> Iterator[tuple[str, Manifest]]:
    """By folder: packages of a workspace are inside of its name, those of the root of none."""
    for path, workspace in workspaces.items():
        if not isinstance(workspace, dict):
            raise LockfileError(f"line {workspaces.line_of(path)}: a workspace is not an object")
        yield FOLDER + str(workspace.get("name", "")) if path else "", manifest_of(workspace)


def _entries(packages: JsonObject) -> Iterator[Entry]:
    for key, value in packages.items():
        line, folder = packages.line_of(key), _folder(key)
        if not isinstance(value, list) or not value or not isinstance(value[0], str):
            yield Entry(folder, key, "", "", {}, line, problem=UNREADABLE)
            continue
        name, version = split_descriptor(value[0])
        if version.startswith(_OWN):
            continue
        described = next((each for each in value if isinstance(each, dict)), {})
        yield Entry(
            folder,
            name,
            version,
            "",
            ranges(described, PRODUCTION_FIELDS),
            line,
            problem=_problem(version),
            must_have=must_have(described, ("dependencies",)),
        )


def _folder(key: str) -> str:
    """``node_modules/@a/b/node_modules/c`` of ``@a/b/c``."""
    names: list[str] = []
    for part in key.split("/"):
        if names and names[-1].startswith("@") and "/" not in names[-1]:
            names[-1] += "/" + part
        else:
            names.append(part)
    return "/".join(FOLDER + name for name in names)


def _problem(version: str) -> str:
    if not version or version[0].isdigit():
        return ""
    return origin_problem(version) or FROM_ELSEWHERE
