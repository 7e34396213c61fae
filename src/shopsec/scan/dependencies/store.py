"""The local store of OSV's advisories: one SQLite file, read by scans, written by an update.

Malicious-package notices are a table of their own: of npm's advisories they are 98 of 100, and all
that matters of one is its name and which versions it speaks of. Of an advisory only what a finding
needs is kept, and of its lists of versions only those that its ranges do not hold.

The file ends with a checksum of all that stands before it, which SQLite does not read: rows that a
disk changed or lost would be packages without advisories. Against fraud it is no help; whoever may
write the cache may write the checksum.
"""

import errno
import hashlib
import json
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
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
    listed_outside,
)
from shopsec.scan.dependencies.source import Answer
from shopsec.scan.dependencies.versions import base_name, normalised_name

FILE_NAME = "advisories.sqlite"
LAYOUT = 2
"""Raised when the tables change: a store of another layout is made anew."""

UPDATE = "shopsec db update"
_CHECKSUM = "sha256"
"""Of all the file: 0.1 s for the 70 MB of npm's advisories."""
_CHECKSUM_BYTES = 32
_PIECE = 1 << 20
_HEADER = b"SQLite format 3\0"
_LAYOUT_AT = 60
"""Where ``user_version`` stands in the file: https://www.sqlite.org/fileformat2.html"""
_SCHEMA = """
CREATE TABLE ecosystems (
  name TEXT PRIMARY KEY, date TEXT NOT NULL, advisories INTEGER NOT NULL,
  malicious INTEGER NOT NULL, refused INTEGER NOT NULL
);
CREATE TABLE advisories (
  number INTEGER PRIMARY KEY, ecosystem TEXT NOT NULL, data TEXT NOT NULL
);
CREATE TABLE affected (
  ecosystem TEXT NOT NULL, name TEXT NOT NULL, advisory INTEGER NOT NULL, data TEXT NOT NULL
);
CREATE TABLE malicious (
  ecosystem TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, modified TEXT NOT NULL,
  aliases TEXT NOT NULL, data TEXT NOT NULL
);
CREATE TABLE refused (ecosystem TEXT NOT NULL, name TEXT NOT NULL, records INTEGER NOT NULL);
"""
_INDEXES = """
CREATE INDEX affected_name ON affected (ecosystem, name);
CREATE INDEX malicious_name ON malicious (ecosystem, name);
CREATE INDEX refused_name ON refused (ecosystem, name);
"""


@dataclass(frozen=True)
class StoredEcosystem:
    """What the store holds of one ecosystem."""

    name: str
    date: str
    """When its newest advisory was changed (RFC 3339), which is how old the data is."""
    advisories: int
    malicious: int
    refused: int
    """Records that could not be read."""


class StoreWriter:
    """Fills a new store; nothing of it is used until all of it is there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = sqlite3.connect(
            path.absolute().as_uri(), uri=True, isolation_level=None
        )  # an attached store is named as one too
        self._database.executescript(
            f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA user_version = {LAYOUT};"
            + _SCHEMA
        )
        self._database.execute("BEGIN")
        self._number = 0

    def add(self, ecosystem: str, record: OsvRecord) -> None:
        """Add what a record says of one ecosystem's packages."""
        entries = [
            each for each in record.affected if base_name(each.affected.ecosystem) == ecosystem
        ]
        if not entries:
            return
        if record.is_malicious:
            self._database.executemany(
                "INSERT INTO malicious VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (ecosystem, normalised_name(ecosystem, each.affected.name), record.id,
                     record.modified, " ".join(record.aliases), _affected_json(each))
                    for each in entries
                ],
            )  # fmt: skip
            return
        self._number += 1
        self._database.execute(
            "INSERT INTO advisories VALUES (?, ?, ?)",
            (self._number, ecosystem, _advisory_json(record)),
        )
        self._database.executemany(
            "INSERT INTO affected VALUES (?, ?, ?, ?)",
            [
                (ecosystem, normalised_name(ecosystem, each.affected.name), self._number,
                 _affected_json(each))
                for each in entries
            ],
        )  # fmt: skip

    def add_refused(self, ecosystem: str, names: Iterable[str]) -> None:
        """Note the packages that one record names which cannot be read otherwise."""
        normal = {normalised_name(ecosystem, name) for name in names}
        self._database.executemany(
            "INSERT INTO refused VALUES (?, ?, 1)", [(ecosystem, name) for name in sorted(normal)]
        )

    def finish_ecosystem(self, stored: StoredEcosystem) -> None:
        """Note what was added; an ecosystem without this note is not in the store."""
        self._database.execute(
            "INSERT INTO ecosystems VALUES (?, ?, ?, ?, ?)",
            (stored.name, stored.date, stored.advisories, stored.malicious, stored.refused),
        )

    def copy(self, old: Path, ecosystem: str) -> None:
        """Take an ecosystem over from an older store of the same layout."""
        self._database.execute("COMMIT")
        self._database.execute("ATTACH ? AS old", (_read_only(old),))
        self._database.execute("BEGIN")
        offset = self._number
        select = "WHERE ecosystem = ?"
        self._database.execute(
            "INSERT INTO ecosystems SELECT * FROM old.ecosystems WHERE name = ?", (ecosystem,)
        )
        for table, columns in (
            ("advisories", "number + ?, ecosystem, data"),
            ("affected", "ecosystem, name, advisory + ?, data"),
        ):
            self._database.execute(
                f"INSERT INTO {table} SELECT {columns} FROM old.{table} {select}",  # noqa: S608
                (offset, ecosystem),
            )
        for table in ("malicious", "refused"):
            self._database.execute(
                f"INSERT INTO {table} SELECT * FROM old.{table} {select}",  # noqa: S608
                (ecosystem,),
            )
        highest = self._database.execute("SELECT max(number) FROM advisories").fetchone()[0]
        self._number = max(self._number, highest or 0)
        self._database.execute("COMMIT")
        self._database.execute("DETACH old")
        self._database.execute("BEGIN")

    def close(self) -> None:
        """Index, check, close and seal."""
        self._database.execute("COMMIT")
        self._database.executescript(_INDEXES)
        (answer,) = self._database.execute("PRAGMA quick_check(1)").fetchone()
        self._database.close()
        if answer != "ok":
            raise sqlite3.DatabaseError(answer)
        seal(self._path)

    def abandon(self) -> None:
        """Close a store that will not be used."""
        self._database.close()


def seal(path: Path) -> None:
    """End a new store with its checksum."""
    digest = _digest(path, path.stat().st_size)
    with path.open("ab") as file:
        file.write(digest)


def _digest(path: Path, size: int) -> bytes:
    digest = hashlib.new(_CHECKSUM)
    with path.open("rb") as file:
        while size > 0 and (piece := file.read(min(_PIECE, size))):
            digest.update(piece)
            size -= len(piece)
    return digest.digest()


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
            answer = Answer(databases=tuple(_described(each) for each in stored.values()))
            if stored:
                with self._opened() as database:
                    self._answer(database, wanted, stored, answer)
        except OSError as error:
            raise _unreadable(self._path, error) from error
        except (sqlite3.Error, LookupError, TypeError, ValueError, RecursionError) as error:
            raise _damaged(self._path, error) from error
        for key in wanted:
            if key not in answer.records and key not in answer.unanswered:
                ecosystem = base_name(key.ecosystem)
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
            size = file.seek(0, os.SEEK_END) - _CHECKSUM_BYTES
            file.seek(max(size, 0))
            sealed = file.read()
        if not header.startswith(_HEADER):
            raise sqlite3.DatabaseError("it is no database")
        layout = int.from_bytes(header[_LAYOUT_AT : _LAYOUT_AT + 4], "big")
        if layout != LAYOUT:
            raise ScannerError(f"{self._path}: is of another version of shopsec", UPDATE)
        if sealed != _digest(self._path, size):
            raise sqlite3.DatabaseError("its checksum is another")
        self._checked = True

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(_read_only(self._path), uri=True)) as database:
            yield database


def _read_only(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


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


def _described(stored: StoredEcosystem) -> Database:
    count = f"{stored.advisories} advisories"
    if stored.malicious:
        count += f", {stored.malicious} malicious packages"
    if stored.refused:
        count += f", {stored.refused} records unreadable"
    return Database(name=f"OSV {stored.name}, {count}", date=stored.date[:10] or None)


def _rows(database: sqlite3.Connection, key: Key) -> Iterator[OsvRecord]:
    place = (base_name(key.ecosystem), key.name)
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


def _advisory_json(record: OsvRecord) -> str:
    fields: dict[str, Any] = {
        "id": record.id,
        "modified": record.modified,
        "aliases": record.aliases,
        "summary": record.summary,
        "severity": _pairs(record.severity),
        "word": record.severity_word,
        "cwe": record.cwe_ids,
    }
    kept = {name: value for name, value in fields.items() if value}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False)


def _pairs(severity: Iterable[SeverityVector]) -> list[list[str]]:
    return [[each.type, each.score] for each in severity]


def _severity(pairs: Iterable[Sequence[str]]) -> tuple[SeverityVector, ...]:
    return tuple(SeverityVector(_text(kind), _text(score)) for kind, score in pairs)


def _affected_json(package: AffectedPackage) -> str:
    affected = package.affected
    ranges = [
        [one.type, [[event.kind.value, event.version] for event in one.events]]
        for one in affected.ranges
        if one.type != "GIT"
    ]
    parts: list[Any] = [affected.ecosystem, ranges, listed_outside(affected)]
    if package.severity:
        parts.append(_pairs(package.severity))
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)


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
        summary=_text(about.get("summary", "")),
        severity=_severity(about.get("severity", ())),
        severity_word=_text(about.get("word", "")),
        cwe_ids=_texts(about.get("cwe", ())),
        affected=(AffectedPackage(affected, _severity(severity[0] if severity else ())),),
    )
