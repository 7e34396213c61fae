"""The secrets of a repository's files, one finding a value with all its places."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shopsec import __version__
from shopsec.model import (
    Area,
    Finding,
    Item,
    Role,
    ScannerRun,
    Severity,
    SourceFile,
    Status,
    uri_of,
)
from shopsec.scan.base import Ledger, Outcome, Target
from shopsec.scan.host import Host, Unreadable
from shopsec.scan.secrets.checks import key_body
from shopsec.scan.secrets.engine import Engine
from shopsec.scan.secrets.gitleaks_ignore import GitleaksIgnore, read_gitleaks_ignore
from shopsec.scan.secrets.history import search_history
from shopsec.scan.secrets.hits import FORMAT, SERVICE, Hit
from shopsec.scan.secrets.keywords import BY_NAME
from shopsec.scan.secrets.past import Past
from shopsec.scan.secrets.reading import HEAD, is_binary, text_of
from shopsec.scan.secrets.redaction import Redactor, name_of, shown
from shopsec.scan.secrets.rules import PREFIX, SCANNER, rules
from shopsec.scan.secrets.secrets_baseline import (
    BaselineError,
    ListedSecret,
    SecretsBaseline,
    listed,
    read_baseline,
)
from shopsec.scan.secrets.source import Source
from shopsec.scan.secrets.stock_plugins import stock_hits
from shopsec.scan.secrets.table import load_table, table_digest

# A mistake outside production is lowered, never silenced.
_LOWER = {Role.TEST: 2, Role.DOCS: 2, Role.EXAMPLE: 2, Role.DEV: 1}
_RELATED_SHOWN = 50
_HISTORY = "the history of git"
_KEY = "private-key"
BASELINE_NAME, IGNORE_NAME = ".secrets.baseline", ".gitleaksignore"
# Bytes from which on an automaton that is three times as fast has paid for its building.
_MUCH = 2_000_000


@dataclass(frozen=True)
class Sighting:
    """One hit in a file, with what may be told of its surroundings."""

    file: SourceFile
    line: int
    hit: Hit
    name: str
    """What the value is assigned to, where that may be printed."""
    identity: str
    """What tells the secret from others: its value, or of a private key what follows the header."""
    commit: str = ""
    """Of a value in the past: date and commit that brought it, for a person."""

    def severity(self, usual: Severity) -> Severity:
        """How bad it is here."""
        severity = self.hit.verdict.severity or usual
        return severity.lowered(_LOWER.get(self.file.role, 0))


class _Silenced:
    """What the repository's files for other scanners say: .secrets.baseline, .gitleaksignore.

    Each hit that they silence is counted; nothing that they name is loaded or run.
    """

    def __init__(self, target: Target, host: Host, ledger: Ledger) -> None:
        self._ledger = ledger
        self.limit = limit = target.settings.limits.file_bytes
        self._baseline, self._ignore = SecretsBaseline(), GitleaksIgnore()
        for file in target.inventory.files:
            try:
                if file.uri == BASELINE_NAME:
                    self._baseline = read_baseline(host.read(file, limit))
                elif file.uri == IGNORE_NAME:
                    self._ignore = read_gitleaks_ignore(host.read(file, limit))
                    if self._ignore.cut_short:
                        ledger.miss(file.as_item(), self._ignore.cut_short)
            except Unreadable:
                pass  # it is named where it is searched itself
            except BaselineError as error:
                ledger.miss(file.as_item(), f"silences nothing: {error}")

    def is_silenced_past(self, path: str, line: int, value: str) -> bool:
        if self._baseline.is_audited_false(path, value) or self._ignore.ignores(path, line):
            self._ledger.exclude("values in old commits that the files for other scanners silence")
            return True
        return False

    def is_silenced(self, source: Source, line: int, hit: Hit) -> bool:
        if self._baseline.silences(source, hit):
            self._ledger.exclude(f"values audited as no secret in {BASELINE_NAME}")
            return True
        if self._ignore.ignores(source.path, line):
            self._ledger.exclude(f"findings named in {IGNORE_NAME}")
            return True
        return False


class Secrets:
    """Finds credentials in files, and where it is given one, in a history."""

    name = SCANNER
    area = Area.SECRETS

    def __init__(self, past: Past | None = None) -> None:
        self._past = past

    def scan(self, target: Target, host: Host) -> Outcome:
        """Search every file that is not vendored."""
        limits = target.settings.limits
        formats = load_table()
        own = [file for file in target.inventory.files if file.role is not Role.VENDORED]
        much = sum(file.size for file in own) > _MUCH
        engine = Engine(formats, _midnight(target.today), much=much, others=stock_hits)
        ledger = Ledger(
            self.name,
            self.area,
            version=f"{len(formats)} formats",
            handed_in=len(own),
            next_step="see the reasons; exclude = [...] in shopsec.toml leaves files out",
        )
        ledger.exclude("vendored files", len(target.inventory.files) - len(own))
        silenced = _Silenced(target, host, ledger)
        ends = time.monotonic() + limits.scanner_seconds
        sightings: list[Sighting] = []
        for file in own:
            now = time.monotonic()
            if now >= ends:
                ledger.miss(file.as_item(), "ran out of time")
                continue
            deadline = min(ends, now + limits.file_seconds)
            sightings.extend(_search(file, engine, host, deadline, silenced, ledger))
        note = ""
        if self._past is not None:
            try:
                note = self._search_past(
                    self._past, engine, host, target, ledger, sightings, silenced
                )
            except Exception as error:  # noqa: BLE001 -- the files' own findings must not be lost
                ledger.miss(Item(name=_HISTORY), f"a bug in shopsec: {type(error).__name__}")
        redactor = Redactor.of(target.inventory.repository)
        findings = tuple(findings_of(sightings, redactor))
        used = {finding.rule_id for finding in findings}
        return Outcome(
            _closed(ledger, note, found=bool(sightings)),
            findings,
            tuple(rule for id_, rule in rules().items() if id_ in used),
        )

    def _search_past(
        self,
        past: Past,
        engine: Engine,
        host: Host,
        target: Target,
        ledger: Ledger,
        sightings: list[Sighting],
        silenced: _Silenced,
    ) -> str:
        """Add what old commits hold; what the ledger should say of it in words."""
        limits = target.settings.limits
        ledger.handed_in += 1
        key = f"{__version__} {table_digest()} {target.today[:7]}"
        outcome = search_history(
            past.history,
            engine,
            key,
            Path(host.cache),
            since=past.since,
            limit=limits.file_bytes,
            deadline=time.monotonic() + limits.scanner_seconds,
        )
        for problem in outcome.problems:
            ledger.miss(Item(name=_HISTORY), problem)
        for reason, count in outcome.left_out.items():
            ledger.exclude(reason, count)
        ledger.exclude("binary contents of old commits", outcome.binary)
        ledger.exclude("contents of old commits that are too large", outcome.too_large)
        keys = {each.file.path for each in sightings if each.hit.rule == _KEY}
        for secret in outcome.secrets:
            for place in secret.places:
                if secret.rule == _KEY and place.path in keys:
                    continue  # by its header alone it cannot be told from the one that is there
                role = past.role_of(place.path)
                if role is Role.VENDORED or (role is Role.TEST and secret.rule in BY_NAME):
                    continue
                if not silenced.is_silenced_past(place.path, place.line, secret.value):
                    file = SourceFile(uri_of(place.path), 0, role, tracked=True)
                    when = f"{place.commit[:12]} of {place.date[:10]}"
                    sightings.append(
                        Sighting(file, place.line, secret.hit, secret.name, secret.value, when)
                    )
        searched = f"{outcome.searched} contents of old commits searched"
        return (
            f"{searched}, {outcome.from_cache} known to be clean"
            if outcome.from_cache
            else searched
        )


def _closed(ledger: Ledger, note: str, *, found: bool) -> ScannerRun:
    run = ledger.close(note)
    if run.handed_in and not run.covered and not found:
        return ledger.close("no file could be searched", Status.FAILED)
    return run


def _search(
    file: SourceFile,
    engine: Engine,
    host: Host,
    deadline: float,
    silenced: _Silenced,
    ledger: Ledger,
) -> Iterator[Sighting]:
    content = _content(file, host, silenced.limit, ledger)
    if content is None:
        return
    source = Source(text_of(content), file.path)
    found = engine.search(source, deadline)
    if found.cut_short:
        ledger.miss(file.as_item(), found.cut_short)
    for reason, count in found.left_out.items():
        ledger.exclude(reason, count)
    values = [each.place.value for each in found.hits]
    for hit in found.hits:
        line = source.line_number(hit.begins)
        if file.role is Role.TEST and hit.rule in BY_NAME:
            # Dummy passwords are what tests are made of; a key in a known format counts there too.
            ledger.exclude("passwords by name in tests")
        elif not silenced.is_silenced(source, line, hit):
            identity = key_body(source, hit.place) if hit.rule == _KEY else hit.place.value
            yield Sighting(file, line, hit, name_of(source, hit, values), identity)


def _content(file: SourceFile, host: Host, limit: int, ledger: Ledger) -> bytes | None:
    """What is to be searched; None where there is nothing, which the ledger hears of."""
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
    for file in target.inventory.files:
        content = _content(file, host, limits.file_bytes, ledger)
        if file.role is not Role.VENDORED and content is not None:
            source = Source(text_of(content), file.path)
            deadline = time.monotonic() + limits.file_seconds
            for hit in engine.search(source, deadline).hits:
                yield listed(source, hit)


def findings_of(sightings: Iterable[Sighting], redactor: Redactor) -> Iterator[Finding]:
    """One finding for each value that a rule found, wherever it stands or stood."""
    groups: dict[tuple[str, str], list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        groups[sighting.hit.rule, sighting.identity].append(sighting)
    for (rule, identity), group in groups.items():
        yield _finding(rule, identity, group, redactor)


def _finding(
    rule_name: str, identity: str, group: Sequence[Sighting], redactor: Redactor
) -> Finding:
    rule = rules()[f"{PREFIX}{rule_name}"]
    past = [each for each in group if each.commit]
    present = [each for each in group if not each.commit]
    shown_now = present or past
    first = min(
        shown_now, key=lambda each: (each.severity(rule.severity).rank, each.file.uri, each.line)
    )
    places = {each.file.at(each.line) for each in shown_now}
    others = sorted(
        places - {first.file.at(first.line)}, key=lambda each: (each.uri, each.start_line or 0)
    )
    known = first.hit.rank in {FORMAT, SERVICE} and not first.hit.opaque
    seen = shown(first.hit.place.value) if known else ""
    message = rule.title + (f" {seen}" if seen else "")
    message += f" as {first.name}" if first.name else ""
    message += f" ({len(others) + 1} places)" if others else ""
    if past:
        message += "" if present else ", no longer in the files"
        message += f", in the history since commit {min(past, key=_when).commit}"
    return Finding(
        rule_id=rule.id,
        scanner=SCANNER,
        area=Area.SECRETS,
        message=message,
        location=first.file.at(first.line),
        severity=first.severity(rule.severity),
        confidence=first.hit.verdict.confidence,
        role=first.file.role,
        symbol=redactor.digest(identity),
        related=tuple(others[:_RELATED_SHOWN]),
    )


def _when(sighting: Sighting) -> str:
    return sighting.commit.rpartition(" ")[2]


def _midnight(day: str) -> float:
    """Start of an ISO 8601 date in UTC, in seconds since 1970."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
