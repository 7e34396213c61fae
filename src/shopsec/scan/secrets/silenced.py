"""What people have said to be no secret, in files that they made for other scanners."""

import hashlib
from collections.abc import Container
from typing import TYPE_CHECKING

from shopsec.model import Item, Location, SourceFile, display_path, uri_of
from shopsec.scan.base import Ledger, Target
from shopsec.scan.host import Host, Unreadable
from shopsec.scan.secrets.gitleaks_ignore import GitleaksIgnore, read_gitleaks_ignore
from shopsec.scan.secrets.hits import Hit
from shopsec.scan.secrets.secrets_baseline import BaselineError, SecretsBaseline, read_baseline
from shopsec.scan.secrets.source import Source

if TYPE_CHECKING:
    from shopsec.scan.secrets.history import PastPlace

BASELINE_NAME, IGNORE_NAME = ".secrets.baseline", ".gitleaksignore"
NAMES = (BASELINE_NAME, IGNORE_NAME)
"""The files, which stand at the top of the folder that is scanned."""
OF_THE_PAST = "values in old commits that the files for other scanners silence"


class Silenced:
    """What the repository's files for other scanners say: .secrets.baseline, .gitleaksignore.

    Each hit that they silence is counted; nothing that they name is loaded or run.
    """

    def __init__(self, target: Target, host: Host, ledger: Ledger) -> None:
        self._ledger = ledger
        self.limit = target.settings.limits.file_bytes
        self.digest = hashlib.sha256()
        """Of all that was read: it says which hits count."""
        self._baseline, self._ignore = SecretsBaseline(), GitleaksIgnore()
        inventory, searched = target.inventory, {file.uri for file in target.files}
        if target.silencers is not None:
            for name, content in target.silencers.items():
                item = Item(name=name, location=Location(uri=name))
                reason = self._taken(name, content)
                if name in inventory.by_uri or target.share is None or target.share.leads:
                    self._book(item, reason, searched, handed_in=name in inventory.by_uri)
            return
        for file in (*inventory.files, *inventory.beside):
            if file.uri in NAMES:
                handed_in = file not in inventory.beside
                self._book(
                    file.as_item(),
                    self._read(file, host, handed_in=handed_in),
                    searched,
                    handed_in=handed_in,
                )

    def _read(self, file: SourceFile, host: Host, *, handed_in: bool) -> str:
        try:
            return self._taken(file.uri, host.read(file, self.limit))
        except Unreadable as error:
            # Where it is searched itself, it is named there.
            return "" if handed_in else f"silences nothing: {error}"

    def _taken(self, name: str, content: bytes) -> str:
        """Take a file's word; the answer is why not all of it can be."""
        self.digest.update(f"{name}\0{len(content)}\0".encode() + content)
        try:
            if name == BASELINE_NAME:
                self._baseline = read_baseline(content)
                return ""
            self._ignore = read_gitleaks_ignore(content)
        except BaselineError as error:
            return f"silences nothing: {error}"
        return self._ignore.cut_short

    def _book(self, item: Item, reason: str, searched: Container[str], *, handed_in: bool) -> None:
        """Tell the ledger, unless another runner that searches the file itself does."""
        mine = not handed_in or (item.location is not None and item.location.uri in searched)
        if reason and mine:
            self._ledger.handed_in += not handed_in
            self._ledger.miss(item, reason)

    def is_silenced_past(self, place: "PastPlace", value: str) -> bool:
        """Somebody said so of this value in an old commit; it is counted."""
        path, line = place.path, place.line
        if self._baseline.is_audited_false(path, value) or self._ignore.ignores(path, line):
            uri = uri_of(path)
            name = f"{display_path(uri)} in commit {place.commit[:12]}"
            item = Item(name=name, location=Location(uri=uri, start_line=line))
            self._ledger.exclude(OF_THE_PAST, item=item)
            return True
        return False

    def is_silenced(
        self, file: SourceFile, source: Source, line: int, hit: Hit, ledger: Ledger
    ) -> bool:
        """Somebody said so of this hit; it is counted."""
        if self._baseline.silences(source, hit):
            ledger.exclude(
                f"values audited as no secret in {BASELINE_NAME}", item=file.as_item(line)
            )
            return True
        if self._ignore.ignores(source.path, line):
            ledger.exclude(f"findings named in {IGNORE_NAME}", item=file.as_item(line))
            return True
        return False
