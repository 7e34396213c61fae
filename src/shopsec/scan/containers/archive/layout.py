"""An image in a folder: an OCI layout, whose parts are files that are called by their digest."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from shopsec.scan.containers.archive.budget import Budget, UnreadableImageError
from shopsec.scan.containers.archive.forward import Forward
from shopsec.scan.containers.archive.layer import Layer, read_layer
from shopsec.scan.containers.archive.manifest import OCI, Manifest, oci_manifest

_DOCUMENT_BYTES = 4_000_000


class Layout:
    """A folder; nothing is read through a link that leads out of it."""

    def __init__(self, folder: str, budget: Budget) -> None:
        self._folder = os.path.realpath(folder)
        self._budget = budget

    def manifest(self) -> Manifest:
        """What the layout says of itself."""
        return oci_manifest(self.document(OCI), self.document)

    def document(self, name: str) -> bytes:
        """A file of JSON."""
        with self._opened(name) as file:
            content = file.read(_DOCUMENT_BYTES + 1)
        if len(content) > _DOCUMENT_BYTES:
            raise UnreadableImageError(f"has a {name} of more than {_DOCUMENT_BYTES // 10**6} MB")
        self._budget.keep(len(content))
        return content

    def layer(self, name: str) -> Layer:
        """One layer by its path."""
        with self._opened(name) as file:
            return read_layer(Forward(file, self._budget, seekable=file), self._budget)

    def size(self, name: str) -> int:
        """Bytes of a file."""
        with self._opened(name) as file:
            return os.fstat(file.fileno()).st_size

    @contextmanager
    def _opened(self, name: str) -> Iterator[BinaryIO]:
        path = os.path.join(self._folder, *name.split("/"))
        if os.path.realpath(path) != path:
            raise UnreadableImageError(f"has a {name} that is a link")
        with open_regular(path, f"names {name}, which is not in it") as file:
            yield file


@contextmanager
def open_regular(path: str, where_none: str) -> Iterator[BinaryIO]:
    """Open a regular file, never a device or a pipe; UnreadableImageError where it is none."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnreadableImageError("is no regular file")
            yield file
    except FileNotFoundError:
        raise UnreadableImageError(where_none) from None
    except OSError as error:
        raise UnreadableImageError(f"cannot be read: {error.strerror}") from error
