"""The packages that a manifest itself asks for, to be held against what a lockfile has.

Left out is what a whole lockfile may lack: optional ones, peers, and those for some platforms.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from shopsec.scan.dependencies.lockfiles.base import LockfileError
from shopsec.scan.dependencies.lockfiles.json_lines import JsonObject, parse_object
from shopsec.scan.dependencies.lockfiles.npm_packages import FROM_FOLDER, origin_problem
from shopsec.scan.dependencies.lockfiles.npm_packages import split_npm_alias as split_alias
from shopsec.scan.dependencies.lockfiles.toml_packages import parse_toml

Asked = tuple[str, tuple[str, ...], int]
"""Name, the names that a lockfile may have it under, and the line."""


def asked(name: str, text: str) -> list[Asked]:
    """What a manifest asks for; nothing where it cannot be read, or is of a sort not known here."""
    find = _FINDERS.get(name)
    try:
        return list(find(text)) if find is not None else []
    except LockfileError:
        return []


def own_name(name: str, text: str) -> str:
    """The name of the project itself, which no lockfile has to pin; empty where it has none."""
    try:
        if name == "package.json":
            return str(parse_object(text).get("name", ""))
        document = parse_toml(text) if name == "pyproject.toml" else {}
    except LockfileError:
        return ""
    project = _table(document, "project") or _table(document, "tool", "poetry")
    return str(project.get("name", ""))


def _of_package_json(text: str) -> Iterator[Asked]:
    document = parse_object(text)
    may_lack = {
        name
        for field in ("optionalDependencies", "peerDependencies", "overrides", "resolutions")
        for name in _table(document, field)
    } | {*_table(document, "pnpm", "overrides")}
    for field in ("dependencies", "devDependencies"):
        named = document.get(field)
        if not isinstance(named, JsonObject):
            continue
        for name, wanted in named.items():
            if name in may_lack or not isinstance(wanted, str):
                continue
            if origin_problem(wanted) != FROM_FOLDER:
                yield name, (name, split_alias(name, wanted)[0]), named.line_of(name)


def _of_pyproject(text: str) -> Iterator[Asked]:
    document = parse_toml(text)
    groups = [_table(document, "project").get("dependencies")]
    groups += _table(document, "project", "optional-dependencies").values()
    groups += _table(document, "dependency-groups").values()
    for entry in (entry for group in groups if isinstance(group, list) for entry in group):
        try:
            requirement = Requirement(entry) if isinstance(entry, str) else None
        except InvalidRequirement:
            continue
        if requirement is not None and requirement.marker is None:
            yield requirement.name, (requirement.name,), _line(text, rf"[\"']{re.escape(entry)}")
    poetry = _table(document, "tool", "poetry")
    tables = [poetry, *_table(poetry, "group").values()]
    for table in tables:
        for field in ("dependencies", "dev-dependencies"):
            yield from _of_toml_table(_table(table, field), text)


def _of_pipfile(text: str) -> Iterator[Asked]:
    document = parse_toml(text)
    for field in ("packages", "dev-packages"):
        yield from _of_toml_table(_table(document, field), text)


_ELSEWHERE = ("path", "markers", "python", "platform", "sys_platform", "editable")


def _of_toml_table(table: Mapping[str, Any], text: str) -> Iterator[Asked]:
    for name, wanted in table.items():
        narrowed = isinstance(wanted, list) or (
            isinstance(wanted, dict) and any(key in wanted for key in _ELSEWHERE)
        )
        if name != "python" and not narrowed:
            yield name, (name,), _line(text, rf"\s*[\"']?{re.escape(name)}[\"']?\s*=")


def _line(text: str, wanted: str) -> int:
    pattern = re.compile(wanted)
    lines = enumerate(text.splitlines(), 1)
    anywhere = wanted.startswith("[")
    return next(
        (at for at, line in lines if (pattern.search if anywhere else pattern.match)(line)), 1
    )


def _table(value: object, *keys: str) -> dict[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


_FINDERS: dict[str, Callable[[str], Iterator[Asked]]] = {
    "package.json": _of_package_json,
    "pyproject.toml": _of_pyproject,
    "Pipfile": _of_pipfile,
}
