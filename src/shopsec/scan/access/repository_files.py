"""The files of the folder that is scanned, and the table of lifecycles, as resources see them."""

import datetime
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shopsec.errors import PolicyError
from shopsec.model import Database, SourceFile
from shopsec.policy.lifecycle import (
    FILE_NAME,
    Lifecycles,
    embedded_lifecycles,
    newest_lifecycles,
)
from shopsec.scan.access.documents import as_utf8
from shopsec.scan.base import Target
from shopsec.scan.host import Host


@dataclass(frozen=True)
class RepositoryFiles:
    """The inventory's files, read through the host."""

    target: Target
    host: Host
    lifecycles: Lifecycles
    memo: dict[str, Any] = field(default_factory=dict)

    @property
    def whole_repository(self) -> bool:
        """False for a folder of a larger repository, and for what the next commit changes."""
        inventory = self.target.inventory
        return not inventory.repository.path_in_repository and not inventory.staged

    @property
    def remote(self) -> str:
        """Address of the origin; empty where there is none."""
        return self.target.inventory.repository.remote or ""

    @property
    def today(self) -> datetime.date:
        """The day that stands for now."""
        return datetime.date.fromisoformat(self.target.today)

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """All of them, sorted by name."""
        return self.target.inventory.files

    def read(self, file: SourceFile) -> bytes:
        """Content of one file in UTF-8; Unreadable where there is none to be had."""
        return as_utf8(self.host.read(file, self.target.settings.limits.file_bytes))

    def find(self, uri: str) -> SourceFile | None:
        """The file of a name, or None."""
        return self.target.inventory.by_uri.get(uri)


def known_lifecycles(host: Host, target: Target) -> tuple[Lifecycles, Database, str]:
    """The table of lifecycles, its entry in the ledger, and what there is to say about it."""
    note = ""
    try:
        table = newest_lifecycles(Path(host.cache) / FILE_NAME)
    except PolicyError as error:
        table = embedded_lifecycles()
        note = f"the refreshed product lifecycles cannot be used, see to it: {error.message}"
    name = "product lifecycles"
    age = table.stale_days(datetime.date.fromisoformat(target.today))
    if age:
        name += f", {age} days old"
        note = note or f"ends of support announced in the last {age} days are not known here"
    return table, Database(name=name, date=table.as_of.isoformat()), note
