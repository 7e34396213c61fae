"""What was found in images, kept by their content, so that Trivy is not run again on the same one.

Kept is what the report says of an image, never Trivy's own: its history may hold secrets. A tag
may be another image tomorrow, so only files and references with a digest are kept.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from shopsec.model import ImageUse, Location
from shopsec.scan.cache.own_code import own_code
from shopsec.scan.cache.store import ResultStore
from shopsec.scan.containers.image_findings import ImageFindings
from shopsec.scan.containers.images import Image
from shopsec.scan.containers.vulnerabilities import SCANNER
from shopsec.scan.stored_outcome import StoredFindings

_PINNED = re.compile(r"@sha256:[0-9a-f]{64}$")
_EDGE = 1 << 16
_CHUNK = 1 << 20


class _Kept(StoredFindings):
    unknown_kinds: tuple[str, ...]
    built_on: Location | None
    java: bool


class KeptImages:
    """What former scans found, by all that it depends on."""

    def __init__(self, store: ResultStore, ground: Iterable[str], uses: Sequence[ImageUse]) -> None:
        """``ground``: Trivy's version, its databases and all that is the same for all images."""
        self._store = store
        self._ground = "\0".join((own_code(), *ground, repr(tuple(uses))))

    def seen(self, image: Image) -> bool:
        """Whether it is worth reading an archive whole: one with these ends was kept."""
        sketch = self._sketch(image)
        return sketch is not None and bool(self._store.get([sketch]))

    def recall(self, image: Image, content: str) -> ImageFindings | None:
        """What was found in this image, or None."""
        key = self._key(image, content)
        value = self._store.get([key]).get(key)
        try:
            kept = _Kept.model_validate_json(value) if value else None
        except ValidationError:
            return None
        if kept is None:
            return None
        return ImageFindings(
            kept.findings,
            kept.rules,
            unknown_kinds=kept.unknown_kinds,
            built_on=kept.built_on,
            java=kept.java,
        )

    def keep(self, image: Image, content: str, found: ImageFindings) -> None:
        """Keep what was found, unless the image is not covered."""
        sketch = self._sketch(image)
        if found.missed or not content or sketch is None:
            return
        kept = _Kept(
            findings=found.findings,
            rules=found.rules,
            unknown_kinds=found.unknown_kinds,
            built_on=found.built_on,
            java=found.java,
        )
        value = kept.model_dump_json().encode()
        self._store.put(SCANNER, {sketch: b"", self._key(image, content): value})

    def _sketch(self, image: Image) -> bytes | None:
        if image.path is None:
            return self._key(image, "") if _PINNED.search(image.given) else None
        try:
            with open(image.path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                ends = file.read(_EDGE)
                file.seek(max(0, size - _EDGE))
                ends += file.read(_EDGE)
        except OSError:
            return None
        return self._key(image, f"{size} {hashlib.sha256(ends).hexdigest()}")

    def _key(self, image: Image, content: str) -> bytes:
        about = (image.name, image.label, repr((image.location, image.related)), image.newer)
        return hashlib.sha256(
            "\0".join((self._ground, *about, content)).encode("utf-8", "surrogateescape")
        ).digest()


def content_of_image(image: Image) -> str:
    """What tells an image from any other: a digest; nothing for a tag, or a folder."""
    if image.path is None:
        pinned = _PINNED.search(image.given)
        return pinned[0] if pinned else ""
    try:
        with open(image.path, "rb") as file:
            before = _state(file.fileno())
            digest = hashlib.sha256()
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            return digest.hexdigest() if _state(file.fileno()) == before else ""
    except OSError:
        return ""


def state_of(image: Image) -> tuple[int, ...]:
    """What changes when somebody writes an archive meanwhile; the same for any reference."""
    try:
        return _state(image.path) if image.path else ()
    except OSError:
        return ()


def _state(file: str | int) -> tuple[int, ...]:
    status = os.stat(file)
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
