"""A file that is read once from its beginning to its end, within bounds, as tarfile wants it."""

import zlib
from collections.abc import Callable
from typing import Protocol, TypeVar

from shopsec.scan.containers.archive.budget import Budget, UnreadableImageError

_CHUNK = 1 << 20
# Names and attributes in front of a file: tarfile reads them whole, whatever size they claim.
_HEADER_BYTES = 2_000_000

# What files and unpackers raise for damaged content.
_DAMAGED = (zlib.error, EOFError, OSError)

T = TypeVar("T")


class Source(Protocol):
    """Where bytes come from: a file, an unpacker, another Forward."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...  # pragma: no cover


class Seekable(Source, Protocol):
    """A source that can leave bytes out without reading them."""

    def seek(self, offset: int, whence: int, /) -> object:
        """Go on elsewhere."""
        ...  # pragma: no cover


class Forward:
    """Reads on, never back.

    ``size`` ends it earlier than its source does; ``errors`` are further ones of its source.
    """

    def __init__(
        self,
        source: Source,
        budget: Budget,
        *,
        size: int | None = None,
        seekable: Seekable | None = None,
        errors: tuple[type[Exception], ...] = (),
    ) -> None:
        self._source = source
        self._budget = budget
        self._left = size
        self._seekable = seekable
        self._errors: tuple[type[Exception], ...] = (*_DAMAGED, *errors)
        self._position = 0
        self._peeked = b""
        self._header_left: int | None = None
        self.last = b""
        """What the last read gave: where a tar file ends, a block of zeros."""

    def tell(self) -> int:
        """How far it is read."""
        return self._position - len(self._peeked)

    def peek(self, size: int) -> bytes:
        """What comes next, which is read again afterwards."""
        head = self.read(size)
        self._peeked = head + self._peeked
        return head

    def read(self, size: int = -1, /) -> bytes:
        """Exactly so many bytes, fewer at the end."""
        if self._header_left is not None:
            self._header_left -= size
            if self._header_left < 0:
                raise UnreadableImageError("has an entry with a header of more than 2 MB")
        if size < 0:
            raise UnreadableImageError("has an entry of negative size")
        parts = [self._peeked[:size]]
        self._peeked = self._peeked[size:]
        wanted = size - len(parts[0])
        while wanted > 0 and (part := self._take(wanted)):
            parts.append(part)
            wanted -= len(part)
        self.last = b"".join(parts)
        return self.last

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Leave out what comes before a place further on."""
        ahead = offset - self.tell() if whence == 0 else offset
        if ahead < 0:
            raise UnreadableImageError("has entries that lie over one another")
        gone = min(ahead, len(self._peeked))
        self._peeked = self._peeked[gone:]
        ahead -= gone
        if self._seekable is not None:
            ahead = ahead if self._left is None else min(ahead, self._left)
            self._seekable.seek(ahead, 1)
            self._advance(ahead)
            self._budget.take_bytes(0)
            return self.tell()
        while ahead > 0 and (part := self._take(min(ahead, _CHUNK))):
            ahead -= len(part)
        return self.tell()

    def drain(self) -> None:
        """Read to the end of what is unpacked, where an unpacker tells whether all was right."""
        while self._seekable is None and self._take(_CHUNK):
            pass

    def as_header(self, read: Callable[[], T]) -> T:
        """What a function reads that must not take more than headers do."""
        self._header_left = _HEADER_BYTES
        try:
            return read()
        finally:
            self._header_left = None

    def _take(self, size: int) -> bytes:
        size = min(size, _CHUNK)
        if self._left is not None:
            size = min(size, self._left)
        try:
            part = self._source.read(size) if size else b""
        except self._errors as error:
            raise damaged(error) from error
        self._budget.take_bytes(len(part))
        self._advance(len(part))
        return part

    def _advance(self, count: int) -> None:
        self._position += count
        if self._left is not None:
            self._left -= count


def damaged(error: Exception) -> UnreadableImageError:
    """The error for what a reader refuses, in its words where they can be shown."""
    text = " ".join(str(error).split())[:100]
    words = text if text.isascii() and text.isprintable() and text else type(error).__name__
    return UnreadableImageError(f"is damaged or cut off: {words}")
