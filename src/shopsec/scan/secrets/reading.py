"""Making text of a file's bytes, and telling those that hold none."""

import codecs
import re

HEAD = 8_192
"""Bytes that decide whether a file is binary; git looks at the first 8,000."""

# Formats that may show no NUL byte in the first bytes.
_MAGIC = (
    b"GIF87a",
    b"GIF89a",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"wOFF\x00",
    b"wOF2\x00",
    b"ID3\x02",
    b"ID3\x03",
    b"ID3\x04",
)
# UTF-32 first: its little-endian mark begins with the one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARKED = tuple(mark for mark, _ in _MARKS)
# Of UTF-16 without a mark: shorter files hold no secret, and in a longer one most characters are
# ASCII, each with a NUL byte on the same side.
_LEAST_UNMARKED = 32
_SHARE_OF_ASCII = 0.7
# Of NUL bytes and other controls in a text, of which a source file has one by mistake or to hide.
_SHARE_OF_NULS = 0.01
_SHARE_OF_LETTERS = 0.2
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def is_binary(head: bytes) -> bool:
    """Judge a file by its first bytes."""
    if head.startswith(_MARKED) or _unmarked(head):
        return False
    if head.startswith(_MAGIC) or _is_binary_after_words(head):
        return True
    return b"\0" in head and not _is_text_with_nuls(head)


def _is_text_with_nuls(head: bytes) -> bool:
    """A few NUL bytes do not make code unreadable for whoever runs it, so it is searched too."""
    rest = _CONTROLS.sub(b"", head)
    if len(head) - len(rest) >= _SHARE_OF_NULS * len(head):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(rest)
    except UnicodeDecodeError:
        # Latin-1: now and then a letter that is not of ASCII.
        return sum(byte > 127 for byte in rest) < _SHARE_OF_LETTERS * len(rest)
    return True


def _unmarked(head: bytes) -> str:
    """The encoding of UTF-16 without a byte order mark, as PowerShell's pipes write it, or ""."""
    if b"\0" not in head or len(head) < _LEAST_UNMARKED:
        return ""
    pairs = len(head) // 2
    for encoding, low, high in (
        ("utf-16-le", head[0 : 2 * pairs : 2], head[1 : 2 * pairs : 2]),
        ("utf-16-be", head[1 : 2 * pairs : 2], head[0 : 2 * pairs : 2]),
    ):
        if high.count(0) >= _SHARE_OF_ASCII * pairs and not _CONTROLS.search(low):
            return encoding
    return ""


def _is_binary_after_words(head: bytes) -> bool:
    """PDF and bzip2 begin with letters; what follows is no text."""
    if head.startswith(b"%PDF-"):
        return any(byte > 127 for byte in head[:1_024])
    return head.startswith(b"BZh") and head[4:10] == b"1AY&SY"


def text_of(content: bytes) -> str:
    """A file's text, one character a byte.

    The characters are Latin-1: every pattern here is ASCII, so that UTF-8 and Latin-1 need not be
    told apart, and an offset in the text is one in the file. UTF-16 and UTF-32 become UTF-8 first.
    """
    marked = (name for mark, name in _MARKS if content.startswith(mark))
    encoding = next(marked, "") or _unmarked(content[:HEAD])
    if encoding:
        content = content.decode(encoding, "replace").encode("utf-8", "replace")
    return content.decode("latin-1")
