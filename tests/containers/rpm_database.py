"""Writes rpm's list of packages as rpm 4.16 and later do: an SQLite file of headers."""

import sqlite3
import struct
from collections.abc import Iterable
from pathlib import Path

Header = dict[int, str | int]
"""Values by tag: https://rpm-software-management.github.io/rpm/manual/tags.html"""

OPENSSL: Header = {
    1000: "openssl-libs", 1001: "3.0.7", 1002: "24.el9", 1003: 1, 1022: "x86_64",
    1044: "openssl-3.0.7-24.el9.src.rpm",
}  # fmt: skip
BASH: Header = {1000: "bash", 1001: "5.1.8", 1002: "6.el9", 1044: "bash-5.1.8-6.el9.src.rpm"}
KEY: Header = {1000: "gpg-pubkey", 1001: "fd431d51", 1002: "4ae0493b"}


def header(values: Header) -> bytes:
    """A header without its magic number."""
    index, store = b"", b""
    for tag, value in values.items():
        if isinstance(value, int):
            store = store.ljust(-(-len(store) // 4) * 4, b"\0")
        kind = 4 if isinstance(value, int) else 6
        index += struct.pack(">4I", tag, kind, len(store), 1)
        store += struct.pack(">I", value) if isinstance(value, int) else value.encode() + b"\0"
    return struct.pack(">2I", len(values), len(store)) + index + store


def write_rpm_database(path: Path, blobs: Iterable[bytes]) -> bytes:
    """Write it with a write-ahead log, as rpm does, and return its content."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
    database.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])
    database.commit()
    database.close()
    return path.read_bytes()
