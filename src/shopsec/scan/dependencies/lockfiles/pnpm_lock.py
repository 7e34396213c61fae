"""pnpm-lock.yaml, versions 5 to 9 (https://github.com/pnpm/spec/tree/master/lockfile).

Keys of packages were ``/name/1.0.0_peer@2.0.0`` in version 5, are ``/name@1.0.0(peer@2.0.0)`` in
version 6 and ``name@1.0.0`` in version 9, which tells of peers and needs under ``snapshots``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError, Unpinned
from shopsec.scan.dependencies.lockfiles.npm_packages import (
    FROM_ELSEWHERE,
    FROM_FOLDER,
    FROM_GIT,
    FROM_URL,
    UNREADABLE,
    Package,
    Roots,
    origin_problem,
    split_descriptor,
    to_lockfile,
)
from shopsec.scan.dependencies.lockfiles.yaml_lines import Node, read_documents

_VERSION = re.compile(r"(\d)(?:\.\d+)?(?:-inlineSpecifiers)?")
_OLDEST, _SPLIT = 5, 7
# Of a registry that is not the usual one, its host stands before the slash.
_NAME = r"[^/]*/((?:@[^/@]+/)?[^/@]+)"
_PLACE_6 = re.compile(rf"{_NAME}@(\d+\.\d+\.\d+[^(/]*)(?:\(.*)?")
_PLACE_5 = re.compile(rf"{_NAME}/(\d+\.\d+\.\d+[^_(/]*)(?:[_(/].*)?")
_TYPE = re.compile(r"\btype: (\w+)")
_TYPES = {"git": FROM_GIT, "directory": FROM_FOLDER}
_GIT_HOST = re.compile(r"(?:github\.com|gitlab\.com|bitbucket\.org)/|git[@+]")

_PRODUCTION = ("dependencies", "optionalDependencies")
# The last two are what pnpm installs for itself.
_DEVELOPMENT = ("devDependencies", "configDependencies", "packageManagerDependencies")


def parse(text: str) -> Lockfile:
    """Parse a lockfile of pnpm, of one document or several."""
    documents = [_document(root) for root in read_documents(text)]
    return Lockfile(
        tuple(pin for each in documents for pin in each.pins),
        tuple(entry for each in documents for entry in each.unpinned),
        members=frozenset(path for each in documents for path in each.members),
    )


def _document(root: Node) -> Lockfile:
    version = _VERSION.fullmatch(root.at("lockfileVersion").text)
    if version is None or int(version[1]) < _OLDEST:
        line = root.at("lockfileVersion").line
        raise LockfileError(f"line {line}: lockfileVersion is none of 5 to 9")
    split = int(version[1]) >= _SPLIT
    packages = dict(_map(root, "packages"))
    needs: dict[str, list[str]] = {}
    snapshots = _map(root, "snapshots")
    for key, node in snapshots.items():
        packages.setdefault(_without_peers(key), node)
    for key, node in (*packages.items(), *snapshots.items()):
        place = _without_peers(key) if key in snapshots else key
        needs.setdefault(place, []).extend(_resolve(_wanted(node, _PRODUCTION), packages))
    names = {_name_at(key, node, split) for key, node in packages.items()}
    lacks: dict[str, list[str]] = {}
    for key, node in (*packages.items(), *snapshots.items()):
        place = _without_peers(key) if key in snapshots else key
        lacks.setdefault(place, []).extend(_lacking(node, ("dependencies",), names))
    production: list[str] = []
    development: list[str] = []
    missing: list[str] = []
    for importer in _importers(root):
        production += _resolve(_wanted(importer, _PRODUCTION), packages)
        development += _resolve(_wanted(importer, _DEVELOPMENT), packages)
        missing += _lacking(importer, ("dependencies", "devDependencies"), names)
    found = to_lockfile(
        {
            key: replace(
                _package(key, node, split, tuple(needs.get(key, ()))),
                lacks=tuple(lacks.get(key, ())),
            )
            for key, node in packages.items()
        },
        Roots(tuple(production), tuple(development), tuple(missing)),
    )
    if split and packages and "snapshots" not in root.keys:
        why = "has packages, and no snapshots, which follow them: was it cut off?"
        cut = Unpinned("snapshots", root.at("packages").line, why)
        found = replace(found, unpinned=(*found.unpinned, cut))
    return replace(found, members=frozenset(_map(root, "importers")) - {"."})


def _map(root: Node, key: str) -> dict[str, Node]:
    node = root.at(key)
    if node.text not in {"", "{}"}:
        raise LockfileError(f"line {node.line}: {key} is not a map")
    return node.keys


def _importers(root: Node) -> Iterable[Node]:
    """The projects of a workspace; a lone project stands at the top until version 9."""
    return _map(root, "importers").values() if "importers" in root.keys else [root]


def _wanted(node: Node, fields: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in fields:
        for key, wanted in node.at(name).keys.items():
            yield key, wanted.at("version").text or wanted.text


def _resolve(wanted: Iterable[tuple[str, str]], packages: Mapping[str, Node]) -> Iterator[str]:
    """Keys of the wanted packages; what is none of them is a project of the workspace."""
    for name, reference in wanted:
        plain = _without_peers(reference)
        for place in (
            f"/{name}/{reference}",
            f"/{name}@{reference}",
            f"{name}@{plain}",
            reference,
            plain,
        ):
            if place in packages:
                yield place
                break


def _lacking(node: Node, fields: tuple[str, ...], names: set[str]) -> Iterator[str]:
    """Wanted packages of the registry that have no entry of any version."""
    for name, reference in _wanted(node, fields):
        plain = _without_peers(reference)
        place, _, problem = _old_place(plain)
        of_registry = not problem or not origin_problem(reference)
        if of_registry and names.isdisjoint({name, split_descriptor(plain)[0], place}):
            yield name


def _name_at(key: str, node: Node, split: bool) -> str:
    return node.at("name").text or (_split_place(key) if split else _old_place(key))[0]


def _without_peers(key: str) -> str:
    return key.partition("(")[0]


def _package(key: str, node: Node, split: bool, needs: tuple[str, ...]) -> Package:
    name, version, problem = _split_place(key) if split else _old_place(key)
    dev = node.at("dev").text
    return Package(
        node.at("name").text or name,
        node.at("version").text or version,
        node.line,
        (problem and _origin(node)) or problem,
        needs,
        {"true": True, "false": False}.get(dev),
    )


def _split_place(key: str) -> tuple[str, str, str]:
    """Name, version and problem of ``name@1.0.0``, or of ``name@https://...``."""
    name, source = split_descriptor(key)
    if not source:
        return name, "", UNREADABLE
    return name, source, "" if source[0].isdigit() else origin_problem(source) or FROM_ELSEWHERE


def _old_place(key: str) -> tuple[str, str, str]:
    """The same of a key until version 6."""
    if key.startswith("file:"):
        return key, "", FROM_FOLDER
    if key.startswith("@"):  # of a URL, without its scheme
        return key, "", FROM_URL
    place = _PLACE_6.fullmatch(key) or _PLACE_5.fullmatch(key)
    if place is not None:
        return place[1], place[2], ""
    return key, "", FROM_GIT if _GIT_HOST.match(key) else UNREADABLE


def _origin(node: Node) -> str:
    """What the resolution says of where a package comes from."""
    resolution = node.at("resolution")
    kind = _TYPE.search(resolution.text)
    return _TYPES.get(kind[1] if kind else resolution.at("type").text, "")
