"""rpm's list of packages, where it is an SQLite file (since Fedora 33 and RHEL 9).

Each row holds the header of a package as rpm writes it without its magic number:
https://rpm-software-management.github.io/rpm/manual/format_header.html
"""

import sqlite3
import struct
from contextlib import closing

from shopsec.model import printable
from shopsec.scan.containers.archive.packages import PackageList, SystemPackage

# https://www.sqlite.org/fileformat2.html#file_format_version_numbers: 2 is write-ahead logging,
# which SQLite does not open in memory; 1 is the same file without.
_VERSIONS_AT, _JOURNAL = 18, b"\1\1"
_STEPS = 10_000
_MOST_STEPS = 5_000
_NAME, _VERSION, _RELEASE, _EPOCH, _SOURCE = 1000, 1001, 1002, 1003, 1044
_INT32, _STRING, _I18N = 4, 6, 9
_INDEX = struct.Struct(">4I")
_KEY = "gpg-pubkey"


class _HeaderError(Exception):
    """A row is no header of a package."""


def parse_rpm(content: bytes) -> PackageList:
    """Every package; a row that is none is told as a problem."""
    try:
        blobs = _blobs(content)
    except (sqlite3.Error, ValueError, MemoryError, OverflowError):
        return PackageList(problem="is no SQLite file of rpm, or a damaged one")
    packages, broken = [], 0
    for blob in blobs:
        try:
            package = _package(blob)
        except (_HeaderError, struct.error, UnicodeDecodeError):
            broken += 1
            continue
        if package.name != _KEY:
            packages.append(package)
    problem = f"{broken} of its entries cannot be read" if broken else ""
    return PackageList(tuple(dict.fromkeys(packages)), problem)


def _blobs(content: bytes) -> list[bytes]:
    steps = 0

    def stop() -> bool:
        nonlocal steps
        steps += 1
        return steps > _MOST_STEPS

    end = _VERSIONS_AT + len(_JOURNAL)
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(content[:_VERSIONS_AT] + _JOURNAL + content[end:])
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA cell_size_check = ON")
        database.set_progress_handler(stop, _STEPS)
        query = "SELECT type FROM sqlite_master WHERE name = 'Packages'"
        # A view could be anything.
        if database.execute(query).fetchone() != ("table",):
            raise ValueError("no table of packages")
        return [blob for (blob,) in database.execute("SELECT blob FROM Packages")]


def _package(blob: object) -> SystemPackage:
    if not isinstance(blob, bytes):
        raise _HeaderError
    count, size = struct.unpack_from(">2I", blob)
    start = 8 + count * _INDEX.size
    store = blob[start : start + size]
    if start + size > len(blob):
        raise _HeaderError
    fields: dict[int, str] = {}
    for tag, kind, offset, _ in _INDEX.iter_unpack(blob[8:start]):
        if tag in {_NAME, _VERSION, _RELEASE, _EPOCH, _SOURCE}:
            fields[tag] = _value(store, kind, offset)
    name, version, release = fields.get(_NAME), fields.get(_VERSION), fields.get(_RELEASE)
    if not name or not version or not release:
        raise _HeaderError
    epoch = f"{fields[_EPOCH]}:" if fields.get(_EPOCH, "0") != "0" else ""
    full = f"{epoch}{version}-{release}"
    return SystemPackage("rpm", name, full, _source(fields.get(_SOURCE, ""), name), full)


def _value(store: bytes, kind: int, offset: int) -> str:
    if kind == _INT32:
        return str(struct.unpack_from(">I", store, offset)[0])
    end = store.find(b"\0", offset)
    if kind not in {_STRING, _I18N} or end < 0:
        raise _HeaderError
    return printable(store[offset:end][:200].decode())


def _source(file: str, name: str) -> str:
    """``openssl-3.0.7-24.el9.src.rpm`` is of openssl."""
    parts = file.rsplit("-", 2)
    return parts[0] if len(parts) == 3 else name
