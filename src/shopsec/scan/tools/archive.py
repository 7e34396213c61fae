"""One program out of a release's archive. Nothing else in there is unpacked or even named.

The archive's digest was checked before; that the rest is checked too is for the day on which a
wrong digest gets into the table.
"""

import gzip
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, TypeVar

from shopsec.errors import InstallError
from shopsec.scan.damage import OF_ZIP

Info = TypeVar("Info")

_CHUNK = 1 << 20
# Members that are looked through; a release has some ten.
_MEMBERS = 10_000
# What Python's readers of archives raise for damaged ones.
_DAMAGED = (tarfile.TarError, gzip.BadGzipFile, RuntimeError, *OF_ZIP)


def unpack_member(archive: Path, member: str, target: Path, limit: int) -> None:
    """Write the one member of that exact name, a regular file at the top, to a new file.

    InstallError when it is not there once, is no regular file or larger than ``limit`` bytes.
    OSError when the new file cannot be written.
    """
    with open(target, "xb") as file:
        try:
            with _opened(archive, member, limit) as content:
                _copy(content, file, archive.name, limit)
        except _DAMAGED as error:
            raise InstallError(f"{archive.name}: is no whole archive: {error}") from error


@contextmanager
def _opened(archive: Path, member: str, limit: int) -> Iterator[IO[bytes]]:
    reader = _in_zip if archive.suffix == ".zip" else _in_tar
    with reader(archive, member, limit) as content:
        yield content


@contextmanager
def _in_tar(archive: Path, member: str, limit: int) -> Iterator[IO[bytes]]:
    with tarfile.open(archive, "r:gz") as tar:
        found: list[tarfile.TarInfo] = []
        for number, each in enumerate(tar):
            if number >= _MEMBERS:
                raise InstallError(f"{archive.name}: has more than {_MEMBERS} members")
            if each.name == member:
                found.append(each)
        info = _only(found, archive, member)
        content = tar.extractfile(info) if info.isreg() else None
        if content is None:
            raise InstallError(f"{archive.name}: {member} is no regular file in it")
        _check_size(info.size, archive, member, limit)
        with content:
            yield content


@contextmanager
def _in_zip(archive: Path, member: str, limit: int) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(archive) as zip_file:
        info = _only([e for e in zip_file.infolist() if e.filename == member], archive, member)
        # The upper half is the mode, where a Unix tool packed it: links are in zip archives too.
        if (info.external_attr >> 16) & 0o170000 not in {0, 0o100000}:
            raise InstallError(f"{archive.name}: {member} is no regular file in it")
        _check_size(info.file_size, archive, member, limit)
        with zip_file.open(info) as content:
            yield content


def _only(found: list[Info], archive: Path, member: str) -> Info:
    if len(found) != 1:
        raise InstallError(f"{archive.name}: has {len(found)} members called {member}, not one")
    return found[0]


def _check_size(size: int, archive: Path, member: str, limit: int) -> None:
    if not 0 < size <= limit:
        raise InstallError(f"{archive.name}: {member} has {size} bytes in it")


def _copy(content: IO[bytes], file: BinaryIO, name: str, limit: int) -> None:
    while chunk := content.read(_CHUNK):
        file.write(chunk)
        if file.tell() > limit:
            raise InstallError(f"{name}: unpacks to more than {limit // 1_000_000} MB")
