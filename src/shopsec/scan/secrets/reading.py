"""Opening a file of the scanned repository, which is hostile, and making text of it."""

import codecs
import os
import stat

HEAD = 8_192
"""Bytes that decide whether a file is binary; git looks at the first 8,000."""

# Formats that may show no NUL byte in the first bytes.
_MAGIC = (
    b"%PDF-",
    b"GIF8",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"wOFF",
    b"wOF2",
    b"ID3",
)
# UTF-32 first: its little-endian mark begins with the one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class UnsearchableError(Exception):
    """A file cannot be searched; the message is a reason for the ledger."""


def read_text(root: str, path: str, limit: int) -> str | None:
    """Return a file's text, one character a byte, or None for a binary file.

    The characters are Latin-1: every pattern here is ASCII, so that UTF-8 and Latin-1 need not be
    told apart, and an offset in the text is one in the file. UTF-16 and UTF-32 become UTF-8 first.
    UnsearchableError for a file that is larger than ``limit`` bytes, no file, or not readable.
    """
    try:
        with os.fdopen(_open(root, path), "rb") as handle:
            if not stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
                raise UnsearchableError("not a regular file any more")
            head = handle.read(HEAD)
            if is_binary(head):
                return None
            content = head + handle.read(max(0, limit + 1 - len(head)))
    except OSError as error:
        raise UnsearchableError(f"cannot be read: {error.strerror}") from error
    if len(content) > limit:
        raise UnsearchableError(f"larger than {limit // 1_000} kB")
    return _decoded(content)


def is_binary(head: bytes) -> bool:
    """Judge a file by its first bytes."""
    if any(head.startswith(mark) for mark, _ in _MARKS):
        return False
    return b"\0" in head or head.startswith(_MAGIC)


def _decoded(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            content = content.decode(encoding, "replace").encode("utf-8", "replace")
            break
    return content.decode("latin-1")


def _open(root: str, path: str) -> int:
    """Open below ``root`` without following a symbolic link in any part of the path.

    The repository may change under a scan: a folder that was one when the files were listed may be
    a link to somewhere else now.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if os.open not in os.supports_dir_fd:
        return os.open(os.path.join(root, path), flags | getattr(os, "O_BINARY", 0))
    *parents, name = path.split("/")
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parents:
            inner = os.open(part, flags | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(name, flags, dir_fd=folder)
    finally:
        os.close(folder)
