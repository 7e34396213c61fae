"""Files that name packages but pin none we can audit: honest gaps, each named."""

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from shopsec.model import Inventory, Item, Role, SourceFile
from shopsec.scan.dependencies.lockfiles.base import Lockfile, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.requirements import exact_version, shorten
from shopsec.scan.dependencies.lockfiles.toml_packages import parse_toml

Parse = Callable[[str], Lockfile]

# Lockfiles (and, without one, manifests) of ecosystems that this version does not audit.
_OTHER_ECOSYSTEMS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "npm",
        ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"),
        ("package.json",),
    ),
    ("Composer", ("composer.lock",), ("composer.json",)),
    ("RubyGems", ("Gemfile.lock",), ("Gemfile",)),
    ("Go", ("go.sum",), ("go.mod",)),
    ("Maven", ("gradle.lockfile",), ("pom.xml", "build.gradle", "build.gradle.kts")),
    ("Cargo", ("Cargo.lock",), ("Cargo.toml",)),
    ("NuGet", ("packages.lock.json",), ()),
    ("PyPI (Pipenv)", ("Pipfile.lock",), ("Pipfile",)),
    ("PyPI (PDM)", ("pdm.lock",), ()),
)


def without_lockfile(inventory: Inventory, locked_folders: set[str]) -> Iterator[tuple[str, Item]]:
    """Yield (reason, item) for every file that names packages nobody here can audit."""
    yield from _other_ecosystems(inventory)
    for file in inventory.files:
        unlocked_setup = file.name == "setup.py" and not is_locked(file, locked_folders)
        if unlocked_setup and file.role is not Role.VENDORED:
            yield "may name packages in code, which is never run; no lockfile", file.as_item()


def is_locked(file: SourceFile, locked_folders: set[str]) -> bool:
    """True when a lockfile lies beside the file or above it (a workspace)."""
    folder = posixpath.dirname(file.path)
    while True:
        if folder in locked_folders:
            return True
        if not folder:
            return False
        folder = posixpath.dirname(folder)


def _other_ecosystems(inventory: Inventory) -> Iterator[tuple[str, Item]]:
    by_name: dict[str, list[SourceFile]] = {}
    for file in inventory.files:
        if file.role is not Role.VENDORED:
            by_name.setdefault(file.name, []).append(file)
    for ecosystem, locks, manifests in _OTHER_ECOSYSTEMS:
        locked = [file for name in locks for file in by_name.get(name, ())]
        for file in locked:
            yield f"{ecosystem} packages are not audited by this version", file.as_item()
        folders = {posixpath.dirname(file.path) for file in locked}
        for name in manifests:
            for file in by_name.get(name, ()):
                if not is_locked(file, folders):
                    yield f"{ecosystem} manifest without a lockfile", file.as_item()


def parse_pyproject(text: str) -> Lockfile:
    """Dependencies and extras of [project] (PEP 621); LockfileError when it is not TOML."""
    project = parse_toml(text).get("project")
    if not isinstance(project, dict):
        return Lockfile()
    pins: list[Pin] = []
    unpinned: list[Unpinned] = []
    for text_of_requirement in _requirements(project):
        line = _line_of(text, text_of_requirement)
        try:
            requirement = Requirement(text_of_requirement)
        except InvalidRequirement:
            unpinned.append(Unpinned(shorten(text_of_requirement), line, "cannot be parsed"))
            continue
        version = exact_version(requirement.specifier)
        if version is not None and not requirement.url:
            pins.append(Pin(requirement.name, version, line))
        else:
            unpinned.append(
                Unpinned(
                    shorten(text_of_requirement),
                    line,
                    "is named in pyproject.toml without a lockfile",
                )
            )
    return Lockfile(tuple(pins), tuple(unpinned))


def _requirements(project: dict[str, Any]) -> list[str]:
    groups: list[Any] = [project.get("dependencies")]
    extras = project.get("optional-dependencies")
    if isinstance(extras, dict):
        groups.extend(extras.values())
    lists = [group for group in groups if isinstance(group, list)]
    return [entry for group in lists for entry in group if isinstance(entry, str)]


def _line_of(text: str, requirement: str) -> int:
    wanted = re.compile(r"""["']""" + re.escape(requirement) + r"""["']""")
    for number, line in enumerate(text.splitlines(), 1):
        if wanted.search(line):
            return number
    return 1
