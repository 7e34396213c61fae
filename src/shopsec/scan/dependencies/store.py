"""The local store of OSV's advisories: one SQLite file, read by scans, written by an update.

Malicious-package notices are a table of their own: of npm's advisories they are 98 of 100, and all
that matters of one is its name and which versions it speaks of. Of an advisory only what a finding
needs is kept, and of its lists of versions only those that its ranges do not hold.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopsec.errors import ScannerError
from shopsec.model import Database
from shopsec.scan.dependencies.osv_record import AffectedPackage, OsvRecord, SeverityVector
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
LAYOUT = 1
"""Raised when the tables change: a store of another layout is made anew."""

UPDATE = "shopsec db update"
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
  summary TEXT NOT NULL, data TEXT NOT NULL
);
"""
_INDEXES = """
CREATE INDEX affected_name ON affected (ecosystem, name);
CREATE INDEX malicious_name ON malicious (ecosystem, name);
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
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.executescript(
            f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA user_version = {LAYOUT};"
            + _SCHEMA
        )
        self._database.execute("BEGIN")
        self._number = 0

    def add(self, ecosystem: str, record: OsvRecord) -> None:
        """Add what a record says of one ecosystem's packages."""
        entries = [
            (base_name(each.affected.ecosystem), each.affected)
            for each in record.affected
            if base_name(each.affected.ecosystem) == ecosystem
        ]
        if not entries:
            return
        if record.is_malicious:
            self._database.executemany(
                "INSERT INTO malicious VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (ecosystem, normalised_name(ecosystem, each.name), record.id, record.modified,
                     "", _affected_json(each))
                    for _, each in entries
                ],
            )  # fmt: skip
            return
        self._number += 1
        self._database.execute(
            "INSERT INTO advisories VALUES (?, ?, ?)",
            (self._number, ecosystem, _advisory_json(ecosystem, record)),
        )
        self._database.executemany(
            "INSERT INTO affected VALUES (?, ?, ?, ?)",
            [
                (ecosystem, normalised_name(ecosystem, each.name), self._number,
                 _affected_json(each))
                for _, each in entries
            ],
        )  # fmt: skip

    def finish_ecosystem(self, stored: StoredEcosystem) -> None:
        """Note what was added; an ecosystem without this note is not in the store."""
        self._database.execute(
            "INSERT INTO ecosystems VALUES (?, ?, ?, ?, ?)",
            (stored.name, stored.date, stored.advisories, stored.malicious, stored.refused),
        )

    def copy(self, old: Path, ecosystem: str) -> None:
        """Take an ecosystem over from an older store of the same layout."""
        self._database.execute("COMMIT")
        self._database.execute("ATTACH ? AS old", (f"file:{old}?mode=ro",))
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
        self._database.execute(
            f"INSERT INTO malicious SELECT * FROM old.malicious {select}",  # noqa: S608
            (ecosystem,),
        )
        highest = self._database.execute("SELECT max(number) FROM advisories").fetchone()[0]
        self._number = max(self._number, highest or 0)
        self._database.execute("COMMIT")
        self._database.execute("DETACH old")
        self._database.execute("BEGIN")

    def close(self) -> None:
        """Index, check and close."""
        self._database.execute("COMMIT")
        self._database.executescript(_INDEXES)
        (answer,) = self._database.execute("PRAGMA quick_check(1)").fetchone()
        self._database.close()
        if answer != "ok":
            raise sqlite3.DatabaseError(answer)

    def abandon(self) -> None:
        """Close a store that will not be used."""
        self._database.close()


class Store:
    """Looks package versions up in a store. Nothing is written, nothing is fetched."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ecosystems(self) -> dict[str, StoredEcosystem]:
        """What the store holds; empty where there is none. ScannerError when it is damaged."""
        if not self._path.is_file():
            return {}
        try:
            with closing(self._open()) as database:
                rows = database.execute("SELECT * FROM ecosystems").fetchall()
        except sqlite3.Error as error:
            raise _damaged(self._path, error) from error
        return {row[0]: StoredEcosystem(*row) for row in rows}

    def look_up(self, keys: Iterable[Key]) -> Answer:
        """Answer from the store for the ecosystems that it holds."""
        wanted = list(keys)
        try:
            stored = self.ecosystems()
            answer = Answer(databases=tuple(_described(each) for each in stored.values()))
            if stored:
                with closing(self._open()) as database:
                    self._answer(database, wanted, stored, answer)
        except sqlite3.Error as error:
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
            records, reason = _affecting(key, _rows(database, key))
            if reason:
                answer.unanswered[key] = reason
            else:
                answer.records[key] = records

    def _open(self) -> sqlite3.Connection:
        uri = f"{self._path.absolute().as_uri()}?mode=ro&immutable=1"
        database = sqlite3.connect(uri, uri=True)
        (layout,) = database.execute("PRAGMA user_version").fetchone()
        if layout != LAYOUT:
            database.close()
            raise ScannerError(f"{self._path}: is of another version of shopsec", UPDATE)
        return database


def _damaged(path: Path, error: Exception) -> ScannerError:
    return ScannerError(f"{path}: the store of advisories is damaged: {error}", UPDATE)


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
    for id_, modified, affected in database.execute(
        "SELECT id, modified, data FROM malicious WHERE ecosystem = ? AND name = ?", place
    ):
        summary = f"Malicious code in {key.name} ({key.ecosystem})"
        about = {"id": id_, "modified": modified, "summary": summary}
        yield _record(key, about, json.loads(affected))


def _affecting(key: Key, records: Iterable[OsvRecord]) -> tuple[list[OsvRecord], str]:
    """The records that affect a version, or why one of them cannot be told."""
    found: dict[str, OsvRecord] = {}
    for record in records:
        for package in record.affected:
            verdict = evaluate(package.affected, key.version)
            if verdict.state is State.CANNOT_TELL:
                return [], f"{record.id}: {verdict.reason}"
            if verdict.state is State.AFFECTED:
                known = found.get(record.id)
                found[record.id] = record if known is None else _joined(known, record)
    return list(found.values()), ""


def _joined(one: OsvRecord, other: OsvRecord) -> OsvRecord:
    """A record that speaks of a package twice."""
    from dataclasses import replace  # noqa: PLC0415 -- rare

    return replace(one, affected=(*one.affected, *other.affected))


def _advisory_json(ecosystem: str, record: OsvRecord) -> str:
    of_packages = [
        severity
        for each in record.affected
        if base_name(each.affected.ecosystem) == ecosystem
        for severity in each.severity
    ]
    fields: dict[str, Any] = {
        "id": record.id,
        "modified": record.modified,
        "aliases": record.aliases,
        "summary": record.summary,
        "severity": [(s.type, s.score) for s in dict.fromkeys((*record.severity, *of_packages))],
        "word": record.severity_word,
        "cwe": record.cwe_ids,
    }
    kept = {name: value for name, value in fields.items() if value}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False)


def _affected_json(affected: Affected) -> str:
    ranges = [
        [one.type, [[event.kind.value, event.version] for event in one.events]]
        for one in affected.ranges
        if one.type != "GIT"
    ]
    return json.dumps(
        [affected.ecosystem, ranges, listed_outside(affected)],
        separators=(",", ":"),
        ensure_ascii=False,
    )


def _record(key: Key, about: dict[str, Any], stored: list[Any]) -> OsvRecord:
    ecosystem, ranges, versions = stored
    affected = Affected(
        ecosystem,
        key.name,
        tuple(
            Range(kind, tuple(Event(EventKind(what), version) for what, version in events))
            for kind, events in ranges
        ),
        tuple(versions),
    )
    return OsvRecord(
        id=about["id"],
        modified=about.get("modified", ""),
        aliases=tuple(about.get("aliases", ())),
        summary=about.get("summary", ""),
        severity=tuple(SeverityVector(*pair) for pair in about.get("severity", ())),
        severity_word=about.get("word", ""),
        cwe_ids=tuple(about.get("cwe", ())),
        affected=(AffectedPackage(affected),),
    )
