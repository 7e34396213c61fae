"""Which kind of shop a repository is: by files that only it has, and by packages it asks for."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from shopsec.model import Inventory, Role, SourceFile, display_path
from shopsec.policy.business_paths import Platform

Read = Callable[[SourceFile], bytes | None]
"""The content of a file, or None where it cannot be read."""

_MANIFESTS = re.compile(
    r"(?:^|/)(?:composer\.json|package\.json|pyproject\.toml|Pipfile|Gemfile|requirements[^/]*\.txt"
    r"|requirements/[^/]+\.txt|[^/]+\.gemspec)$"
)
_MOST_MANIFESTS = 200
# What every such shop is made of as well: it says nothing where something else was recognised.
_GENERAL = frozenset({"django", "node"})
_WORD = re.compile(r"[@A-Za-z0-9][\w@./-]*")


@dataclass(frozen=True)
class Recognised:
    """A platform, and the file that speaks for it."""

    platform: Platform
    evidence: str


def recognise(
    inventory: Inventory, platforms: Iterable[Platform], read: Read
) -> tuple[Recognised, ...]:
    """The platforms of a repository, in their order; Django or Node only where nothing else is."""
    own = [file for file in inventory.files if file.role in {Role.PRODUCTION, Role.DEV}]
    asked = _packages(own, read)
    found = [
        Recognised(platform, evidence)
        for platform in platforms
        if (evidence := _evidence(platform, own, asked))
    ]
    special = [each for each in found if each.platform.id not in _GENERAL]
    return tuple(special or found)


def _evidence(platform: Platform, files: Iterable[SourceFile], asked: dict[str, str]) -> str:
    for package in platform.packages:
        if package.lower() in asked:
            return f"{asked[package.lower()]} names {package}"
    if platform.id in _GENERAL:
        return ""  # a manage.py or a package.json alone is no shop
    patterns = [re.compile(pattern) for pattern in platform.files]
    for file in files:
        if any(pattern.search(file.path) for pattern in patterns):
            return display_path(file.uri)
    return ""


def _packages(files: Iterable[SourceFile], read: Read) -> dict[str, str]:
    """Names that manifests ask for or bear, lower-cased, with the manifest nearest to the top."""
    manifests = sorted(
        (file for file in files if _MANIFESTS.search(file.path)),
        key=lambda file: (file.path.count("/"), file.uri),
    )
    found: dict[str, str] = {}
    for file in manifests[:_MOST_MANIFESTS]:
        content = read(file)
        for name in _names(file, content.decode("utf-8", "replace")) if content else ():
            found.setdefault(name.lower(), display_path(file.uri))
    return found


def _names(file: SourceFile, text: str) -> Iterator[str]:
    if not file.name.endswith(".json"):
        yield from _WORD.findall(text)
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(document, dict):
        return
    if isinstance(document.get("name"), str):
        yield document["name"]
    for part in ("require", "require-dev", "replace", "dependencies", "devDependencies"):
        packages = document.get(part)
        yield from packages if isinstance(packages, dict) else ()
