"""Reads the files that findings are in, once each, for what reports show of them."""

import time
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from shopsec.model import FileText, lines_of
from shopsec.scan.base import Target
from shopsec.scan.host import Host, Unreadable

if TYPE_CHECKING:
    from shopsec.scan.secrets.masking import Masker


class Texts:
    """Texts of a repository's files by their references, as findings have them."""

    def __init__(self, target: Target, host: Host) -> None:
        folder = target.inventory.repository.path_in_repository
        self._prefix = f"{folder}/" if folder else ""
        self._files = target.inventory.by_uri
        self._host = host
        self._limits = target.settings.limits
        self._today = target.today
        # For all of them: a report without snippets is better than one that comes late.
        self._deadline = time.monotonic() + self._limits.file_seconds

    @cached_property
    def _masker(self) -> "Masker":
        from shopsec.scan.secrets.masking import Masker  # noqa: PLC0415 -- not where all is clean

        return Masker(datetime.fromisoformat(self._today).replace(tzinfo=UTC).timestamp())

    def read(self, uri: str) -> FileText | None:
        """The text of a file; None where there is none to be had, which the ledger has said."""
        file = self._files.get(uri.removeprefix(self._prefix))
        if file is None:
            return None
        try:
            content = self._host.read(file, self._limits.file_bytes)
        except Unreadable:
            return None
        texts = self._masker.masked(content, file.path, self._deadline)
        if texts is None:
            return None
        plain, shown = texts
        return FileText(lines_of(plain), None if shown is None else lines_of(shown))
