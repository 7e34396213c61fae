"""What a pyproject.toml itself names, for lockfiles that leave that to it.

PEP 621, PEP 735, and the tables of Poetry and PDM that came before them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from packaging.utils import canonicalize_name

from shopsec.scan.dependencies.lockfiles.base import LockfileError
from shopsec.scan.dependencies.lockfiles.toml_packages import parse_toml

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@dataclass
class PythonRoots:
    """Normalised names (PEP 503)."""

    production: set[str] = field(default_factory=set)
    """Needed by the project or one of its extras."""
    development: set[str] = field(default_factory=set)
    extras: set[str] = field(default_factory=set)
    """Names of the extras themselves."""


def name_of(requirement: str) -> str:
    """Normalised name in ``django[argon2]>=3; marker``; empty where there is none."""
    match = _NAME.match(requirement)
    return canonicalize_name(match[1]) if match else ""


def names_of(value: object) -> Iterator[str]:
    """Normalised names of a list of requirements; anything else has none."""
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, str) and (name := name_of(entry)):
            yield name


def python_roots(manifest: str) -> PythonRoots | None:
    """What the text of a pyproject.toml names; None where it names nothing or is not TOML.

    A manifest that cannot be read is no reason to leave its lockfile unread.
    """
    try:
        document = parse_toml(manifest)
    except LockfileError:
        return None
    roots = PythonRoots()
    _read_project(document, roots)
    tool = _table(document.get("tool"))
    _read_poetry(_table(tool.get("poetry")), roots)
    for group in _table(_table(tool.get("pdm")).get("dev-dependencies")).values():
        roots.development.update(names_of(group))
    return roots if roots.production or roots.development else None


def _read_project(document: dict[str, Any], roots: PythonRoots) -> None:
    project = _table(document.get("project"))
    roots.production.update(names_of(project.get("dependencies")))
    for extra, group in _table(project.get("optional-dependencies")).items():
        roots.extras.add(extra)
        roots.production.update(names_of(group))
    for group in _table(document.get("dependency-groups")).values():
        roots.development.update(names_of(group))


def _read_poetry(poetry: dict[str, Any], roots: PythonRoots) -> None:
    roots.production.update(_keys(poetry.get("dependencies")))
    roots.development.update(_keys(poetry.get("dev-dependencies")))
    for name, group in _table(poetry.get("group")).items():
        named = _keys(_table(group).get("dependencies"))
        (roots.production if name == "main" else roots.development).update(named)


def _keys(value: object) -> set[str]:
    return {str(canonicalize_name(name)) for name in _table(value)} - {"python"}


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
