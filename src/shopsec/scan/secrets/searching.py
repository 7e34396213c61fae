"""From files to the places where values stand, and to findings, one a place.

What was found in a file before is not searched for again: see :mod:`shopsec.scan.cache.by_file`.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from shopsec.model import Area, Finding, Role, SourceFile, path_of
from shopsec.scan.base import Ledger, Target
from shopsec.scan.cache.by_file import FileResults, Part
from shopsec.scan.host import Host, Unreadable
from shopsec.scan.secrets.checks import identity_of
from shopsec.scan.secrets.engine import Engine
from shopsec.scan.secrets.hits import Hit
from shopsec.scan.secrets.keywords import BY_NAME
from shopsec.scan.secrets.reading import HEAD, is_binary, text_of
from shopsec.scan.secrets.redaction import Redactor, name_of
from shopsec.scan.secrets.rules import SCANNER
from shopsec.scan.secrets.settling import SILENCED, TOO_MANY, Found, is_sure
from shopsec.scan.secrets.sightings import Sighting, findings_by_place
from shopsec.scan.secrets.silenced import Silenced
from shopsec.scan.secrets.source import Source
from shopsec.scan.secrets.stock_plugins import stock_hits
from shopsec.scan.secrets.table import load_table

# Bytes from which on an automaton that is three times as fast has paid for its building.
_MUCH = 2_000_000


class Clock:
    """The time that a scan and each of its files may take."""

    def __init__(self, target: Target) -> None:
        self._file_seconds = target.settings.limits.file_seconds
        self._ends = time.monotonic() + target.settings.limits.scanner_seconds

    def allows(self, file: SourceFile, ledger: Ledger) -> bool:
        """Whether there is time for one more file; the ledger hears of it where there is none."""
        if time.monotonic() < self._ends:
            return True
        ledger.miss(file.as_item(), "ran out of time")
        return False

    @property
    def deadline(self) -> float:
        """Of a file that is begun now, as a time of time.monotonic()."""
        return min(self._ends, time.monotonic() + self._file_seconds)


class Places(NamedTuple):
    """What was found in files."""

    findings: tuple[Finding, ...]
    """One a place, in the order of the files and of the places in them."""
    identities: Mapping[tuple[str, int], str]
    """What tells the secrets of the files that were searched now apart, by the file's reference
    and the number of the place in it. Holds values."""


class Searched(NamedTuple):
    """What the search of one file gave."""

    sightings: tuple[Sighting, ...] = ()
    digest: bytes | None = None
    """SHA-256 of the content, where another search of it would give the same."""


def engine_for(files: Sequence[SourceFile], target: Target) -> Engine:
    """The engine that searches some files of a target."""
    much = sum(file.size for file in files) > _MUCH
    return Engine(load_table(), midnight(target.today), much=much, others=stock_hits)


def midnight(day: str) -> float:
    """Start of an ISO 8601 date in UTC, in seconds since 1970."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def search_files(
    files: Sequence[SourceFile], target: Target, host: Host, ledger: Ledger, silenced: Silenced
) -> Places:
    """Search those files that were not searched before as they are."""
    repository, clock = target.inventory.repository, Clock(target)
    redactor, folder = Redactor.of(repository), path_of(repository.path_in_repository)
    # The salt makes the digests of values, and what people said to be no secret is left out.
    about = hashlib.sha256(redactor.salt + silenced.digest.digest()).hexdigest()
    results = FileResults(SCANNER, Area.SECRETS, host, silenced.limit, f"{about}\0{folder}")
    parts = results.known(files)
    new = [file for file in files if file.uri not in parts]
    engine = engine_for(new, target) if new else None
    findings: list[Finding] = []
    identities: dict[tuple[str, int], str] = {}
    for file in files:
        part = parts.get(file.uri)
        if part is None and engine is not None:
            if not clock.allows(file, ledger):
                continue
            books = Ledger(SCANNER, Area.SECRETS)
            found = search_file(file, engine, host, clock, silenced, books)
            part = Part(books, tuple(findings_by_place(found.sightings, redactor, folder)))
            results.keep(file, found.digest, part)
            for number, sighting in enumerate(found.sightings):
                identities[file.uri, number] = sighting.identity
        if part is not None:
            ledger.add(part.books)
            findings += part.findings
    results.close()
    return Places(tuple(findings), identities)


def search_file(
    file: SourceFile,
    engine: Engine,
    host: Host,
    clock: Clock,
    silenced: Silenced,
    ledger: Ledger,
) -> Searched:
    """What counts of a file's hits, in their order; the ledger hears of the rest."""
    content = read_file(file, host, silenced.limit, ledger)
    if content is None:
        return Searched()
    # Of a larger file only the head was read.
    digest = hashlib.sha256(content).digest() if len(content) == file.size else None
    if digest is not None:
        host.know(file, digest)
    if not is_text(content, file, silenced.limit, ledger):
        return Searched((), digest)
    source = Source(text_of(content), file.path)
    found = engine.search(source, clock.deadline)
    _book(file, source, found, ledger)
    values = [each.place.value for each in found.hits]
    sightings = []
    for hit in found.hits:
        line = source.line_number(hit.begins)
        reason = out_of_place(file.role, hit)
        if reason:
            ledger.exclude(reason)
        elif not silenced.is_silenced(file, source, line, hit, ledger):
            identity = identity_of(source, hit.rule, hit.place)
            sightings.append(Sighting(file, line, hit, name_of(source, hit, values), identity))
    return Searched(tuple(sightings), digest if found.lasts else None)


def out_of_place(role: Role, hit: Hit) -> str:
    """Why a hit is none in a file of a role, in the ledger's words; empty where it counts."""
    if role is Role.VENDORED and not is_sure(hit):
        return "values in vendored files that are no sure key"
    if role is Role.TEST and hit.rule in BY_NAME:
        # Dummy passwords are what tests are made of; a key in a known format counts there too.
        return "passwords by name in tests"
    return ""


def read_file(file: SourceFile, host: Host, limit: int, ledger: Ledger) -> bytes | None:
    """Content of a file, or the head of one that is too large; None where the ledger hears why."""
    if file.size > limit and file.role is Role.VENDORED:
        ledger.handed_in -= 1
        ledger.exclude(f"vendored files larger than {limit // 1_000} kB")
        return None
    try:
        return host.read(file, limit) if file.size <= limit else host.head(file, HEAD)
    except Unreadable as error:
        ledger.miss(file.as_item(), str(error))
        return None


def is_text(content: bytes, file: SourceFile, limit: int, ledger: Ledger) -> bool:
    """Whether a content is to be searched; the ledger hears why not."""
    if is_binary(content[:HEAD]):
        ledger.handed_in -= 1
        ledger.exclude("binary files")
        return False
    if file.size > limit:
        ledger.miss(file.as_item(), f"larger than {limit // 1_000} kB")
        return False
    return True


def _book(file: SourceFile, source: Source, found: Found, ledger: Ledger) -> None:
    # Of a vendored file only sure keys count, and those come first.
    enough = file.role is Role.VENDORED and found.cut_short == TOO_MANY
    if found.cut_short and not (enough and not all(map(is_sure, found.hits))):
        ledger.miss(file.as_item(), found.cut_short)
    for reason, count in found.left_out.items():
        ledger.exclude(reason, count)
    for offset in found.silenced:
        ledger.exclude(SILENCED, 0, file.as_item(source.line_number(offset)))
