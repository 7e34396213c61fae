"""Writes a bbolt database file (https://github.com/etcd-io/bbolt), as Trivy reads it.

Every bucket is an inline one (its page lies inside its parent's value), so that the whole tree is
one leaf page that overflows: bbolt itself does so for small buckets only, but reads any.
"""

import struct
from collections.abc import Mapping
from typing import TypeAlias, Union

Bucket: TypeAlias = Mapping[str, Union[bytes, "Bucket"]]

_PAGE = 4096
_MAGIC, _VERSION = 0xED0CDAED, 2
_LEAF, _META, _FREELIST = 0x02, 0x04, 0x10
_IS_BUCKET = 0x01
_ROOT_PAGE = 3


def bolt_file(root: Bucket) -> bytes:
    """Return a database of these buckets: two meta pages, an empty freelist, the root's leaf."""
    leaf = _leaf(root, _ROOT_PAGE)
    pages = -(-len(leaf) // _PAGE)
    metas = b"".join(_page(number, _META, 0, _meta(number, pages)) for number in (0, 1))
    freelist = _page(2, _FREELIST, 0, b"")
    return metas + freelist + leaf.ljust(pages * _PAGE, b"\0")


def _page(number: int, flags: int, count: int, body: bytes) -> bytes:
    return (struct.pack("<QHHI", number, flags, count, 0) + body).ljust(_PAGE, b"\0")


def _meta(transaction: int, pages: int) -> bytes:
    end = _ROOT_PAGE + pages
    fields = (_MAGIC, _VERSION, _PAGE, 0, _ROOT_PAGE, 0, 2, end, transaction)
    body = struct.pack("<IIIIQQQQQ", *fields)
    return body + struct.pack("<Q", _fnv64a(body))


def _fnv64a(data: bytes) -> int:
    digest = 0xCBF29CE484222325
    for byte in data:
        digest = ((digest ^ byte) * 0x100000001B3) % 2**64
    return digest


def _leaf(bucket: Bucket, number: int) -> bytes:
    """A leaf page: a table of elements, then keys and values; keys sorted as bytes."""
    entries = sorted((key.encode(), value) for key, value in bucket.items())
    table, data = b"", b""
    for index, (key, value) in enumerate(entries):
        flags, content = (0, value) if isinstance(value, bytes) else (_IS_BUCKET, _inline(value))
        # A position counts from the element's own place in the table, 16 bytes an element.
        position = 16 * (len(entries) - index) + len(data)
        table += struct.pack("<IIII", flags, position, len(key), len(content))
        data += key + content
    overflow = -(-(16 + len(table) + len(data)) // _PAGE) - 1
    return struct.pack("<QHHI", number, _LEAF, len(entries), overflow) + table + data


def _inline(bucket: Bucket) -> bytes:
    """A bucket's value: root page 0 and sequence 0 mean that its page follows."""
    return struct.pack("<QQ", 0, 0) + _leaf(bucket, 0)
