"""Which manifests are edited, and which of them a lockfile is made from."""

import posixpath
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
_ECOSYSTEM_OF = {"package.json": "npm", "composer.json": "Packagist", "pyproject.toml": "PyPI"}
_NOT_OF_PYPROJECT = "Pipfile.lock"


def bump_of(file: SourceFile) -> Bump:
    """What edits a manifest: by its name, or as a requirements file."""
    return _BUMPS.get(file.name, requirements_txt.bump)


def is_manifest(file: SourceFile) -> bool:
    """True where the pins themselves are what people write: no tool makes the file."""
    return file.name in _BUMPS or format_of(file.path) is None


class Manifests:
    """Finds the manifests of lockfiles; every file is looked at once, however many ask."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._locked: dict[str, set[str]] = {}
        """Folders with a lockfile by ecosystem."""
        named: list[SourceFile] = []
        for file in inventory.files:
            if file.role is Role.VENDORED:
                continue
            if file.name in _BUMPS:
                named.append(file)
            elif (kind := format_of(file.path)) is not None:
                self._locked.setdefault(kind.ecosystem, set()).add(posixpath.dirname(file.path))
        self._below: dict[tuple[str, str], list[SourceFile]] = {}
        """Manifests by ecosystem and the folder of the nearest lockfile."""
        for file in named:
            ecosystem = _ECOSYSTEM_OF[file.name]
            folder = _nearest(posixpath.dirname(file.path), self._locked.get(ecosystem, set()))
            if folder is not None:
                self._below.setdefault((ecosystem, folder), []).append(file)

    def of(self, lockfile: SourceFile) -> list[SourceFile]:
        """What a file of pins is made from: itself, or the manifests of its workspace."""
        if lockfile.name in _BUMPS:
            return [lockfile]
        kind = format_of(lockfile.path)
        if kind is None:
            return [lockfile, *self.sources_of(lockfile)]
        if lockfile.name == _NOT_OF_PYPROJECT:
            return []
        return self._below.get((kind.ecosystem, posixpath.dirname(lockfile.path)), [])

    def sources_of(self, requirements: SourceFile) -> list[SourceFile]:
        """The files beside it that pip-compile makes a requirements file from."""
        stem = requirements.path.removesuffix(".txt")
        own = self._inventory.by_uri.get(uri_of(f"{stem}.in"))
        return [own] if own is not None else []


def _nearest(folder: str, locked: set[str]) -> str | None:
    """The folder itself or the one above it that has a lockfile."""
    while folder not in locked:
        if not folder:
            return None
        folder = posixpath.dirname(folder)
    return folder
