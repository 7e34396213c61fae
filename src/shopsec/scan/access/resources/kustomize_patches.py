"""Patches that are written in a kustomization itself, as the objects that they change.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from shopsec.policy.yaml_tree import Node
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.yaml_document import YamlDocument, parse_yaml
from shopsec.scan.access.resources.kubernetes_objects import (
    KubernetesObject,
    entries,
    mapping,
    objects_of,
)

OPERATIONS = 500
"""Most operations on one path (RFC 6902) of a patch that are looked at."""
_DEPTH = 20
_KEYS = ("patches", "patchesJson6902", "patchesStrategicMerge")


def patches_of(each: KubernetesObject) -> Iterator[KubernetesObject]:
    """What the patches in a kustomization change, each as an object without the rest."""
    for key in _KEYS:
        for number, patch in enumerate(entries(each.body, key)):
            inline = mapping(patch).get("patch")
            text = inline if isinstance(inline, str) else patch
            if isinstance(text, str) and ("\n" in text or ": " in text):
                at = (key, number, "patch") if text is inline else (key, number)
                yield from _read(each, text, each.line(*at), mapping(patch, "target"))


def _read(
    each: KubernetesObject, text: str, line: int, target: Mapping[str, Any]
) -> Iterator[KubernetesObject]:
    try:
        documents = parse_yaml(text.encode())
    except DocumentError as error:
        raise DocumentError("a patch in it is not YAML that can be read", line) from error
    # A text of several lines begins below its key.
    before = line if "\n" in text else line - 1
    moved = [replace(document, before=before) for document in documents]
    yield from objects_of(each.file, moved, whole=False)
    for document in moved:
        for number, operation in enumerate(islice(entries(document.value), OPERATIONS)):
            body = _body(mapping(operation), target)
            if body is not None:
                place = Node(document.line(number, "value"), body)
                patched = YamlDocument(body, place)
                yield KubernetesObject(each.file, patched, (), body, whole=False)


def _body(operation: Mapping[str, Any], target: Mapping[str, Any]) -> dict[str, Any] | None:
    """The object with nothing but what an operation puts at its path."""
    path = str(operation.get("path") or "").split("/")[1:]
    if operation.get("op") not in {"add", "replace"} or not 0 < len(path) <= _DEPTH:
        return None
    value = operation.get("value")
    for part in reversed(path):
        key = part.replace("~1", "/").replace("~0", "~")
        value = [value] if key.isdigit() or key == "-" else {key: value}
    if not isinstance(value, dict):
        return None
    name = str(target.get("name") or "")
    return {
        **value, "apiVersion": "apps/v1", "kind": str(target.get("kind") or "Deployment"),
        "metadata": {"name": name},
    }  # fmt: skip
