"""Versions that manifests ask for: PHP in composer.json, Node.js in package.json, Python in
pyproject.toml and Pipfile, Ruby in Gemfile; and platforms and frameworks where no lockfile says
more.

A range stands for the newest release line it allows: ``^7.4`` ends with PHP 7.4, ``>=7.4`` does
not.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shopsec.model import SourceFile, uri_of
from shopsec.scan.access.documents import DocumentError, text_of
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.lifecycle_images import Versioned
from shopsec.scan.access.resources.pins_locks import lockfiles_of
from shopsec.scan.access.resources.runtimes import LIVE, UNCLEAR, Sighting, resources_of
from shopsec.scan.access.resources.version_ranges import (
    DIALECT_OF,
    Dialect,
    is_exact,
    newest_allowed,
)

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?([<>=~!^][^;)]*)?")


@dataclass(frozen=True)
class _Wish:
    """A product with the versions that a manifest accepts."""

    product: str
    key: str
    """As the file has it, to find its line again."""
    versions: str
    dialect: Dialect


def is_manifest(file: SourceFile) -> bool:
    """True for the manifests read here."""
    return file.name in _READERS


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Versions asked for; nothing below another manifest of the kind, as in a monorepo."""
    if _has_one_above(file, files):
        return
    text = text_of(content)
    sightings = (
        _sighting(wish, version, _line_of(text, wish))
        for wish in _READERS[file.name](text, file, files)
        if (version := _best(wish, files))
    )
    yield from resources_of(file, sightings, files)


SOURCE = Source("versions in a manifest", is_manifest, build)


def _has_one_above(file: SourceFile, files: Files) -> bool:
    folder = file.path.rpartition("/")[0]
    while folder:
        folder = folder.rpartition("/")[0]
        if files.find(uri_of(f"{folder}/{file.name}" if folder else file.name)) is not None:
            return True
    return False


def _sighting(wish: _Wish, version: str, line: int) -> Sighting:
    """A version asked for exactly is what runs; what a range leads to is decided elsewhere."""
    found = Versioned(wish.product, version)
    if is_exact(wish.versions):
        return Sighting(found, line, LIVE, "manifest")
    return Sighting(found, line, UNCLEAR, "manifest", asked=wish.versions)


def _best(wish: _Wish, files: Files) -> str:
    cycles = (each.cycle for each in files.lifecycles.products[wish.product].cycles)
    return newest_allowed(wish.versions, cycles, wish.dialect)


def _line_of(text: str, wish: _Wish) -> int:
    """Line of the key with its versions, else of the versions alone."""
    value = re.escape(wish.versions)
    for pattern in (rf"{re.escape(wish.key)}[\"']?\s*+[=:,]?\s*+[\"']?{value}", value):
        match = re.search(pattern, text, re.IGNORECASE)
        if match:
            return text.count("\n", 0, match.start()) + 1
    return 1


def _composer(text: str, file: SourceFile, files: Files) -> Iterator[_Wish]:
    manifest = _json(text)
    required = _mapping(manifest.get("require"))
    platform = _mapping(_mapping(manifest.get("config")).get("platform"))
    php = platform.get("php") or required.get("php")
    if isinstance(php, str):
        yield _Wish("php", "php", php, "composer")
    yield from _packages(required, "composer", file, files)


def _npm(text: str, file: SourceFile, files: Files) -> Iterator[_Wish]:
    manifest = _json(text)
    node = _mapping(manifest.get("volta")).get("node") or _mapping(manifest.get("engines")).get(
        "node"
    )
    if isinstance(node, str):
        yield _Wish("nodejs", "node", node, "npm")
    yield from _packages(_mapping(manifest.get("dependencies")), "npm", file, files)


def _pyproject(text: str, file: SourceFile, files: Files) -> Iterator[_Wish]:
    manifest = _toml(text)
    project = _mapping(manifest.get("project"))
    poetry = _mapping(_mapping(manifest.get("tool")).get("poetry"))
    own = _mapping(poetry.get("dependencies"))
    for key, python in (
        ("requires-python", project.get("requires-python")), ("python", own.get("python"))
    ):  # fmt: skip
        if isinstance(python, str):
            yield _Wish("python", key, python, "python")
    if str(project.get("name")) in files.lifecycles.products:
        yield _Wish(str(project["name"]), "version", str(project.get("version") or ""), "python")
    named = {
        match[1]: match[2] or "*"
        for each in project.get("dependencies") or ()
        if isinstance(each, str) and (match := _REQUIREMENT.match(each))
    }
    yield from _packages({**named, **own}, "pypi", file, files)


def _pipfile(text: str, file: SourceFile, files: Files) -> Iterator[_Wish]:
    manifest = _toml(text)
    requires = _mapping(manifest.get("requires"))
    python = requires.get("python_full_version") or requires.get("python_version")
    if isinstance(python, str):
        yield _Wish("python", "version", python, "python")
    yield from _packages(_mapping(manifest.get("packages")), "pypi", file, files)


def _gemfile(text: str, file: SourceFile, files: Files) -> Iterator[_Wish]:
    del file, files
    for match in re.finditer(
        r"^ruby[ \t]*+\(?[ \t]*+[\"']([~>=< ]*\d[\d.]*)[\"']", text, re.MULTILINE
    ):
        yield _Wish("ruby", "ruby", match[1].replace("~>", "~="), "python")


_READERS = {
    "composer.json": _composer,
    "package.json": _npm,
    "pyproject.toml": _pyproject,
    "Pipfile": _pipfile,
    "Gemfile": _gemfile,
}


def _packages(
    wanted: Mapping[str, Any], ecosystem: str, file: SourceFile, files: Files
) -> Iterator[_Wish]:
    """Platforms and frameworks, unless a lockfile beside the manifest knows them better."""
    folder = file.path.rpartition("/")[0]
    if any(
        files.find(uri_of(f"{folder}/{name}" if folder else name)) is not None
        for name in lockfiles_of(ecosystem)
    ):
        return
    products = files.lifecycles.packages(ecosystem)
    for name, value in wanted.items():
        versions = value.get("version") if isinstance(value, dict) else value
        if isinstance(versions, str) and name.lower() in products:
            yield _Wish(products[name.lower()], name, versions, DIALECT_OF[ecosystem])


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise DocumentError(f"not valid JSON: {error.msg}", error.lineno) from error
    except (RecursionError, ValueError) as error:
        raise DocumentError("not JSON that can be read: too deep, or a number too long") from error
    return _mapping(value)


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise DocumentError("not valid TOML", int(found[1]) if found else 1) from error
    except (RecursionError, ValueError) as error:
        raise DocumentError("not TOML that can be read: too deep, or a number too long") from error


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
