"""Kubernetes manifests taken apart into objects.

https://kubernetes.io/docs/concepts/overview/working-with-objects/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shopsec.model import SourceFile
from shopsec.scan.access.documents.json_document import JsonDocument
from shopsec.scan.access.documents.yaml_document import Pointer, YamlDocument

Document = YamlDocument | JsonDocument
"""What a manifest may be written in."""


@dataclass(frozen=True)
class KubernetesObject:
    """One object of a manifest."""

    file: SourceFile
    document: Document
    at: Pointer
    """Where the object stands in its document; empty unless it is an item of a List."""
    body: Mapping[str, Any]
    whole: bool
    """All of it is written here: it is no template whose gaps another program fills."""

    @property
    def kind(self) -> str:
        """``Deployment``, ``Secret`` ..."""
        return str(self.body["kind"])

    @property
    def name(self) -> str:
        """``metadata.name``."""
        return str(mapping(self.body, "metadata").get("name") or "")

    @property
    def namespace(self) -> str:
        """``metadata.namespace``, empty where there is none."""
        return str(mapping(self.body, "metadata").get("namespace") or "")

    def line(self, *pointer: str | int) -> int:
        """Line of a key of the object."""
        return self.document.line(*self.at, *pointer)

    @property
    def last_line(self) -> int:
        """Last line of the object."""
        return self.document.last_line(*self.at)


def objects_of(
    file: SourceFile, documents: Sequence[Document], *, whole: bool
) -> Iterator[KubernetesObject]:
    """Every object of a file, those inside a ``List`` too; other content is passed over."""
    for document in documents:
        yield from _objects(file, document, (), document.value, whole=whole)


def _objects(
    file: SourceFile, document: Document, at: Pointer, value: Any, *, whole: bool
) -> Iterator[KubernetesObject]:
    if not isinstance(value, dict) or not all(
        isinstance(value.get(key), str) for key in ("apiVersion", "kind")
    ):
        return
    items = value.get("items")
    if value["kind"].endswith("List") and isinstance(items, list) and not at:
        for number, item in enumerate(items):
            yield from _objects(file, document, ("items", number), item, whole=whole)
        return
    yield KubernetesObject(file, document, at, value, whole)


def mapping(value: Any, *path: str) -> Mapping[str, Any]:
    """The mapping at a path; an empty one where there is something else."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def entries(value: Any, *path: str) -> list[Any]:
    """The list at a path; an empty one where there is something else."""
    found = mapping(value, *path[:-1]).get(path[-1]) if path else value
    return found if isinstance(found, list) else []


def texts(value: Any) -> tuple[str, ...]:
    """The members of a list as texts."""
    return tuple(str(each) for each in value) if isinstance(value, list) else ()
