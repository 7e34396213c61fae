"""One SQLite file of results by key. Whatever is wrong with it, it is only not used.

A key is a digest of all that a result depends on, so an entry is never outdated, only unused. Each
has a check sum: what a damaged disk or another program made of it is not taken for a result.
"""

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass

FILE_NAME = "results.sqlite3"
LIMIT = 200_000_000
"""Bytes of the file; beyond, what was not used for longest goes."""

_LAYOUT = 1
"""Of the tables (PRAGMA user_version); a file with another one begins anew."""
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS entries (
        key BLOB PRIMARY KEY, scanner TEXT NOT NULL, value BLOB NOT NULL, sum BLOB NOT NULL,
        used INTEGER NOT NULL
    )
"""
# Two scans at once wait for each other's one transaction; no scan waits for long.
_BUSY_SECONDS = 2
_ASKED_AT_ONCE = 500
# After making room, so that not every scan has to.
_FILLED = 0.8
# Of one entry, and of all that one scanner leaves at once, as shares of the limit.
_LARGEST, _MOST = 0.05, 0.5
# Besides its value, roughly: key, check sum, name and what a row of the table needs itself.
_ROW_BYTES = 150
_SECONDS_OF_DAY = 86_400


@dataclass(frozen=True)
class Held:
    """What a store holds of one scanner."""

    scanner: str
    entries: int
    bytes: int


class ResultStore:
    """Values by key. Safe to use from several threads and processes at once."""

    def __init__(
        self, folder: str, limit: int = LIMIT, clock: Callable[[], float] = time.time
    ) -> None:
        """``limit`` is in bytes; ``clock`` tells seconds since 1970, right or wrong."""
        self.path = os.path.join(folder, FILE_NAME)
        self._limit = limit
        self._day = int(clock() // _SECONDS_OF_DAY)

    def get(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The values that are there, by key."""
        asked = list(keys)
        if not asked or not os.path.isfile(self.path):
            return {}
        try:
            with closing(self._open()) as database:
                found, untouched = {}, []
                for start in range(0, len(asked), _ASKED_AT_ONCE):
                    for key, value, total, day in _rows(
                        database, asked[start : start + _ASKED_AT_ONCE]
                    ):
                        if total == _sum(key, value):
                            found[key] = value
                        if day != self._day:
                            untouched.append(key)
                self._touch(database, untouched)
        except (sqlite3.Error, OSError, TypeError) as error:
            self._heal(error)
            return {}
        return found

    def put(self, scanner: str, values: Mapping[bytes, bytes]) -> None:
        """Keep values in one transaction, all or none of them."""
        if not values:
            return
        try:
            self._make()
            with closing(self._open()) as database:
                database.execute("BEGIN IMMEDIATE")
                database.executemany(
                    "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)",
                    self._new_rows(scanner, values),
                )
                self._make_room(database)
                database.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            self._heal(error)

    def _new_rows(
        self, scanner: str, values: Mapping[bytes, bytes]
    ) -> Iterator[tuple[bytes, str, bytes, bytes, int]]:
        room = int(self._limit * _MOST)
        for key, value in values.items():
            size = len(value) + _ROW_BYTES
            if size <= self._limit * _LARGEST and size <= room:
                room -= size
                yield key, scanner, value, _sum(key, value), self._day

    def held(self) -> list[Held]:
        """What is there, by the scanner's name."""
        if not os.path.isfile(self.path):
            return []
        try:
            with closing(self._open()) as database:
                rows = database.execute(
                    "SELECT scanner, COUNT(*), SUM(LENGTH(value)) FROM entries"
                    " GROUP BY scanner ORDER BY scanner"
                ).fetchall()
        except (sqlite3.Error, OSError) as error:
            self._heal(error)
            return []
        return [Held(str(scanner), int(count), int(size)) for scanner, count, size in rows]

    def size(self) -> int:
        """Bytes of the file."""
        try:
            return os.path.getsize(self.path)
        except OSError:
            return 0

    def clear(self) -> None:
        """Remove the file; OSError where that cannot be done."""
        # The journal first: a new file must not be mended by what an old one left.
        for path in (f"{self.path}-journal", self.path):
            with suppress(FileNotFoundError):
                os.unlink(path)

    def _make(self) -> None:
        """Make the file where there is none: for its owner's eyes only."""
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            (layout,) = database.execute("PRAGMA user_version").fetchone()
            if layout == 0:
                database.execute(_SCHEMA)
                database.execute(f"PRAGMA user_version = {_LAYOUT}")
            elif layout != _LAYOUT:
                raise sqlite3.DatabaseError(f"layout {layout}")
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _touch(self, database: sqlite3.Connection, keys: Sequence[bytes]) -> None:
        """Note that entries were used on this day; where that cannot be noted, it need not be."""
        if not keys:
            return
        with suppress(sqlite3.OperationalError):
            database.execute("BEGIN IMMEDIATE")
            database.executemany(
                "UPDATE entries SET used = ? WHERE key = ?", [(self._day, key) for key in keys]
            )
            database.execute("COMMIT")

    def _make_room(self, database: sqlite3.Connection) -> None:
        """Let go of what was not used for longest; a day to come is one of a wrong clock."""
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        (free,) = database.execute("PRAGMA freelist_count").fetchone()
        (page_bytes,) = database.execute("PRAGMA page_size").fetchone()
        excess = (pages - free) * page_bytes - self._limit
        if excess <= 0:
            return
        excess += int(self._limit * (1 - _FILLED))
        going = []
        for key, size in database.execute(
            "SELECT key, LENGTH(value) FROM entries ORDER BY used > ? DESC, used, rowid",
            (self._day,),
        ):
            if excess <= 0:
                break
            going.append((key,))
            excess -= size + _ROW_BYTES
        database.executemany("DELETE FROM entries WHERE key = ?", going)

    def _heal(self, error: Exception) -> None:
        """Remove a file that is none of ours; one that is in use, or on a full disk, stays."""
        # That the tables are other ones is, to SQLite, an operational error like those two.
        other_tables = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
        if other_tables or not isinstance(error, (sqlite3.OperationalError, OSError)):
            with suppress(OSError):
                self.clear()


def _rows(
    database: sqlite3.Connection, keys: Sequence[bytes]
) -> list[tuple[bytes, bytes, bytes, int]]:
    marks = ",".join("?" * len(keys))
    return database.execute(
        f"SELECT key, value, sum, used FROM entries WHERE key IN ({marks})",  # noqa: S608 -- marks
        keys,
    ).fetchall()


def _sum(key: bytes, value: bytes) -> bytes:
    return hashlib.blake2b(key + value, digest_size=16).digest()
