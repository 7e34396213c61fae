"""Which layers an image has, by what its archive says of itself.

`docker save`: https://github.com/moby/docker-image-spec (manifest.json). OCI image layout:
https://github.com/opencontainers/image-spec/blob/main/image-layout.md (index.json and blobs).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from shopsec.scan.containers.archive.budget import UnreadableImageError

DOCKER, OCI = "manifest.json", "index.json"
_LAYERS = 1_000
_NESTED = 4
_DIGEST = re.compile(r"(sha256|sha512):[0-9a-f]{64,128}")
_ATTESTATION = "vnd.docker.reference.type"

ReadDocument = Callable[[str], bytes]
"""Content of a file of the archive by path; UnreadableImageError where there is none."""


@dataclass(frozen=True)
class Manifest:
    """One image of an archive."""

    config: bytes
    """Its configuration, whose digest engines know it by."""
    layers: tuple[str, ...]
    """Paths in the archive, the base first."""
    others: int = 0
    """Further images in the archive."""
    sizes: tuple[int | None, ...] = ()
    """Bytes of each layer's file in an OCI layout, where its description tells."""


def docker_manifest(content: bytes, read: ReadDocument) -> Manifest:
    """The first image of a `docker save` archive."""
    images = _json(DOCKER, content)
    if not isinstance(images, list) or not images or not isinstance(images[0], dict):
        raise UnreadableImageError(f"has a {DOCKER} that names no image")
    config, layers = images[0].get("Config"), images[0].get("Layers")
    if (
        not isinstance(config, str)
        or not isinstance(layers, list)
        or not all(isinstance(each, str) for each in layers)
    ):
        raise UnreadableImageError(f"has a {DOCKER} that names no layers")
    return _manifest(read(config), tuple(layers), len(images) - 1)


def oci_manifest(content: bytes, read: ReadDocument) -> Manifest:
    """The image of an OCI layout; of several, that for linux/amd64, or else the first."""
    described = _images(OCI, content, read, _NESTED)
    if not described:
        raise UnreadableImageError(f"has an {OCI} that names no image")
    chosen = next((each for each in described if _is_usual(each)), described[0])
    path = _blob(chosen)
    document = _json(path, read(path))
    layers = document.get("layers") if isinstance(document, dict) else None
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(layers, list) or not isinstance(config, dict):
        raise UnreadableImageError("has a manifest that names no layers")
    found = _manifest(read(_blob(config)), tuple(map(_blob, layers)), len(described) - 1)
    return replace(found, sizes=tuple(map(_size, layers)))


def _manifest(config: bytes, layers: tuple[str, ...], others: int) -> Manifest:
    if len(layers) > _LAYERS:
        raise UnreadableImageError(f"names {len(layers)} layers; up to {_LAYERS} are read")
    return Manifest(config, layers, others)


def _size(described: dict[str, Any]) -> int | None:
    size = described.get("size")
    return size if isinstance(size, int) else None


def _images(name: str, content: bytes, read: ReadDocument, depth: int) -> list[dict[str, Any]]:
    """Descriptions of images, from an index and those that it names."""
    index = _json(name, content)
    entries = index.get("manifests") if isinstance(index, dict) else None
    if not isinstance(entries, list) or not depth:
        raise UnreadableImageError(f"has an {OCI} that is none, or too deep")
    found: list[dict[str, Any]] = []
    for entry in entries[:_LAYERS]:
        if not isinstance(entry, dict) or _ATTESTATION in (entry.get("annotations") or {}):
            continue
        if "index" in str(entry.get("mediaType")) or "manifest.list" in str(entry.get("mediaType")):
            path = _blob(entry)
            found += _images(path, read(path), read, depth - 1)
        else:
            found.append(entry)
    return found


def _is_usual(described: dict[str, Any]) -> bool:
    platform = described.get("platform")
    if not isinstance(platform, dict):
        return False
    return (platform.get("os"), platform.get("architecture")) == ("linux", "amd64")


def _blob(described: Any) -> str:
    digest = described.get("digest") if isinstance(described, dict) else None
    if not isinstance(digest, str) or _DIGEST.fullmatch(digest) is None:
        raise UnreadableImageError("names a part without a digest")
    return f"blobs/{digest.replace(':', '/')}"


def _json(name: str, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise UnreadableImageError(f"has a {name} that is no JSON") from None
