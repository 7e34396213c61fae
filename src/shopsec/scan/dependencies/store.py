"""The local store of OSV's advisories: one SQLite file, read by scans, written by an update.

Malicious-package notices are a table of their own: of npm's advisories they are 98 of 100, and all
that matters of one is its name and which versions it speaks of. Of an advisory only what a finding
needs is kept, and of its lists of versions only those that its ranges do not hold.
"""

import errno
import json
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from shopsec.errors import ScannerError
from shopsec.model import Database
from shopsec.model.coverage import calendar_day
from shopsec.scan.dependencies.osv_record import AffectedPackage, OsvRecord, SeverityVector, is_id
from shopsec.scan.dependencies.packages import Key
from shopsec.scan.dependencies.ranges import (
    Affected,
    Event,
    EventKind,
    Range,
    State,
    evaluate,
)
from shopsec.scan.dependencies.source import Answer
from shopsec.scan.dependencies.store_layout import (
    CHECKSUM_BYTES,
    HEADER,
    LAYOUT,
    LAYOUT_AT,
    StoredEcosystem,
    digest_of,
    read_only,
)
from shopsec.scan.dependencies.versions import SYSTEMS, base_name, scope

UPDATE = "shopsec db update"


class Store:
    """Looks package versions up in a store. Nothing is written, nothing is fetched."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._checked = False

    def ecosystems(self) -> dict[str, StoredEcosystem]:
        """What the store holds; empty where there is none. ScannerError when it is damaged."""
        try:
            if not _is_there(self._path):
                return {}
            self._check()
            with self._opened() as database:
                rows = database.execute("SELECT * FROM ecosystems").fetchall()
            return {row[0]: _stored_ecosystem(row) for row in rows}
        except OSError as error:
            raise _unreadable(self._path, error) from error
        except (sqlite3.Error, TypeError, ValueError) as error:
            raise _damaged(self._path, error) from error

    def look_up(self, keys: Iterable[Key]) -> Answer:
        """Answer from the store for the ecosystems that it holds."""
        wanted = list(keys)
        try:
            stored = self.ecosystems()
            answer = Answer(databases=tuple(described(each) for each in stored.values()))
            if stored:
                with self._opened() as database:
                    self._answer(database, wanted, stored, answer)
        except OSError as error:
            raise _unreadable(self._path, error) from error
        except (sqlite3.Error, LookupError, TypeError, ValueError, RecursionError) as error:
            raise _damaged(self._path, error) from error
        for key in wanted:
            if key not in answer.records and key not in answer.unanswered:
                ecosystem = scope(key.ecosystem)
                answer.unanswered[key] = f"the local store has no advisories of {ecosystem}"
        return answer

    def _answer(
        self,
        database: sqlite3.Connection,
        keys: Iterable[Key],
        stored: dict[str, StoredEcosystem],
        answer: Answer,
    ) -> None:
        for key in keys:
            if base_name(key.ecosystem) not in stored:
                continue
            if not _has_scope(database, scope(key.ecosystem)):
                continue
            answer.records[key], reason = _affecting(key, _rows(database, key))
            reason = _unread(database, key) or reason
            if reason:
                answer.unanswered[key] = reason

    def _check(self) -> None:
        """ScannerError unless the file is as an update left it."""
        if self._checked:
            return
        with self._path.open("rb") as file:
            header = file.read(100)
            size = file.seek(0, os.SEEK_END) - CHECKSUM_BYTES
            file.seek(max(size, 0))
            sealed = file.read()
        if not header.startswith(HEADER):
            raise sqlite3.DatabaseError("it is no database")
        layout = int.from_bytes(header[LAYOUT_AT : LAYOUT_AT + 4], "big")
        if layout != LAYOUT:
            raise ScannerError(f"{self._path}: is of another version of shopsec", UPDATE)
        if sealed != digest_of(self._path, size):
            raise sqlite3.DatabaseError("its checksum is another")
        self._checked = True

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(read_only(self._path), uri=True)) as database:
            yield database


def _is_there(path: Path) -> bool:
    """False where there is none; OSError for what is there and cannot be a store."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "is no file")  # opening a pipe would wait for ever
    return True


def _unreadable(path: Path, error: OSError) -> ScannerError:
    return ScannerError(
        f"{path}: the store of advisories cannot be read: {error.strerror or error}",
        f"make {path.parent} readable and writable, then {UPDATE}",
    )


def _damaged(path: Path, error: Exception) -> ScannerError:
    return ScannerError(f"{path}: the store of advisories is damaged: {error}", UPDATE)


def _stored_ecosystem(row: Sequence[Any]) -> StoredEcosystem:
    stored = StoredEcosystem(*row)
    _texts([stored.name, stored.date])
    if not calendar_day(stored.date):
        raise ValueError("an ecosystem has no date")
    counts: list[object] = [stored.advisories, stored.malicious, stored.refused]
    if not all(isinstance(count, int) and count >= 0 for count in counts):
        raise ValueError("an ecosystem has no counts")
    return stored


def _text(value: Any) -> str:
    """A text that can be written and shown; an error for whatever else a damaged file holds."""
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} in place of a text")
    value.encode()
    return value


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(map(_text, values))


def _id(value: Any) -> str:
    text = _text(value)
    if not is_id(text):
        raise ValueError("an advisory has no id")
    return text


def described(stored: StoredEcosystem) -> Database:
    """An ecosystem as an entry of the ledger."""
    count = f"{stored.advisories} advisories"
    if stored.malicious:
        count += f", {stored.malicious} malicious packages"
    if stored.refused:
        count += f", {stored.refused} records unreadable"
    return Database(name=f"OSV {stored.name}, {count}", date=stored.date[:10] or None)


def _rows(database: sqlite3.Connection, key: Key) -> Iterator[OsvRecord]:
    place = (scope(key.ecosystem), key.name)
    for data, affected in database.execute(
        "SELECT advisories.data, affected.data FROM affected JOIN advisories"
        " ON affected.advisory = advisories.number"
        " WHERE affected.ecosystem = ? AND affected.name = ?",
        place,
    ):
        yield _record(key, json.loads(data), json.loads(affected))
    for id_, modified, aliases, affected in database.execute(
        "SELECT id, modified, aliases, data FROM malicious WHERE ecosystem = ? AND name = ?", place
    ):
        summary = f"Malicious code in {key.name} ({key.ecosystem})"
        about = {
            "id": id_,
            "modified": modified,
            "summary": summary,
            "aliases": _text(aliases).split(),
        }
        yield _record(key, about, json.loads(affected))


def _has_scope(database: sqlite3.Connection, wanted: str) -> bool:
    """Whether it is held at all: a system's archive has some releases, and no other looks clean."""
    if base_name(wanted) not in SYSTEMS:
        return True
    query = "SELECT 1 FROM affected WHERE ecosystem = ? LIMIT 1"
    return database.execute(query, (wanted,)).fetchone() is not None


def _unread(database: sqlite3.Connection, key: Key) -> str:
    """That records of the package could not be read, if so: one may affect this version."""
    ((count,),) = database.execute(
        "SELECT total(records) FROM refused WHERE ecosystem = ? AND name = ?",
        (base_name(key.ecosystem), key.name),
    )
    if not count:
        return ""
    return f"{count:.0f} {'advisory' if count == 1 else 'advisories'} of it could not be read"


def _affecting(key: Key, records: Iterable[OsvRecord]) -> tuple[list[OsvRecord], str]:
    """The records that affect a version, and why it cannot be told of another one, if so."""
    found: dict[str, OsvRecord] = {}
    reasons: dict[str, str] = {}
    for record in records:
        for package in record.affected:
            verdict = evaluate(package.affected, key.version)
            if verdict.state is State.CANNOT_TELL:
                reasons[record.id] = f"{record.id}: {verdict.reason}"
            if verdict.state is State.AFFECTED:
                known = found.get(record.id)
                found[record.id] = record if known is None else _joined(known, record)
    open_ = [reason for id_, reason in reasons.items() if id_ not in found]
    return list(found.values()), open_[0] if open_ else ""


def _joined(one: OsvRecord, other: OsvRecord) -> OsvRecord:
    """A record that speaks of a package twice."""
    return replace(one, affected=(*one.affected, *other.affected))


def _severity(pairs: Iterable[Sequence[str]]) -> tuple[SeverityVector, ...]:
    return tuple(SeverityVector(_text(kind), _text(score)) for kind, score in pairs)


def _event(kind: Any, version: Any) -> Event:
    return Event(EventKind(kind), _text(version))


def _record(key: Key, about: Any, stored: Any) -> OsvRecord:
    ecosystem, ranges, versions, *severity = stored
    if not (isinstance(about, dict) and isinstance(versions, list)):
        raise TypeError("an advisory is not what an update writes")
    affected = Affected(
        _text(ecosystem),
        key.name,
        tuple(
            Range(_text(kind), tuple(_event(what, version) for what, version in events))
            for kind, events in ranges
        ),
        _texts(versions),
    )
    return OsvRecord(
        id=_id(about["id"]),
        modified=_text(about.get("modified", "")),
        aliases=tuple(map(_id, about.get("aliases", ()))),
        upstream=_texts(about.get("upstream", ())),
        summary=_text(about.get("summary", "")),
        severity=_severity(about.get("severity", ())),
        severity_word=_text(about.get("word", "")),
        cwe_ids=_texts(about.get("cwe", ())),
        affected=(AffectedPackage(affected, _severity(severity[0] if severity else ())),),
    )
