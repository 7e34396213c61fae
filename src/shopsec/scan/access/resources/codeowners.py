"""Who must agree to changes of the pipeline and of what handles money: the CODEOWNERS file."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from shopsec.model import Role, SourceFile, display_path, uri_of
from shopsec.policy.business_paths import load_business_paths
from shopsec.scan.access.documents.codeowners import CodeOwners, OwnerRule, parse_codeowners
from shopsec.scan.access.resources.base import Files, Resource, Source, fact
from shopsec.scan.access.resources.manifests import PIPELINE

PLACES = (
    ".github/CODEOWNERS", ".gitea/CODEOWNERS", ".forgejo/CODEOWNERS", "CODEOWNERS",
    ".gitlab/CODEOWNERS", "docs/CODEOWNERS",
)  # fmt: skip
"""Where hosts look, the first that is there counts."""

# Business paths of severity.yaml that need an owner of their own, the most important first.
_CRITICAL = ("checkout", "payment", "orders", "auth", "admin")
_CODE = (
    ".py", ".php", ".js", ".jsx", ".mjs", ".ts", ".tsx", ".rb", ".go", ".java", ".kt", ".cs", ".rs",
)  # fmt: skip
_LIVE_COMPOSE = re.compile(r"(?:docker-)?compose[^/]*[._-](?:prod|live|swarm|deploy)")
_INFRASTRUCTURE = (
    "infra/", "infrastructure/", "terraform/", "k8s/", "kubernetes/", "helm/", "charts/",
    "ansible/", "deploy/", "deployment/",
)  # fmt: skip
_BETWEEN_WORDS = re.compile(r"[_.-]")
_LOOKED_AT = 200
"""Most folders whose owners are looked up."""
_NAMED = 5


@dataclass(frozen=True)
class Owners:
    """The repository's CODEOWNERS file, held against what is in the repository."""

    KIND: ClassVar[str] = "owners"
    PLACES: ClassVar[tuple[str, ...]] = ("unowned", "catch_all")

    rules: int = fact("how many rules it has")
    unowned_pipeline: tuple[str, ...] = fact(
        "files that decide what goes live (pipelines, images, services, infrastructure) and that "
        "nobody owns, the first of each sort"
    )
    unnamed_critical: tuple[str, ...] = fact(
        "folders of checkout, payment, orders, sign-in and administration that no rule of their "
        "own names, at most five"
    )


def is_codeowners(file: SourceFile) -> bool:
    """True for the places where hosts look."""
    return file.name == "CODEOWNERS" and file.path in PLACES


def in_force(files: Files) -> SourceFile | None:
    """The CODEOWNERS file that counts, or None."""
    return next((found for place in PLACES if (found := files.find(uri_of(place)))), None)


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """One resource, for the file that counts."""
    owners = parse_codeowners(content)
    if not files.whole_repository or in_force(files) != file:
        return
    unowned = [
        (path, rules)
        for path in _pipeline_files(files)
        if not _owned(rules := owners.rules_for(path))
    ]
    view = Owners(
        rules=len(owners.rules),
        unowned_pipeline=tuple(display_path(uri_of(path)) for path, _ in unowned),
        unnamed_critical=tuple(
            display_path(uri_of(folder)) for folder in _unnamed(_critical_folders(files), owners)
        )[:_NAMED],
    )
    places = {
        "unowned": next((rule.line for _, rules in unowned for rule in rules), 1),
        "catch_all": next((rule.line for rule in owners.rules if rule.catches_all), 1),
    }
    yield Resource(view, file, 1, file.name, places)


SOURCE = Source("CODEOWNERS", is_codeowners, build)


def _owned(rules: Iterable[OwnerRule]) -> bool:
    return any(rule.owners for rule in rules)


def _pipeline_files(files: Files) -> Iterator[str]:
    """The first file of each sort of those that decide what goes live."""
    seen = {""}
    for file in files.files:
        sort = _sort_of(file.uri) if file.role is Role.PRODUCTION else ""
        if sort not in seen:
            seen.add(sort)
            yield file.path


def _sort_of(uri: str) -> str:
    name = uri.rpartition("/")[2]
    if PIPELINE.match(uri):
        return "pipeline"
    if name.startswith(("Dockerfile", "Containerfile")) or name.endswith(".dockerfile"):
        return "image"
    if "compose" in name and _LIVE_COMPOSE.match(name):
        return "services"
    is_infrastructure = name.endswith((".tf", ".tofu")) or uri.startswith(_INFRASTRUCTURE)
    return "infrastructure" if is_infrastructure else ""


def _critical_folders(files: Files) -> list[tuple[str, str]]:
    """(folder or file, a file in it) of what handles money, orders and sign-in, by importance."""
    folders: dict[str, tuple[str, str] | None] = {}
    found: dict[str, tuple[str, str]] = {}
    for file in files.files:
        if file.role is not Role.PRODUCTION or not file.name.endswith(_CODE):
            continue
        folder = file.path.rpartition("/")[0]
        if folder not in folders:
            folders[folder] = _critical_part(folder)
        critical = folders[folder]
        if critical:
            found.setdefault(critical[0], (critical[1], file.path))
        elif name := _critical_name(file.name.partition(".")[0], whole=True):
            found[file.path] = (name, file.path)
    importance = {name: rank for rank, name in enumerate(_CRITICAL)}
    ranked = sorted(
        found.items(), key=lambda each: (importance[each[1][0]], each[0].count("/"), each[0])
    )
    return [(folder, path) for folder, (_, path) in ranked[:_LOOKED_AT]]


def _critical_part(folder: str) -> tuple[str, str] | None:
    """The topmost part of a folder that is named for a business path, and that path."""
    parts = folder.split("/")
    for depth, part in enumerate(parts, 1):
        name = _critical_name(part, whole=False)
        if name:
            return "/".join(parts[:depth]), name
    return None


def _unnamed(folders: list[tuple[str, str]], owners: CodeOwners) -> Iterator[str]:
    for folder, path in folders:
        if not any(rule.owners and not rule.catches_all for rule in owners.rules_for(path)):
            yield folder


@lru_cache(maxsize=100_000)
def _critical_name(part: str, *, whole: bool) -> str:
    """The business path that a folder is named for; a file's name must be the word itself."""
    if len(_BETWEEN_WORDS.findall(part)) > 1:
        return ""  # long names speak of details: no-deprecated-cart-price
    for name, pattern in _patterns():
        if pattern.fullmatch(part) if whole else pattern.search(part):
            return name
    return ""


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The general business paths, the most important first."""
    general = load_business_paths().general
    by_name: dict[str, re.Pattern[str]] = {
        each.kind: re.compile(each.pattern, re.IGNORECASE) for each in general
    }
    return tuple((name, by_name[name]) for name in _CRITICAL if name in by_name)
