"""An image in one tar file, read once from beginning to end, so that it may be packed.

The manifest may come last: every layer is read where it lies, of each only what is wanted is kept,
and what the manifest names is put together at the end.
"""

import posixpath
import tarfile
from dataclasses import dataclass, field

from shopsec.model import printable
from shopsec.scan.containers.archive.budget import Budget, UnreadableImageError
from shopsec.scan.containers.archive.forward import Forward
from shopsec.scan.containers.archive.layer import Layer, read_layer
from shopsec.scan.containers.archive.manifest import (
    DOCKER,
    OCI,
    Manifest,
    docker_manifest,
    oci_manifest,
)
from shopsec.scan.containers.archive.tar import (
    HEAD,
    content_of,
    entries,
    is_tar,
    path_inside,
    read_whole,
    unpacked,
)

_DOCUMENT_BYTES = 4_000_000
_LINKS = 10
NEITHER = "is neither a docker-save archive nor an OCI layout"


@dataclass
class Saved:
    """What was in the tar file."""

    documents: dict[str, bytes] = field(default_factory=dict)
    layers: dict[str, Layer | str] = field(default_factory=dict)
    """Why it cannot be read, in place of a layer that cannot."""
    links: dict[str, str] = field(default_factory=dict)

    def manifest(self) -> Manifest:
        """What the archive says of itself."""
        if DOCKER in self.documents:
            return docker_manifest(self.documents[DOCKER], self.document)
        if OCI in self.documents:
            return oci_manifest(self.documents[OCI], self.document)
        raise UnreadableImageError(NEITHER)

    def document(self, name: str) -> bytes:
        """A file of the archive's own."""
        content = self.documents.get(self._target(name))
        if content is None:
            raise UnreadableImageError(f"names {_shown(name)}, which is not in it")
        return content

    def layer(self, name: str) -> Layer:
        """One layer by its path."""
        found = self.layers.get(self._target(name))
        if found is None:
            raise UnreadableImageError(f"names {_shown(name)}, which is not in it")
        if isinstance(found, str):
            raise UnreadableImageError(found)
        return found

    def _target(self, name: str) -> str:
        """Older versions of `docker save` wrote a layer that comes twice as a link."""
        path = path_inside(name)
        for _ in range(_LINKS):
            if path not in self.links:
                break
            path = self.links[path]
        return path or ""


def read_saved(file: Forward, budget: Budget) -> Saved:
    """Read all of it; UnreadableImageError where it is damaged or no tar file."""
    head = file.peek(HEAD)
    if not head or not is_tar(head):
        raise UnreadableImageError(NEITHER)
    saved = Saved()
    plain = unpacked(file, budget)
    for entry in entries(plain, budget):
        path = path_inside(entry.name)
        if path is None:
            continue
        if entry.issym() or entry.islnk():
            folder = posixpath.dirname(path) if entry.issym() else ""
            budget.keep(len(path) + len(entry.linkname))
            saved.links[path] = path_inside(entry.linkname, folder) or ""
        elif entry.isreg() and not entry.issparse():
            _put(saved, path, entry, plain, budget)
    return saved


def _put(saved: Saved, path: str, entry: tarfile.TarInfo, plain: Forward, budget: Budget) -> None:
    file = content_of(entry, plain, budget)
    budget.keep(len(path))
    if is_tar(file.peek(HEAD)) or path.endswith("/layer.tar"):
        try:
            saved.layers[path] = read_layer(file, budget)
        except UnreadableImageError as error:
            budget.take_bytes(0)  # no time left is not the layer's fault
            saved.layers[path] = str(error)
    elif entry.size <= _DOCUMENT_BYTES:
        budget.keep(entry.size)
        saved.documents[path] = read_whole(file, entry.size)


def _shown(name: str) -> str:
    return printable(" ".join(name.split()))[-100:]
