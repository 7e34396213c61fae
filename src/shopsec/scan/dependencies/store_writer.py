"""Fills a store of advisories, for an update."""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shopsec.scan.dependencies.osv_record import AffectedPackage, OsvRecord, SeverityVector
from shopsec.scan.dependencies.ranges import listed_outside
from shopsec.scan.dependencies.store_layout import LAYOUT, StoredEcosystem, read_only, seal
from shopsec.scan.dependencies.versions import SYSTEMS, base_name, normalised_name, scope

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
                    (*_place(each), record.id, record.modified, " ".join(record.aliases),
                     _affected_json(each))
                    for each in entries
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
            [(*_place(each), self._number, _affected_json(each)) for each in entries],
        )

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
        self._database.execute("ATTACH ? AS old", (read_only(old),))
        self._database.execute("BEGIN")
        offset = self._number
        select = "WHERE ecosystem = ?1 OR ecosystem GLOB ?1 || ':*'"  # a system's releases
        self._database.execute(
            "INSERT INTO ecosystems SELECT * FROM old.ecosystems WHERE name = ?", (ecosystem,)
        )
        for table, columns in (
            ("advisories", "number + ?2, ecosystem, data"),
            ("affected", "ecosystem, name, advisory + ?2, data"),
        ):
            self._database.execute(
                f"INSERT INTO {table} SELECT {columns} FROM old.{table} {select}",  # noqa: S608
                (ecosystem, offset),
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


def _advisory_json(ecosystem: str, record: OsvRecord) -> str:
    fields: dict[str, Any] = {
        "id": record.id,
        "modified": record.modified,
        "aliases": record.aliases,
        "summary": record.summary,
        "severity": _pairs(record.severity),
        "word": record.severity_word,
        "cwe": record.cwe_ids,
    }
    if ecosystem in SYSTEMS:
        fields["upstream"] = record.upstream
    kept = {name: value for name, value in fields.items() if value}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False)


def _place(package: AffectedPackage) -> tuple[str, str]:
    """What it is found by: the ecosystem, of a system with its release, and the name."""
    ecosystem, name = package.affected.ecosystem, package.affected.name
    return scope(ecosystem), normalised_name(ecosystem, name)


def _pairs(severity: Iterable[SeverityVector]) -> list[list[str]]:
    return [[each.type, each.score] for each in severity]


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
