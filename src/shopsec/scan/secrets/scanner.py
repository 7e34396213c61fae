"""The secrets of a repository's files, one finding a value with all its places."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from shopsec import __version__
from shopsec.model import (
    Area,
    Database,
    Finding,
    Item,
    Role,
    ScannerRun,
    SourceFile,
    Status,
    path_of,
    uri_of,
)
from shopsec.scan.base import BUG, Ledger, Outcome, Readiness, Target, of_package
from shopsec.scan.host import Host
from shopsec.scan.secrets.engine import Engine
from shopsec.scan.secrets.history import HistoryOutcome, PastSecret, search_history
from shopsec.scan.secrets.joining import join_places
from shopsec.scan.secrets.past import Past
from shopsec.scan.secrets.reading import text_of
from shopsec.scan.secrets.redaction import Redactor
from shopsec.scan.secrets.rules import SCANNER, rules
from shopsec.scan.secrets.searching import (
    Clock,
    engine_for,
    is_text,
    midnight,
    out_of_place,
    read_file,
    search_file,
    search_files,
)
from shopsec.scan.secrets.secrets_baseline import ListedSecret, listed
from shopsec.scan.secrets.settling import is_sure
from shopsec.scan.secrets.sightings import Sighting, findings_of
from shopsec.scan.secrets.silenced import Silenced
from shopsec.scan.secrets.source import Source
from shopsec.scan.secrets.table import load_table, table_digest

_HISTORY = "the history of git"
# What the cache of a history was made with, besides the formats: raise it with the search.
_SEARCH = 2


class Secrets:
    """Finds credentials in files, and where it is given one, in a history."""

    name = SCANNER
    area = Area.SECRETS

    def __init__(self, past: Past | None = None) -> None:
        self._past = past
        self._note = ""

    def scan(self, target: Target, host: Host) -> Outcome:
        """Search every file; of vendored ones those that are committed, for sure keys.

        Where this runner has a share of the files only, there is a finding for each place: which
        places have one value is for :mod:`shopsec.scan.secrets.joining` to say.
        """
        formats = load_table()
        own = files_of(target)
        ledger = Ledger(
            self.name,
            self.area,
            version=f"{len(formats)} formats",
            handed_in=len(own),
            next_step="see the reasons; exclude = [...] in shopsec.toml leaves files out",
        )
        ledger.exclude("vendored files", len(target.files) - len(own))
        silenced = Silenced(target, host, ledger)
        findings = (
            self._in_files(own, target, host, ledger, silenced)
            if self._past is None
            else self._with_past(self._past, own, target, host, ledger, silenced)
        )
        used = {finding.rule_id for finding in findings}
        return Outcome(
            _closed(ledger, self._note, found=bool(findings)),
            findings,
            tuple(rule for id_, rule in rules().items() if id_ in used),
        )

    @staticmethod
    def _in_files(
        own: Sequence[SourceFile], target: Target, host: Host, ledger: Ledger, silenced: Silenced
    ) -> tuple[Finding, ...]:
        places = search_files(own, target, host, ledger, silenced)
        if target.share is not None:
            return places.findings
        return join_places(places.findings, target, host, places.identities)

    def _with_past(
        self,
        past: Past,
        own: Sequence[SourceFile],
        target: Target,
        host: Host,
        ledger: Ledger,
        silenced: Silenced,
    ) -> tuple[Finding, ...]:
        engine, clock = engine_for(own, target), Clock(target)
        sightings: list[Sighting] = []
        for file in own:
            if clock.allows(file, ledger):
                sightings += search_file(file, engine, host, clock, silenced, ledger).sightings
        try:
            self._note = self._search_past(past, engine, host, target, ledger, sightings, silenced)
        except Exception as error:  # noqa: BLE001 -- the files' own findings must not be lost
            ledger.miss(Item(name=_HISTORY), f"{BUG}: {type(error).__name__}")
        repository = target.inventory.repository
        redactor, folder = Redactor.of(repository), path_of(repository.path_in_repository)
        return tuple(findings_of(sightings, redactor, folder))

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
            host.kept,
            since=past.since,
            limit=limits.file_bytes,
            deadline=time.monotonic() + limits.scanner_seconds,
        )
        _book_past(outcome, ledger)
        for secret in outcome.secrets:
            sightings.extend(_past_sightings(secret, past, silenced, ledger))
        # Not how many of them an earlier run knew: the report is the same on every machine.
        return f"{outcome.searched + outcome.from_cache} contents of old commits searched"


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
        reason = out_of_place(role, secret.hit)
        if reason:
            ledger.exclude(_of_the_past(reason))
        elif not silenced.is_silenced_past(place, secret.value):
            file = SourceFile(uri_of(place.path), 0, role, tracked=True)
            yield Sighting(
                file, place.line, secret.hit, secret.name, secret.identity,
                place, secret.still_in_head,
            )  # fmt: skip


def listed_secrets(target: Target, host: Host) -> Iterator[ListedSecret]:
    """Everything that a scan finds, before any person's answer, for a .secrets.baseline."""
    ledger = Ledger(SCANNER, Area.SECRETS)
    engine = Engine(load_table(), midnight(target.today), much=True)
    limits = target.settings.limits
    for file in filter(_is_searched, target.inventory.files):
        content = read_file(file, host, limits.file_bytes, ledger)
        if content is not None and is_text(content, file, limits.file_bytes, ledger):
            source = Source(text_of(content), file.path)
            deadline = time.monotonic() + limits.file_seconds
            for hit in engine.search(source, deadline).hits:
                if file.role is not Role.VENDORED or is_sure(hit):
                    yield listed(source, hit)
