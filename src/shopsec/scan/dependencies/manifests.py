"""Files that name packages but pin none we can audit: honest gaps, each named."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from shopsec.model import Inventory, Item, Role, SourceFile
from shopsec.scan.dependencies.lockfiles.base import Lockfile, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.requirements import exact_version, shorten
from shopsec.scan.dependencies.lockfiles.toml_packages import parse_toml

CENTRAL_VERSIONS = "Directory.Packages.props"
"""Versions of NuGet packages for all projects below it; each of those has a lockfile."""
# Manifests, by the ecosystem of the lockfiles that would pin what they name.
_MANIFESTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("npm", ("package.json",)),
    ("Packagist", ("composer.json",)),
    ("RubyGems", ("Gemfile", "gems.rb")),
    ("Maven", ("build.gradle", "build.gradle.kts", "build.sbt")),
    ("crates.io", ("Cargo.toml",)),
    ("PyPI", ("Pipfile", "pyproject.toml")),
    ("NuGet", (CENTRAL_VERSIONS,)),
)
_BY_NAME = {name: ecosystem for ecosystem, names in _MANIFESTS for name in names}
# What pins packages in a form that is not read; the reason names what would help.
_NOT_READ = {
    "bun.lockb": "bun's binary lockfile is not read; bun.lock is: bun install --save-text-lockfile",
    "conda-lock.yml": "packages of Conda are not audited",
    "environment.yml": "packages of Conda are not audited",
    "environment.yaml": "packages of Conda are not audited",
    "deno.lock": "packages of Deno are not audited",
    "mix.lock": "packages of Hex are not audited",
    "pubspec.lock": "packages of Pub are not audited",
    "Podfile.lock": "packages of CocoaPods are not audited",
    "packages.config": "is no lockfile; packages.lock.json is read",
}


def ecosystem_of(file: SourceFile) -> str:
    """OSV's name of the ecosystem of a manifest; empty for a file that is none."""
    if file.name.endswith((".csproj", ".fsproj", ".vbproj")):
        return "NuGet"
    if file.name.endswith(".gemspec"):
        return "RubyGems"
    return _BY_NAME.get(file.name, "")


def unreadable(
    inventory: Inventory, is_pinned: Callable[[SourceFile], bool]
) -> Iterator[tuple[str, Item]]:
    """Yield (reason, item) for every file that may name packages nobody here can read.

    ``is_pinned`` tells where a lockfile or requirements of Python pin what is named.
    """
    for file in inventory.files:
        if file.role is Role.VENDORED:
            continue
        if file.name in _NOT_READ:
            yield _NOT_READ[file.name], file.as_item()
        reason = _UNLOCKED.get("*.in" if _PIP_TOOLS.search(file.path) else file.name)
        if reason and not is_pinned(file):
            yield reason, file.as_item()


_PIP_TOOLS = re.compile(r"(^|/)[^/]*requirements[^/]*\.in$", re.IGNORECASE)
_UNLOCKED = {
    "setup.py": "may name packages in code, which is never run; no lockfile",
    "setup.cfg": "may name packages; no lockfile",
    "*.in": "names packages that no requirements file beside it pins",
}
_PACKAGES_OF = {
    "package.json": ("dependencies", "devDependencies", "optionalDependencies"),
    "composer.json": ("require", "require-dev"),
}
# Composer's platform: PHP itself, its extensions and libraries are no packages.
_PLATFORM = re.compile(r"(php(-\w+)?|hhvm|(ext|lib)-.*|composer(-\w+-api)?)$")
_NEEDED_GEM = re.compile(r"\.add_(runtime_|development_)?dependency\b")
_NAMES_ANY = {
    "Gemfile": re.compile(r"^\s*(gem|gemspec)\b", re.MULTILINE),
    "gems.rb": re.compile(r"^\s*(gem|gemspec)\b", re.MULTILINE),
    "Cargo.toml": re.compile(r"^\s*\[.*dependencies", re.MULTILINE),
    "build.sbt": re.compile(r"\b(libraryDependencies|dependencyOverrides)\b"),
    CENTRAL_VERSIONS: re.compile(r"<PackageVersion\b"),
    "Pipfile": re.compile(r"^\s*[\"']?[\w.-]+[\"']?\s*=\s*([\"'{])", re.MULTILINE),
}


def names_packages(name: str, text: str) -> bool:
    """False for a manifest that asks for no package; True where that cannot be told."""
    if name in _PACKAGES_OF:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return True
        if not isinstance(document, dict):
            return True
        named = (document.get(part) for part in _PACKAGES_OF[name])
        return any(
            not _PLATFORM.match(package)
            for packages in named
            for package in (packages if isinstance(packages, dict) else ())
        )
    if name.endswith("proj"):
        return "PackageReference" in text
    if name.endswith(".gemspec"):
        return _NEEDED_GEM.search(text) is not None
    if name in _NAMES_ANY:
        return _NAMES_ANY[name].search(text) is not None
    return True


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
                    shorten(text_of_requirement, line),
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
