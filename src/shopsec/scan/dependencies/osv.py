"""Looks every pinned package version up: in OSV's service, or offline in the local store."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path

from shopsec.errors import ScannerError
from shopsec.model import Area, Database, Finding, Role, Rule, Severity, SourceFile, Status
from shopsec.scan.base import Ledger, Outcome, Readiness, Target
from shopsec.scan.dependencies.imports import imported_packages
from shopsec.scan.dependencies.kev import Kev, load_kev
from shopsec.scan.dependencies.osv_details import DetailCache
from shopsec.scan.dependencies.osv_record import OsvRecord
from shopsec.scan.dependencies.osv_service import URL_VARIABLE, OsvService, base_of
from shopsec.scan.dependencies.pack import EmbeddedPack
from shopsec.scan.dependencies.packages import Collected, Key, Packages, PlacedPin
from shopsec.scan.dependencies.source import Answer, Source
from shopsec.scan.dependencies.store import UPDATE, Store, described
from shopsec.scan.dependencies.store_layout import FILE_NAME
from shopsec.scan.dependencies.versions import LANGUAGES, base_name
from shopsec.scan.dependencies.vulnerabilities import findings_of, vulnerabilities
from shopsec.scan.host import Host

SCANNER = "osv"
_LOCK = "pin what is named: a lockfile, or requirements with == in them"
_NO_STORE = "not looked up (--offline), only compared with the embedded pack"
_NEXT_OFFLINE = f"{UPDATE} once with a network, or scan without --offline"
_UNLOCKED = Rule(
    id="dependencies.no-lockfile",
    scanner=SCANNER,
    title="Packages without a lockfile",
    severity=Severity.MEDIUM,
    why="Every install may bring other versions, also one that was published an hour ago by a"
    " thief, and nobody can tell which version was live when.",
    fix="Commit the lockfile that your package manager writes, and install from it (npm ci,"
    " composer install, bundle install --frozen, uv sync --locked).",
    cwe=(1357,),
)


class Osv:
    """Audits the lockfiles of every ecosystem."""

    name = SCANNER
    area = Area.DEPENDENCIES

    def __init__(self, packages: Packages) -> None:
        self._packages = packages

    def scan(self, target: Target, host: Host) -> Outcome:
        """Audit; audited and named as not audited are together all that was found."""
        collected = self._packages.collect(target, host)
        ledger = Ledger(
            self.name,
            self.area,
            unit="packages",
            handed_in=len(collected.pins) + len(collected.missed),
            next_step=_LOCK,
        )
        for reason, item in collected.missed:
            ledger.miss(item, reason)
        by_key = collected.by_key()
        answer = _answer(by_key, target, host) if by_key else Answer()
        kev = load_kev(Path(host.cache))
        if by_key:
            pack = EmbeddedPack()
            _add_pack(pack, by_key, answer)
            ledger.databases = (*answer.databases, pack.database, _entry_of(kev))
        for pin in collected.pins:
            if pin.key in answer.unanswered:
                ledger.miss(pin.as_item(), answer.unanswered[pin.key])
        found = list(_findings(by_key, answer.records, kev.ids))
        imported = imported_packages(
            {finding.package for finding, _ in found if finding.package is not None},
            target.inventory,
            host,
        )
        findings = [_with_import(finding, imported) for finding, _ in found]
        findings += [_unlocked(name, files) for name, files in collected.unlocked.items()]
        rules = {rule.id: rule for _, rule in found} | {_UNLOCKED.id: _UNLOCKED}
        used = {finding.rule_id for finding in findings}
        ledger.next_step = answer.next_step or _LOCK
        run = ledger.close(*_ending(collected, answer))
        return Outcome(
            run,
            tuple(findings),
            tuple(rule for id_, rule in rules.items() if id_ in used),
            tuple(pin.as_pinned() for pin in collected.pins),
        )

    def check(self, target: Target, host: Host) -> Readiness:
        """Look at what would answer: offline the local store, else OSV's service."""
        collected = self._packages.collect(target, host)
        count = len(collected.pins) + len(collected.missed)
        kev = load_kev(Path(host.cache))
        databases = (EmbeddedPack().database, _entry_of(kev))
        status = Status.SUCCEEDED if count else Status.NOT_APPLICABLE
        about = Readiness(self.name, self.area, status, "packages", count, databases=databases)
        if not host.offline:
            return replace(about, message="OSV's service is asked when it runs" if count else "")
        return _check_store(about, set(collected.by_key()), host)


def _entry_of(kev: Kev) -> Database:
    name = f"CISA KEV, {len(kev.ids)} ids"
    return Database(name=name, date=kev.date, embedded=kev.embedded)


def _check_store(about: Readiness, keys: Set[Key], host: Host) -> Readiness:
    """Whether the store has the ecosystems of all that is pinned."""
    try:
        stored = Store(Path(host.cache) / FILE_NAME).ecosystems()
    except ScannerError as error:
        return replace(
            about, status=Status.FAILED, message=error.message, next_step=error.hint or UPDATE
        )
    about = replace(about, databases=(*map(described, stored.values()), *about.databases))
    asked = {base_name(key.ecosystem) for key in keys} & LANGUAGES
    missing = sorted(asked - set(stored))
    if not missing:
        return about
    return replace(
        about,
        status=Status.PARTIAL if stored else Status.SKIPPED,
        message=f"the local store has no advisories of {', '.join(missing)}",
        next_step=_NEXT_OFFLINE,
    )


def _ending(collected: Collected, answer: Answer) -> tuple[str, Status | None]:
    """What the ledger says of the whole, and its status where that does not follow."""
    if not collected.pins:
        message = "packages without an exact version cannot be audited" if collected.missed else ""
        return message, None
    missing = sum(pin.key in answer.unanswered for pin in collected.pins)
    if not missing:
        return "", None
    message = f"{missing} of {len(collected.pins)} packages were not audited"
    nothing = missing == len(collected.pins)
    if nothing and answer.next_step == _NEXT_OFFLINE:
        return message, Status.SKIPPED
    return message, Status.FAILED if nothing else None


def _answer(keys: Mapping[Key, object], target: Target, host: Host) -> Answer:
    known = [key for key in keys if base_name(key.ecosystem) in LANGUAGES]
    answer = (_offline if host.offline else _online)(known, target, host)
    for key in keys:
        if base_name(key.ecosystem) not in LANGUAGES:
            answer.unanswered[key] = f"OSV has no advisories by package for {key.ecosystem}"
    return answer


def _add_pack(pack: EmbeddedPack, keys: Iterable[Key], answer: Answer) -> None:
    """Our words for what was found; and all that the pack knows of what was not looked up."""
    for key in keys:
        found = answer.records.get(key)
        if found is None or key in answer.unanswered:
            found = [*(found or ()), *pack.affecting(key)]
        if found:
            known = {id(record): record for record in (*found, *pack.words_for(found))}
            answer.records[key] = list(known.values())


def _online(keys: Sequence[Key], target: Target, host: Host) -> Answer:
    from shopsec.scan.web import Web  # noqa: PLC0415 -- an offline scan needs no client

    source: Source = OsvService(
        base_of(host.variable(URL_VARIABLE)),
        Web(target.settings.limits.scanner_seconds, connections=host.jobs),
        DetailCache(host.kept),
        host.jobs,
    )
    return source.look_up(keys)


def _offline(keys: Sequence[Key], _target: Target, host: Host) -> Answer:
    store = Store(Path(host.cache) / FILE_NAME)
    try:
        if not store.ecosystems():
            return Answer(unanswered=dict.fromkeys(keys, _NO_STORE), next_step=_NEXT_OFFLINE)
        answer = store.look_up(keys)
    except ScannerError as error:  # the embedded pack still answers for what it knows
        return Answer(unanswered=dict.fromkeys(keys, error.message), next_step=error.hint)
    if answer.unanswered:
        answer.next_step = _NEXT_OFFLINE
    return answer


def _findings(
    by_key: Mapping[Key, Sequence[PlacedPin]],
    records: Mapping[Key, Sequence[OsvRecord]],
    exploited: frozenset[str],
) -> list[tuple[Finding, Rule]]:
    found: list[tuple[Finding, Rule]] = []
    for key, places in by_key.items():
        of_key = records.get(key, ())
        known = list(vulnerabilities(key, of_key, exploited)) if of_key else []
        found.extend(findings_of(key, places, known, of_key, SCANNER))
    return found


def _with_import(finding: Finding, imported: Callable[[Finding], bool | None]) -> Finding:
    return finding.model_copy(update={"imported": imported(finding)})


def _unlocked(ecosystem: str, files: Sequence[SourceFile]) -> Finding:
    """One finding an ecosystem: it is one habit, however many manifests a repository has."""
    first = min(files, key=lambda file: (file.role is not Role.PRODUCTION, file.uri))
    others = sorted((file for file in files if file is not first), key=lambda file: file.uri)
    count = f" ({len(files)} manifests)" if others else ""
    return Finding(
        rule_id=_UNLOCKED.id,
        scanner=SCANNER,
        area=Area.DEPENDENCIES,
        message=f"{ecosystem} packages are named, and no lockfile pins them{count}",
        location=first.at(1),
        severity=_UNLOCKED.severity,
        role=first.role,
        symbol=ecosystem,
        of_repository=True,
        related=tuple(file.at(1) for file in others),
    )
