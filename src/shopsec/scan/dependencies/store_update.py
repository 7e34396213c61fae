"""Making the local store: OSV's advisories, one archive an ecosystem, into one SQLite file.

The new store is filled beside the old one and takes its place in one step; whatever fails, the old
one stays. A download that broke off goes on where it ended, if the server still has the same file.

Archives: https://google.github.io/osv.dev/data/ (``<ecosystem>/all.zip``). Licences of what is in
them: docs/dependencies.md.
"""

import base64
import datetime
import hashlib
import os
import re
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from shopsec.errors import RefreshError, ScannerError
from shopsec.model.coverage import calendar_day
from shopsec.scan.damage import OF_ZIP
from shopsec.scan.dependencies.osv_record import packages_named, parse
from shopsec.scan.dependencies.store import Store
from shopsec.scan.dependencies.store_layout import FILE_NAME, StoredEcosystem
from shopsec.scan.dependencies.store_writer import StoreWriter
from shopsec.scan.dependencies.versions import ORDERED
from shopsec.scan.web import Web, shown

BUCKET = "https://osv-vulnerabilities.storage.googleapis.com"
ARCHIVE = "all.zip"

# npm's archive unpacks to 320 MB in 220,000 records; a bomb is bounded well above that.
_RECORD_BYTES = 20_000_000
_ALL_BYTES = 8_000_000_000
_ARCHIVE_BYTES = 4_000_000_000
# Records that cannot be read: a few are named, many mean that the archive is not what it should be.
_REFUSED_SHARE = 0.01
# https://www.rfc-editor.org/rfc/rfc9110#name-etag, in ASCII
_TAG = re.compile(r'(W/)?"[!#-~]{0,1000}"')
_STALE_SECONDS = 3_600
_TIME = re.compile(r"[0-9-]{10}T[0-9:.]{1,20}Z?")
_DAMAGED = (*OF_ZIP, OSError)

Progress = Callable[[str], None]


def update_store(
    folder: Path, origin: str, ecosystems: Sequence[str], web: Web, progress: Progress
) -> list[StoredEcosystem]:
    """Refresh these ecosystems from a server or a folder; the others are kept as they are.

    RefreshError, and the old store untouched, when any of them cannot be had whole.
    """
    unknown = sorted(set(ecosystems) - ORDERED)
    if unknown:
        raise RefreshError(
            f"{', '.join(unknown)}: is no ecosystem that is audited",
            f"ecosystems: {', '.join(sorted(ORDERED))}",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        archives = {
            name: _archive(folder, origin, name, web, progress) for name in sorted(set(ecosystems))
        }
        return _built(folder, archives, progress)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise RefreshError(
            f"{folder}: the store cannot be written: {reason}", "the store that was there is kept"
        ) from error


def is_address(origin: str) -> bool:
    """True for a server, false for a folder."""
    return origin.lower().startswith(("https://", "http://"))


def _archive(folder: Path, origin: str, ecosystem: str, web: Web, progress: Progress) -> Path:
    if is_address(origin):
        url = f"{origin.rstrip('/')}/{quote(ecosystem)}/{ARCHIVE}"
        progress(f"{ecosystem}: fetching {shown(url)}")
        return _download(url, folder / f"{ecosystem}.zip.part", web)
    path = Path(origin) / ecosystem / ARCHIVE
    if not path.is_file():
        raise RefreshError(f"{path}: no such file", f"copy {BUCKET}/{ecosystem}/{ARCHIVE} there")
    return path


def _download(url: str, part: Path, web: Web) -> Path:
    """The file at an address, going on with what a former try left."""
    have = part.stat().st_size if part.is_file() else 0
    tag_file = part.with_suffix(".etag")
    tag = _tag(tag_file) if have else ""
    asked = {"Range": f"bytes={have}-", "If-Range": tag} if tag else {}
    with web.stream(url, asked) as (status, headers, pieces):
        if status == 416 and not asked:
            raise RefreshError(f"{shown(url)}: answered 416")
        if status == 206 and not _goes_on(headers, have):
            raise RefreshError(f"{shown(url)}: goes on at another place than was asked for")
        if status == 200:
            with suppress(OSError):
                tag_file.unlink()
            if _TAG.fullmatch(headers.get("ETag", "")):
                tag_file.write_text(headers["ETag"], encoding="ascii")
        whole = status == 416 and headers.get("Content-Range") == f"bytes */{have}"
        if status != 416:
            _write(url, part, pieces, "ab" if status == 206 else "wb")
        if status != 416 or whole:
            _check_digest(url, part, headers)
            return part
    part.unlink()  # 416: what was there is not a beginning of what the server has
    return _download(url, part, web)


def _tag(path: Path) -> str:
    """The server's name for the content that a former try began; empty where none can be told."""
    try:
        tag = path.read_bytes().decode("ascii")
    except (OSError, ValueError):
        return ""
    return tag if _TAG.fullmatch(tag) else ""


def _write(url: str, part: Path, pieces: Iterator[bytes], mode: str) -> None:
    with part.open(mode) as file:
        for piece in pieces:
            file.write(piece)
            if file.tell() > _ARCHIVE_BYTES:
                raise RefreshError(f"{shown(url)}: is larger than {_ARCHIVE_BYTES // 10**9} GB")


def _goes_on(headers: Mapping[str, str], have: int) -> bool:
    return bool(have) and headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _check_digest(url: str, path: Path, headers: Mapping[str, str]) -> None:
    """The MD5 that Google's storage tells of a whole object: against damage, not against fraud."""
    told = headers.get("x-goog-hash", "")
    digests = [each.strip().removeprefix("md5=") for each in told.split(",") if "md5=" in each]
    if not digests:
        return
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest()
    if base64.b64encode(digest).decode() != digests[0]:
        path.unlink()
        raise RefreshError(f"{shown(url)}: came damaged", "run it again")


def _built(folder: Path, archives: Mapping[str, Path], progress: Progress) -> list[StoredEcosystem]:
    path = folder / FILE_NAME
    try:
        kept = sorted(set(Store(path).ecosystems()) - set(archives))
    except ScannerError as error:  # made anew
        progress(f"{error.message}: nothing of it is kept")
        kept = []
    _remove_stale(folder)
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{FILE_NAME}.")
    os.close(handle)
    new = Path(name)
    new.unlink()
    try:
        writer = StoreWriter(new)
        try:
            for ecosystem in kept:
                writer.copy(path, ecosystem)
            stored = [_add(writer, each, zip_, progress) for each, zip_ in archives.items()]
            writer.close()
        finally:
            writer.abandon()
        with new.open("rb") as file:
            os.fsync(file.fileno())  # a machine that stops now must not find half a store
        os.replace(new, path)
    finally:
        with suppress(OSError):
            new.unlink()
    for archive in archives.values():
        if archive.name.endswith(".part"):
            for each in (archive, archive.with_suffix(".etag")):
                with suppress(OSError):
                    each.unlink()
    return stored


def _remove_stale(folder: Path) -> None:
    """Drop what killed updates left; one that runs now writes to its file all the time."""
    for left in folder.glob(f".{FILE_NAME}.*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                left.unlink()


def _add(writer: StoreWriter, ecosystem: str, archive: Path, progress: Progress) -> StoredEcosystem:
    progress(f"{ecosystem}: reading {archive.name}")
    newest, advisories, malicious, refused = "", 0, 0, 0
    for number, content in enumerate(_records(archive), 1):
        try:
            record = parse(content, number)
        except ScannerError:
            refused += 1
            writer.add_refused(ecosystem, packages_named(content, ecosystem))
            continue
        if _TIME.fullmatch(record.modified) and calendar_day(record.modified):
            newest = max(newest, record.modified)
        if record.withdrawn:
            continue
        writer.add(ecosystem, record)
        if record.is_malicious:
            malicious += 1
        else:
            advisories += 1
    read = advisories + malicious
    if not read or refused > _REFUSED_SHARE * (read + refused) + 1:
        raise RefreshError(
            f"{archive}: holds {read} advisories and {refused} records that cannot be read"
        )
    newest = _no_later_than_today(ecosystem, newest, progress)
    stored = StoredEcosystem(ecosystem, newest, advisories, malicious, refused)
    writer.finish_ecosystem(stored)
    return stored


def _no_later_than_today(ecosystem: str, newest: str, progress: Progress) -> str:
    """How old the data is at most: a date of the future would keep a store fresh for ever."""
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    if not newest:
        progress(f"{ecosystem}: no advisory tells when it was changed; it is taken as of {today}")
        return today
    if newest[:10] > today:
        progress(f"{ecosystem}: an advisory is of {newest[:10]}; it is taken as of {today}")
        return today
    return newest


def _records(archive: Path) -> Iterator[bytes]:
    """The contents of an archive's JSON files; nothing is unpacked to disk."""
    total = 0
    try:
        with zipfile.ZipFile(archive) as zip_file:
            for member in zip_file.infolist():
                if not member.filename.endswith(".json"):
                    continue
                total += member.file_size
                if member.file_size > _RECORD_BYTES or total > _ALL_BYTES:
                    raise RefreshError(f"{archive}: unpacks to more than advisories can be")
                yield zip_file.read(member)
    except _DAMAGED as error:
        if archive.name.endswith(".part"):
            with suppress(OSError):
                archive.unlink()
        raise RefreshError(
            f"{archive}: is no whole zip archive: {error}", "run it again"
        ) from error
    except RuntimeError as error:  # encrypted
        raise RefreshError(f"{archive}: cannot be read: {error}") from error
