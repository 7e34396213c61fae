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
        (
            "package-lock.json",
            "npm-shrinkwrap.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "bun.lock",
            "bun.lockb",
        ),
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
    ("Conda", ("conda-lock.yml",), ("environment.yml", "environment.yaml")),
)


def without_lockfile(inventory: Inventory, locked_folders: set[str]) -> Iterator[tuple[str, Item]]:
    """Yield (reason, item) for every file that names packages nobody here can audit."""
    yield from _other_ecosystems(inventory)
    for file in inventory.files:
        reason = _UNLOCKED.get("*.in" if _PIP_TOOLS.search(file.path) else file.name)
        if reason and file.role is not Role.VENDORED and not is_locked(file, locked_folders):
            yield reason, file.as_item()


_PIP_TOOLS = re.compile(r"(^|/)[^/]*requirements[^/]*\.in$", re.IGNORECASE)
_UNLOCKED = {
    "setup.py": "may name packages in code, which is never run; no lockfile",
    "setup.cfg": "may name packages; no lockfile",
    "*.in": "names packages that no requirements file beside it pins",
}


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
    """Dependencies of [project], its extras and groups (PEP 621, PEP 735), and of Poetry.

    LockfileError when the text is not TOML.
    """
    document = parse_toml(text)
    pins: list[Pin] = []
    unpinned = [
        Unpinned(name, _line_of_key(text, name), "is named in pyproject.toml without a lockfile")
        for name in _of_poetry(document)
    ]
    project = document.get("project")
    if isinstance(project, dict) and "dependencies" in _texts(project.get("dynamic")):
        line = _line_of_key(text, "dynamic")
        unpinned.append(Unpinned("dependencies", line, "are computed when the package is built"))
    for text_of_requirement in _requirements(document):
        line = _line_of(text, text_of_requirement)
        try:
            requirement = Requirement(text_of_requirement)
        except InvalidRequirement:
            unpinned.append(Unpinned(f"line {line}", line, "cannot be parsed"))
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


def _requirements(document: dict[str, Any]) -> list[str]:
    project = document.get("project")
    table = project if isinstance(project, dict) else {}
    groups: list[Any] = [table.get("dependencies")]
    for several in (table.get("optional-dependencies"), document.get("dependency-groups")):
        if isinstance(several, dict):
            groups.extend(several.values())
    return [entry for group in groups for entry in _texts(group)]


def _of_poetry(document: dict[str, Any]) -> list[str]:
    """Names under [tool.poetry.dependencies] and its groups, but Python itself."""
    tool = document.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    if not isinstance(poetry, dict):
        return []
    groups = poetry.get("group")
    tables = [poetry, *(groups.values() if isinstance(groups, dict) else ())]
    found: dict[str, None] = {}
    for table in tables:
        named = table.get("dependencies") if isinstance(table, dict) else None
        found |= dict.fromkeys(named if isinstance(named, dict) else ())
    return [name for name in found if name != "python"]


def _texts(value: object) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def _line_of_key(text: str, key: str) -> int:
    wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if wanted.match(line)), 1)


def _line_of(text: str, requirement: str) -> int:
    wanted = re.compile(r"""["']""" + re.escape(requirement) + r"""["']""")
    for number, line in enumerate(text.splitlines(), 1):
        if wanted.search(line):
            return number
    return 1
