"""Kustomizations: what a folder of Kubernetes manifests is changed to.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from shopsec.model import SourceFile
from shopsec.scan.access.documents.yaml_document import parse_yaml
from shopsec.scan.access.resources.base import Files, Resource, Source, fact
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.kubernetes_objects import KubernetesObject, entries, mapping
from shopsec.scan.access.resources.kubernetes_secrets import secrets_of
from shopsec.scan.access.resources.kubernetes_workloads import workloads_of
from shopsec.scan.access.resources.kustomize_patches import patches_of

_NAMES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})


@dataclass(frozen=True)
class ImageChoice:
    """The image that a kustomization puts in place of the one in its manifests."""

    KIND: ClassVar[str] = "image_choice"
    PLACES: ClassVar[tuple[str, ...]] = ("image",)

    image: str = fact("name with tag or digest, as the kustomization makes it")
    image_moves: bool = fact("its tag is one like latest, and there is no digest")
    datastore: bool = fact("it is a database, cache, search engine or queue")


def is_kustomization(file: SourceFile) -> bool:
    """True for the file that makes a folder a kustomization."""
    return (
        file.uri.endswith(("ization.yaml", "ization.yml", "Kustomization")) and file.name in _NAMES
    )


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Images it chooses, secrets it generates, patches in it; other files have their own name."""
    del files  # see above
    for document in parse_yaml(content):
        if isinstance(document.value, dict):
            # Kind and apiVersion may be left out.
            body = document.value | {"kind": "Kustomization"}
            each = KubernetesObject(file, document, (), body, whole=True)
            yield from _images(each)
            yield from secrets_of(each)
            for patch in patches_of(each):
                yield from workloads_of(patch)


SOURCE = Source("kustomization", is_kustomization, build)


def _images(each: KubernetesObject) -> Iterator[Resource]:
    for number, choice in enumerate(entries(each.body, "images")):
        parts = mapping(choice)
        name = str(parts.get("newName") or parts.get("name") or "")
        tag, digest = parts.get("newTag"), parts.get("digest")
        if not name or (tag is None and digest is None):
            continue
        text = name + (f":{tag}" if tag is not None else "") + (f"@{digest}" if digest else "")
        image = parse_image(text)
        view = ImageChoice(text, image.moves, image.is_datastore)
        places = {"image": each.line("images", number, "newTag")}
        yield Resource(view, each.file, each.line("images", number), name, places)
