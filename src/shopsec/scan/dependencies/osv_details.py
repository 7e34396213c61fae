"""Advisories that were fetched once, by id and time of change. Losing them costs requests only."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

from shopsec.errors import ScannerError
from shopsec.scan.dependencies.osv_record import OsvRecord, parse

FILE_NAME = "osv-details.sqlite"
_MOST = 20_000
"""Advisories kept; when there are more, those fetched longest ago go."""


class DetailCache:
    """A file of advisories. Whatever is wrong with it, it is only not used."""

    def __init__(self, folder: Path | None) -> None:
        """Without a folder, nothing is known and nothing is kept."""
        self._path = folder / FILE_NAME if folder else None

    def read(self, names: set[tuple[str, str]]) -> dict[tuple[str, str], OsvRecord]:
        """Those that are there and can be read."""
        found: dict[tuple[str, str], OsvRecord] = {}
        try:
            if self._path is None or not self._path.is_file():
                return found
        except OSError:
            return found
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path, timeout=5)) as database:
            for id_, modified in names:
                row = database.execute(
                    "SELECT CAST(data AS BLOB) FROM advisories WHERE id = ? AND modified = ?",
                    (id_, modified),
                ).fetchone()
                if row is not None:
                    with suppress(ScannerError):
                        found[id_, modified] = parse(row[0])
        return found

    def write(self, contents: Mapping[tuple[str, str], bytes]) -> None:
        """Keep these, in place of older versions of them."""
        if self._path is None or not contents:
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._write(self._path, contents)
        except sqlite3.DatabaseError:
            with suppress(OSError):
                self._path.unlink()  # damaged: the next run begins anew

    @staticmethod
    def _write(path: Path, contents: Mapping[tuple[str, str], bytes]) -> None:
        with closing(sqlite3.connect(path, timeout=5)) as database, database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS advisories"
                " (id TEXT PRIMARY KEY, modified TEXT NOT NULL, data BLOB NOT NULL)"
            )
            database.executemany(
                "INSERT OR REPLACE INTO advisories VALUES (?, ?, ?)",
                [(id_, modified, data) for (id_, modified), data in contents.items()],
            )
            database.execute(
                "DELETE FROM advisories WHERE rowid NOT IN"
                " (SELECT rowid FROM advisories ORDER BY rowid DESC LIMIT ?)",
                (_MOST,),
            )
