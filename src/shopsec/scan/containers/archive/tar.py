"""The entries of a tar file, whole or not at all: tarfile takes a damaged header for the end."""

import gzip
import importlib
import posixpath
import struct
import tarfile
from collections.abc import Iterator
from typing import IO, cast

from shopsec.scan.containers.archive.budget import Budget, UnreadableImageError
from shopsec.scan.containers.archive.forward import Forward, Source, damaged

HEAD = 512
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_MAGIC_AT = 257
# What tarfile was seen to raise for damaged files.
_DAMAGED = (
    tarfile.TarError,
    struct.error,
    ValueError,
    OverflowError,
    LookupError,
    RecursionError,
    MemoryError,
)


def is_tar(head: bytes) -> bool:
    """Whether a file that begins like this is a tar file, packed or not, or the end of one."""
    return head.startswith((_GZIP, _ZSTD)) or head[_MAGIC_AT:].startswith(b"ustar") or not any(head)


def unpacked(file: Forward, budget: Budget) -> Forward:
    """A file as it was before it was packed."""
    head = file.peek(4)
    if head.startswith(_GZIP):
        return Forward(cast("Source", gzip.GzipFile(fileobj=cast("IO[bytes]", file))), budget)
    if head.startswith(_ZSTD):
        try:
            zstd = importlib.import_module("compression.zstd")
        except ImportError:
            raise UnreadableImageError(
                "is packed with zstd, which Python reads from 3.14 on"
            ) from None
        return Forward(zstd.ZstdFile(file), budget, errors=(zstd.ZstdError,))
    return file


def entries(file: Forward, budget: Budget) -> Iterator[tarfile.TarInfo]:
    """Each entry, whose content may be read or not; UnreadableImageError where it is damaged."""
    tar: tarfile.TarFile | None = None
    readable = cast("IO[bytes]", file)  # of which tarfile only reads, seeks and asks the place
    while True:
        try:
            tar = tar or file.as_header(lambda: tarfile.TarFile(fileobj=readable, mode="r"))
            entry = file.as_header(tar.next)
        except _DAMAGED as error:
            raise damaged(error) from error
        if entry is None:
            break
        budget.take_entry()
        # It would keep them all, and the attributes that are meant for all.
        tar.members.clear()  # type: ignore[attr-defined]
        tar.pax_headers = {}
        yield entry
    if len(file.last) < HEAD:
        raise UnreadableImageError("is cut off")
    if any(file.last):
        raise UnreadableImageError("is damaged")
    file.drain()


def content_of(entry: tarfile.TarInfo, file: Forward, budget: Budget) -> Forward:
    """The content of the entry that was read last, as far as it is wanted."""
    return Forward(file, budget, size=entry.size, seekable=file)


def read_whole(file: Forward, size: int) -> bytes:
    """So many bytes; UnreadableImageError where there are fewer."""
    content = file.read(size)
    if len(content) < size:
        raise UnreadableImageError("is cut off")
    return content


def path_inside(name: str, folder: str = "") -> str | None:
    """A path from the top of a tar file, without ``.`` and ``..``; None where it leads outside."""
    path = posixpath.normpath(posixpath.join("/", folder, name))
    depth = 0
    for part in posixpath.join(folder, name).split("/"):
        depth += 0 if part in {"", "."} else -1 if part == ".." else 1
        if depth < 0:
            return None
    return path.lstrip("/")
