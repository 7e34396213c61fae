"""A repository's own settings as a file, which the app "Settings" applies.

https://github.com/repository-settings/app: ``.github/settings.yml``, with the fields of GitHub's
API for branch protection.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from shopsec.model import SourceFile
from shopsec.scan.access.documents.yaml_document import YamlDocument, parse_yaml
from shopsec.scan.access.resources.base import Files, Resource, Source, fact
from shopsec.scan.access.resources.kubernetes_objects import entries, mapping

_REVIEWS = "required_pull_request_reviews"
_COUNT = "required_approving_review_count"


@dataclass(frozen=True)
class ProtectedBranch:
    """A branch whose protection stands in .github/settings.yml."""

    KIND: ClassVar[str] = "protected_branch"
    PLACES: ClassVar[tuple[str, ...]] = ("review_gaps",)

    name: str = fact("its name")
    review_gaps: tuple[str, ...] = fact("why a change may reach it unseen")


def is_settings_file(file: SourceFile) -> bool:
    """True for .github/settings.yml."""
    return file.uri in {".github/settings.yml", ".github/settings.yaml"}


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Every branch that the file names."""
    del files  # the app reads this file alone
    for document in parse_yaml(content):
        for number, branch in enumerate(entries(document.value, "branches")):
            if isinstance(branch, dict):
                yield _branch(file, document, number, branch)


SOURCE = Source("repository settings", is_settings_file, build)


def _branch(
    file: SourceFile, document: YamlDocument, number: int, branch: dict[str, Any]
) -> Resource:
    gaps = dict(_gaps(branch))
    at = ("branches", number)
    name = str(branch.get("name") or "")
    first = next(iter(gaps.values()), ())
    places = {"review_gaps": document.line(*at, *first)}
    return Resource(ProtectedBranch(name, tuple(gaps)), file, document.line(*at), name, places)


def _gaps(branch: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each gap with the place that says so."""
    protection = branch.get("protection")
    if not isinstance(protection, dict):
        yield "no protection", ("protection",)
        return
    reviews = protection.get(_REVIEWS)
    if not isinstance(reviews, dict):
        yield f"no {_REVIEWS}", ("protection", _REVIEWS)
    elif mapping(reviews).get(_COUNT) == 0:
        yield f"{_COUNT}: 0", ("protection", _REVIEWS, _COUNT)
    if protection.get("enforce_admins") is False:
        yield "enforce_admins: false", ("protection", "enforce_admins")
    if protection.get("allow_force_pushes") is True:
        yield "allow_force_pushes: true", ("protection", "allow_force_pushes")
