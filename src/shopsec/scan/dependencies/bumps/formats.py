"""Which manifests are edited, and which of them a lockfile is made from."""

import posixpath
import re
from collections.abc import Callable

from shopsec.model import Inventory, Role, SourceFile, uri_of
from shopsec.scan.dependencies.bumps import json_manifests, pyproject_toml, requirements_txt
from shopsec.scan.dependencies.bumps.base import Bumped
from shopsec.scan.dependencies.lockfiles.registry import format_of

Bump = Callable[[str, str, str], Bumped]
"""From a manifest's text, a package's name as its ecosystem spells it, and a version."""

_BUMPS: dict[str, Bump] = {
    "package.json": json_manifests.bump_package_json,
    "composer.json": json_manifests.bump_composer_json,
    "pyproject.toml": pyproject_toml.bump,
}
_MANIFEST_OF = {"npm": "package.json", "Packagist": "composer.json", "PyPI": "pyproject.toml"}
_NOT_OF_PYPROJECT = "Pipfile.lock"
_SOURCE = re.compile(r"[^/]+\.in$")


def bump_of(file: SourceFile) -> Bump:
    """What edits a manifest: by its name, or as a requirements file."""
    return _BUMPS.get(file.name, requirements_txt.bump)


def is_manifest(file: SourceFile) -> bool:
    """True where the pins themselves are what people write: no tool makes the file."""
    return file.name in _BUMPS or format_of(file.path) is None


def manifests_of(lockfile: SourceFile, inventory: Inventory) -> list[SourceFile]:
    """The manifests that a file of pins is made from: itself, or those of its workspace."""
    if lockfile.name in _BUMPS:
        return [lockfile]
    kind = format_of(lockfile.path)
    if kind is None:
        return [lockfile, *sources_of(lockfile, inventory)]
    name = _MANIFEST_OF.get(kind.ecosystem)
    if name is None or lockfile.name == _NOT_OF_PYPROJECT:
        return []
    folder = posixpath.dirname(lockfile.path)
    locked = _folders_with_lock(kind.ecosystem, inventory)
    return [
        file
        for file in inventory.files
        if file.name == name
        and file.role is not Role.VENDORED
        and _nearest(posixpath.dirname(file.path), locked) == folder
    ]


def sources_of(requirements: SourceFile, inventory: Inventory) -> list[SourceFile]:
    """The files beside it that pip-compile makes a requirements file from."""
    stem = requirements.path.removesuffix(".txt")
    own = inventory.by_uri.get(uri_of(f"{stem}.in"))
    return [own] if own is not None and _SOURCE.search(own.path) else []


def _folders_with_lock(ecosystem: str, inventory: Inventory) -> set[str]:
    return {
        posixpath.dirname(file.path)
        for file in inventory.files
        if file.role is not Role.VENDORED
        and (kind := format_of(file.path)) is not None
        and kind.ecosystem == ecosystem
    }


def _nearest(folder: str, locked: set[str]) -> str | None:
    """The folder itself or the one above it that has a lockfile."""
    while folder not in locked:
        if not folder:
            return None
        folder = posixpath.dirname(folder)
    return folder
