"""What a scanner found in one file, kept by the file's name and content."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import ValidationError

from shopsec.model import Area, Finding, Item, Rule, SourceFile
from shopsec.model.base import Frozen
from shopsec.scan.base import Ledger
from shopsec.scan.cache.own_code import own_code
from shopsec.scan.host import Host
from shopsec.scan.stored_outcome import StoredFindings

_AT_ONCE = 5_000


class _Books(Frozen):
    """What a ledger hears of a file."""

    handed_in: int
    excluded: dict[str, int]
    listed: dict[str, tuple[Item, ...]]
    missed: tuple[tuple[str, Item], ...]


class _Stored(StoredFindings):
    books: _Books


class Part(NamedTuple):
    """What a scanner has to say of one file."""

    books: Ledger
    """What is added to the books of all files."""
    findings: tuple[Finding, ...] = ()
    rules: tuple[Rule, ...] = ()


@dataclass
class FileResults:
    """The parts of one scanner. Without a store, nothing is known and nothing is kept."""

    scanner: str
    area: Area
    host: Host
    limit: int
    """Bytes up to which files are read."""
    circumstances: str
    """All that a part depends on besides the file and shopsec itself."""
    _kept: dict[bytes, bytes] = field(default_factory=dict, init=False)
    _nothing: Part = field(init=False)

    def __post_init__(self) -> None:
        self._nothing = Part(Ledger(self.scanner, self.area))

    def known(self, files: Iterable[SourceFile]) -> dict[str, Part]:
        """Parts of former scans by the files' references."""
        store = self.host.results
        if store is None or not store.size():
            return {}  # of a first scan no digest is needed before the files are read anyway
        asked = list(files)
        found: dict[str, Part] = {}
        # A few at a time: of a large repository, keys and values of all files are much memory.
        for start in range(0, len(asked), _AT_ONCE):
            some = {file.uri: file for file in asked[start : start + _AT_ONCE]}
            digests = self.host.digests(some.values(), self.limit)
            keys = {self._key(some[uri], digest): uri for uri, digest in digests.items()}
            found.update(self._read(keys, store.get(keys)))
        return found

    def _read(
        self, keys: Mapping[bytes, str], values: Mapping[bytes, bytes]
    ) -> Iterator[tuple[str, Part]]:
        for key, value in values.items():
            if not value:
                yield keys[key], self._nothing
                continue
            try:
                found = _Stored.model_validate_json(value)
            except ValidationError:
                continue
            books = Ledger(
                self.scanner,
                self.area,
                handed_in=found.books.handed_in,
                excluded=dict(found.books.excluded),
                listed={reason: list(items) for reason, items in found.books.listed.items()},
                missed=list(found.books.missed),
            )
            yield keys[key], Part(books, found.findings, found.rules)

    def keep(self, file: SourceFile, digest: bytes | None, part: Part) -> None:
        """Keep what was found in a file whose content had this digest, until :meth:`close`."""
        if self.host.results is None or digest is None:
            return
        books = part.books
        if self.slim(part) is self._nothing:
            value = b""
        else:
            value = (
                _Stored(
                    findings=part.findings,
                    rules=part.rules,
                    books=_Books(
                        handed_in=books.handed_in,
                        excluded=books.excluded,
                        listed={reason: tuple(items) for reason, items in books.listed.items()},
                        missed=tuple(books.missed),
                    ),
                )
                .model_dump_json()
                .encode()
            )
        self._kept[self._key(file, digest)] = value

    def slim(self, part: Part) -> Part:
        """The same part; of most files there is nothing to say, and one such does for all."""
        books = part.books
        told = books.handed_in or books.excluded or books.listed or books.missed or part.findings
        return part if told else self._nothing

    def close(self) -> None:
        """Write all that was kept."""
        if self.host.results is not None:
            self.host.results.put(self.scanner, self._kept)

    def _key(self, file: SourceFile, digest: bytes) -> bytes:
        about = f"{own_code()}\0{self.scanner}\0{self.circumstances}\0{file.uri}\0{file.role}\0"
        return hashlib.sha256(about.encode() + digest).digest()
