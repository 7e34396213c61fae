"""What a complete search of a history leaves for the next one: ids and counts, never contents."""

import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

CACHE_FILE = "history.sqlite3"

BUSY_SECONDS = 5
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS searched (
        repository TEXT PRIMARY KEY, table_key TEXT, tips TEXT, again TEXT, held TEXT, books TEXT)
"""
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True)
class SearchedHistory:
    """What a complete run leaves for the next one."""

    tips: Sequence[str] = ()
    again: Sequence[tuple[str, str]] = ()
    """(id of a content to search again, commit that brought it), the newest first."""
    held: Sequence[str] = ()
    """Other contents that have the same values: searched again when HEAD has them."""
    books: Mapping[str, int] = field(default_factory=dict)
    """How many contents were searched or binary; what was left out, but in those of ``again``."""


class HistoryCache:
    """One file for all repositories. Where it cannot be used, every run is the first one."""

    def __init__(self, folder: Path | None, identity: str, table_key: str) -> None:
        self._file = folder / CACHE_FILE if folder else None
        self._repository = hashlib.sha256(os.fsencode(identity)).hexdigest()
        self._table = hashlib.sha256(table_key.encode()).hexdigest()

    def read(self) -> SearchedHistory:
        """What the last complete run with the same table left."""
        if self._file is None or not self._file.exists():
            return SearchedHistory()
        try:
            with closing(self._open(self._file)) as connection:
                return self._read(connection)
        except (sqlite3.Error, OSError, ValueError, TypeError, AttributeError) as error:
            self._heal(error)
            return SearchedHistory()

    def write(self, state: SearchedHistory) -> None:
        """Replace what is known of the repository."""
        if self._file is None:
            return
        row = (self._repository, self._table, *_stored(state))
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._open(self._file)) as connection:
                connection.execute("INSERT OR REPLACE INTO searched VALUES (?, ?, ?, ?, ?, ?)", row)
        except (sqlite3.Error, OSError) as error:
            self._heal(error)

    @staticmethod
    def _open(file: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute(_SCHEMA)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _read(self, connection: sqlite3.Connection) -> SearchedHistory:
        row = connection.execute(
            "SELECT tips, again, held, books FROM searched WHERE repository = ? AND table_key = ?",
            (self._repository, self._table),
        ).fetchone()
        return _state(*row) if row else SearchedHistory()

    def _heal(self, error: Exception) -> None:
        """Remove a file that is none of ours; one that is merely in use stays."""
        if self._file and not isinstance(error, (sqlite3.OperationalError, OSError)):
            with suppress(OSError):
                self._file.unlink()


def _stored(state: SearchedHistory) -> tuple[str, ...]:
    again = [f"{blob} {commit}" for blob, commit in state.again]
    return (*("\n".join(ids) for ids in (state.tips, again, state.held)), json.dumps(state.books))


def _state(tips: str, again: str, held: str, books: str) -> SearchedHistory:
    """The opposite of ``_stored``; ValueError for what is not made by it."""
    pairs = [line.split(" ") for line in again.splitlines()]
    ids = [*tips.splitlines(), *held.splitlines(), *(each for pair in pairs for each in pair)]
    counts = {str(key): int(count) for key, count in json.loads(books).items()}
    if any(len(pair) != 2 for pair in pairs) or not all(map(_ID.fullmatch, ids)):
        raise ValueError("not ids")
    return SearchedHistory(
        tips.splitlines(), [(pair[0], pair[1]) for pair in pairs], held.splitlines(), counts
    )
