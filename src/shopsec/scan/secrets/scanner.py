"""The secrets of a repository's files, one finding a value with all its places."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from shopsec import __version__
from shopsec.model import (
    Area,
    Database,
    Item,
    Role,
    ScannerRun,
    SourceFile,
    Status,
    path_of,
    uri_of,
)
from shopsec.scan.base import Ledger, Outcome, Readiness, Target, of_package
from shopsec.scan.host import Host, Unreadable
from shopsec.scan.secrets.checks import identity_of
from shopsec.scan.secrets.engine import Engine
from shopsec.scan.secrets.history import HistoryOutcome, PastSecret, search_history
from shopsec.scan.secrets.hits import Hit
from shopsec.scan.secrets.keywords import BY_NAME
from shopsec.scan.secrets.past import Past
from shopsec.scan.secrets.reading import HEAD, is_binary, text_of
from shopsec.scan.secrets.redaction import Redactor, name_of
from shopsec.scan.secrets.rules import SCANNER, rules
from shopsec.scan.secrets.secrets_baseline import ListedSecret, listed
from shopsec.scan.secrets.settling import SILENCED, TOO_MANY, Found, is_sure
from shopsec.scan.secrets.sightings import Sighting, findings_by_place, findings_of
from shopsec.scan.secrets.silenced import Silenced
from shopsec.scan.secrets.source import Source
from shopsec.scan.secrets.stock_plugins import stock_hits
from shopsec.scan.secrets.table import load_table, table_digest

_HISTORY = "the history of git"
# What the cache of a history was made with, besides the formats: raise it with the search.
_SEARCH = 2
# Bytes from which on an automaton that is three times as fast has paid for its building.
_MUCH = 2_000_000


class Secrets:
    """Finds credentials in files, and where it is given one, in a history."""

    name = SCANNER
    area = Area.SECRETS

    def __init__(self, past: Past | None = None) -> None:
        self._past = past

    def scan(self, target: Target, host: Host) -> Outcome:
        """Search every file; of vendored ones those that are committed, for sure keys.

        Where this runner has a share of the files only, there is a finding for each place: which
        places have one value is for :mod:`shopsec.scan.secrets.joining` to say.
        """
        limits = target.settings.limits
        formats = load_table()
        own = files_of(target)
        engine = engine_for(own, target)
        ledger = Ledger(
            self.name,
            self.area,
            version=f"{len(formats)} formats",
            handed_in=len(own),
            next_step="see the reasons; exclude = [...] in shopsec.toml leaves files out",
        )
        ledger.exclude("vendored files", len(target.files) - len(own))
        silenced = Silenced(target, host, ledger)
        ends = time.monotonic() + limits.scanner_seconds
        sightings: list[Sighting] = []
        for file in own:
            now = time.monotonic()
            if now >= ends:
                ledger.miss(file.as_item(), "ran out of time")
                continue
            deadline = min(ends, now + limits.file_seconds)
            sightings.extend(sightings_in(file, engine, host, deadline, silenced, ledger))
        note = ""
        if self._past is not None:
            try:
                note = self._search_past(
                    self._past, engine, host, target, ledger, sightings, silenced
                )
            except Exception as error:  # noqa: BLE001 -- the files' own findings must not be lost
                ledger.miss(Item(name=_HISTORY), f"a bug in shopsec: {type(error).__name__}")
        repository = target.inventory.repository
        redactor, folder = Redactor.of(repository), path_of(repository.path_in_repository)
        found = findings_of if target.share is None else findings_by_place
        findings = tuple(found(sightings, redactor, folder))
        used = {finding.rule_id for finding in findings}
        return Outcome(
            _closed(ledger, note, found=bool(sightings)),
            findings,
            tuple(rule for id_, rule in rules().items() if id_ in used),
        )

    def check(self, target: Target, host: Host) -> Readiness:
        """Say what is searched for; detect-secrets' plugins come with it."""
        del host
        count = sum(map(_is_searched, target.inventory.files))
        found = of_package(self.name, self.area, "files", count, "detect-secrets")
        formats = Database(name=f"{len(load_table())} formats of secrets", embedded=True)
        return replace(found, databases=(formats,))

    def _search_past(
        self,
        past: Past,
        engine: Engine,
        host: Host,
        target: Target,
        ledger: Ledger,
        sightings: list[Sighting],
        silenced: Silenced,
    ) -> str:
        """Add what old commits hold; what the ledger should say of it in words."""
        limits = target.settings.limits
        ledger.handed_in += 1
        key = f"{__version__} {_SEARCH} {table_digest()} {target.today[:7]}"
        outcome = search_history(
            past.history,
            engine,
            key,
            Path(host.cache),
            since=past.since,
            limit=limits.file_bytes,
            deadline=time.monotonic() + limits.scanner_seconds,
        )
        _book_past(outcome, ledger)
        for secret in outcome.secrets:
            sightings.extend(_past_sightings(secret, past, silenced, ledger))
        searched = f"{outcome.searched} contents of old commits searched"
        return (
            f"{searched}, {outcome.from_cache} known to be clean"
            if outcome.from_cache
            else searched
        )


def engine_for(files: Sequence[SourceFile], target: Target) -> Engine:
    """The engine that searches some files of a target."""
    much = sum(file.size for file in files) > _MUCH
    return Engine(load_table(), _midnight(target.today), much=much, others=stock_hits)


def _closed(ledger: Ledger, note: str, *, found: bool) -> ScannerRun:
    run = ledger.close(note)
    if run.handed_in and not run.covered and not found:
        return ledger.close("no file could be searched", Status.FAILED)
    return run


def files_of(target: Target) -> list[SourceFile]:
    """Files of a target that are searched."""
    return [file for file in target.files if _is_searched(file)]


def _is_searched(file: SourceFile) -> bool:
    """What others wrote is theirs, but a key in a file that is committed is the shop's."""
    return file.role is not Role.VENDORED or file.tracked


def _out_of_place(role: Role, hit: Hit) -> str:
    """Why a hit is none in a file of a role, in the ledger's words; empty where it counts."""
    if role is Role.VENDORED and not is_sure(hit):
        return "values in vendored files that are no sure key"
    if role is Role.TEST and hit.rule in BY_NAME:
        # Dummy passwords are what tests are made of; a key in a known format counts there too.
        return "passwords by name in tests"
    return ""


def _book_past(outcome: HistoryOutcome, ledger: Ledger) -> None:
    for problem in outcome.problems:
        ledger.miss(Item(name=_HISTORY), problem)
    for reason, count in outcome.left_out.items():
        ledger.exclude(_of_the_past(reason), count)
    ledger.exclude("binary contents of old commits", outcome.binary)
    ledger.exclude("contents of old commits that are too large", outcome.too_large)


def _of_the_past(reason: str) -> str:
    """The same reason, apart: what is in the files and in a commit must not be counted as two."""
    return reason if reason.endswith("old commits") else f"{reason}, in old commits"


def _past_sightings(
    secret: PastSecret, past: Past, silenced: Silenced, ledger: Ledger
) -> Iterator[Sighting]:
    for place in secret.places:
        role = past.role_of(place.path)
        reason = _out_of_place(role, secret.hit)
        if reason:
            ledger.exclude(_of_the_past(reason))
        elif not silenced.is_silenced_past(place, secret.value):
            file = SourceFile(uri_of(place.path), 0, role, tracked=True)
            yield Sighting(
                file, place.line, secret.hit, secret.name, secret.identity,
                place, secret.still_in_head,
            )  # fmt: skip


def sightings_in(
    file: SourceFile,
    engine: Engine,
    host: Host,
    deadline: float,
    silenced: Silenced,
    ledger: Ledger,
) -> Iterator[Sighting]:
    """What counts of a file's hits, in their order; the ledger hears of the rest."""
    content = _content(file, host, silenced.limit, ledger)
    if content is None:
        return
    source = Source(text_of(content), file.path)
    found = engine.search(source, deadline)
    _book(file, source, found, ledger)
    values = [each.place.value for each in found.hits]
    for hit in found.hits:
        line = source.line_number(hit.begins)
        reason = _out_of_place(file.role, hit)
        if reason:
            ledger.exclude(reason)
        elif not silenced.is_silenced(file, source, line, hit):
            identity = identity_of(source, hit.rule, hit.place)
            yield Sighting(file, line, hit, name_of(source, hit, values), identity)


def _book(file: SourceFile, source: Source, found: Found, ledger: Ledger) -> None:
    # Of a vendored file only sure keys count, and those come first.
    enough = file.role is Role.VENDORED and found.cut_short == TOO_MANY
    if found.cut_short and not (enough and not all(map(is_sure, found.hits))):
        ledger.miss(file.as_item(), found.cut_short)
    for reason, count in found.left_out.items():
        ledger.exclude(reason, count)
    for offset in found.silenced:
        ledger.exclude(SILENCED, 0, file.as_item(source.line_number(offset)))


def _content(file: SourceFile, host: Host, limit: int, ledger: Ledger) -> bytes | None:
    """What is to be searched; None where there is nothing, which the ledger hears of."""
    if file.size > limit and file.role is Role.VENDORED:
        ledger.handed_in -= 1
        ledger.exclude(f"vendored files larger than {limit // 1_000} kB")
        return None
    try:
        content = host.read(file, limit) if file.size <= limit else host.head(file, HEAD)
    except Unreadable as error:
        ledger.miss(file.as_item(), str(error))
        return None
    if is_binary(content[:HEAD]):
        ledger.handed_in -= 1
        ledger.exclude("binary files")
        return None
    if file.size > limit:
        ledger.miss(file.as_item(), f"larger than {limit // 1_000} kB")
        return None
    return content


def listed_secrets(target: Target, host: Host) -> Iterator[ListedSecret]:
    """Everything that a scan finds, before any person's answer, for a .secrets.baseline."""
    ledger = Ledger(SCANNER, Area.SECRETS)
    engine = Engine(load_table(), _midnight(target.today), much=True)
    limits = target.settings.limits
    for file in filter(_is_searched, target.inventory.files):
        content = _content(file, host, limits.file_bytes, ledger)
        if content is not None:
            source = Source(text_of(content), file.path)
            deadline = time.monotonic() + limits.file_seconds
            for hit in engine.search(source, deadline).hits:
                if file.role is not Role.VENDORED or is_sure(hit):
                    yield listed(source, hit)


def _midnight(day: str) -> float:
    """Start of an ISO 8601 date in UTC, in seconds since 1970."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
