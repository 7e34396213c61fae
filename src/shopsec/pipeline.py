"""repository -> inventory -> findings + coverage -> ranked results -> decision -> report."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shopsec import __version__
from shopsec.baseline.compare import compare, really_absent
from shopsec.config import Settings
from shopsec.gate import decide
from shopsec.identify.look import Reader, identify_compared
from shopsec.identify.places import Place, places_of
from shopsec.model import (
    Area,
    Finding,
    Inventory,
    Item,
    KnownResult,
    PinnedPackage,
    Report,
    Result,
    Role,
    Rule,
    ScannerRun,
    Status,
    Suppression,
    SuppressionState,
    SuppressionUse,
)
from shopsec.normalise import normalise
from shopsec.policy.business_paths import BusinessPaths
from shopsec.policy.gates import GatePolicy
from shopsec.policy.severity import PriorityModel
from shopsec.rank.actions import actions
from shopsec.rank.score import rank
from shopsec.scan.base import Outcome, Scanner, Target
from shopsec.scan.cache.mentions import mentioning
from shopsec.scan.code import unread
from shopsec.scan.host import Host, Unreadable
from shopsec.scan.texts import Texts
from shopsec.suppress.apply import suppress
from shopsec.suppress.claims import Terms
from shopsec.suppress.comments import Read, comments_near
from shopsec.suppress.comments_elsewhere import MARKED, comments_elsewhere

_DECIDED_HERE = frozenset({Role.PRODUCTION, Role.DEV, Role.TEST})
"""Roles of files in which a comment that matches nothing should be told."""


def _nothing(_: Finding) -> bool:
    return False


def _itself(finding: Finding) -> Finding:
    return finding


@dataclass(frozen=True)
class Past:
    """What results are compared with."""

    name: str
    """The baseline's file, or the commit, as reports name it."""
    known: tuple[KnownResult, ...]
    was_there: Callable[[Finding], bool] = _nothing
    """Whether a finding was there although it is not listed: in a file that has not changed."""
    places: Mapping[str, Counter[Place]] = field(default_factory=dict)
    """Of known results that stand for several: their places, by fingerprint."""
    prune: str = ""
    """The command that takes absent results out of the known ones; empty where there is none."""
    entry: Callable[[frozenset[str]], ScannerRun] | None = None
    """Makes the ledger's entry of what was compared with, given the scanners that finished."""


@dataclass(frozen=True)
class Judgement:
    """Everything that results are judged by; none of it comes from a scanner."""

    policy: GatePolicy
    model: PriorityModel
    today: str
    """ISO 8601 date that stands for now."""
    past: Past | None = None
    suppressions: tuple[Suppression, ...] = ()
    paths: BusinessPaths = field(default_factory=BusinessPaths)
    also: tuple[Outcome, ...] = ()
    """What was found before any scanner ran, with its entries for the ledger."""
    silencers: Mapping[str, bytes] | None = None
    """See Target."""
    comments_count: Callable[[str], bool] | None = None
    """Whether comments in a file may suppress, by its reference from the folder scanned."""


@dataclass(frozen=True)
class Ranked:
    """What scanners found, on one scale, and what they looked at."""

    results: tuple[Result, ...]
    rules: tuple[Rule, ...]
    runs: tuple[ScannerRun, ...]
    """The scanners' entries in the ledger, with places from the folder scanned."""
    compared: Mapping[str, Finding]
    """What results are compared by, by their fingerprint; it may have another one."""


def target_of(inventory: Inventory, settings: Settings, judgement: Judgement) -> Target:
    """What scanners are given."""
    return Target(inventory, settings, judgement.today, judgement.silencers)


def judge(
    target: Target,
    scanners: Sequence[Scanner],
    host: Host,
    judgement: Judgement,
    scanned: Sequence[Outcome],
    further: Sequence[ScannerRun] = (),
) -> Report:
    """Rank what scanners found and decide. The same input gives the same report.

    ``further`` are entries of the ledger that are no scanner's.
    """
    inventory, settings, past = target.inventory, target.settings, judgement.past
    repository, policy, today = inventory.repository, judgement.policy, judgement.today
    outcomes = (*judgement.also, *scanned)
    texts, read = Texts(target, host).read, reader_of(inventory, settings, host)
    ranked = rank_outcomes(
        outcomes, inventory, judgement.model, judgement.paths, texts, _compared_as(past)
    )
    entries = (inventory.run, *further, *_of_past(past, ranked.runs), *ranked.runs)
    coverage = tuple(
        _in_repository(
            entry.model_copy(update={"imported": settings.import_state(entry.scanner)}),
            repository.path_in_repository,
        )
        for entry in (*entries, *_areas_without_scanner(scanners))
    )
    results, absent = _compared(ranked, past, coverage, inventory, read)
    results, uses = _suppressed(results, judgement, coverage, target, host, read)
    decision = decide(
        results,
        coverage,
        policy,
        {
            "offline": settings.offline,
            "images": settings.images_asked,
            "files": len(inventory.files),
        },
        today=today,
        absent=absent,
        suppressions=uses,
    )
    return Report(
        version=__version__,
        today=today,
        policy=policy.name,
        offline=settings.offline,
        repository=repository,
        decision=decision,
        actions=actions([each for each in results if each.active], ranked.rules),
        results=results,
        rules=ranked.rules,
        coverage=coverage,
        files=len(inventory.files),
        images=settings.images_asked,
        compared_with=past.name if past is not None else "",
        absent=absent,
        prune=past.prune if past is not None and absent else "",
        suppressions=uses,
        packages=_packages(
            (pin for outcome in outcomes for pin in outcome.packages),
            repository.path_in_repository,
        ),
    )


def _packages(pins: Iterable[PinnedPackage], folder: str) -> tuple[PinnedPackage, ...]:
    """Each pin once, relative to the repository's root as the findings are, sorted by place."""
    placed = dict.fromkeys(
        replace(pin, location=pin.location.below(folder)) if folder else pin for pin in pins
    )
    return tuple(sorted(placed, key=_place))


def _place(pin: PinnedPackage) -> tuple[str, int, str, str]:
    place, package = pin.location, pin.package
    return place.uri, place.start_line or 0, package.name, package.version


def reader_of(inventory: Inventory, settings: Settings, host: Host) -> Read:
    """Reads a file of the inventory by its reference from the repository's root."""
    folder = inventory.repository.path_in_repository
    below = f"{folder}/" if folder else ""

    def read(uri: str) -> bytes | None:
        file = inventory.by_uri.get(uri.removeprefix(below)) if uri.startswith(below) else None
        try:
            return host.read(file, settings.limits.file_bytes) if file is not None else None
        except Unreadable:
            return None  # so that its results count

    return read


def _suppressed(
    results: tuple[Result, ...],
    judgement: Judgement,
    coverage: Sequence[ScannerRun],
    target: Target,
    host: Host,
    read: Read,
) -> tuple[tuple[Result, ...], tuple[SuppressionUse, ...]]:
    """Results with what suppresses them, and what has become of every suppression."""
    inventory, limit = target.inventory, target.settings.limits.file_bytes
    folder, counts = inventory.repository.path_in_repository, judgement.comments_count
    below = f"{folder}/" if folder else ""
    comments = comments_near(
        results,
        read,
        judgement.today,
        lambda uri: counts is None or counts(uri.removeprefix(below)),
    )
    if not inventory.staged:  # where most files are not looked at
        ours = [each for each in inventory.files if each.role in _DECIDED_HERE]
        marked = mentioning(MARKED, ours, host, limit)
        comments += comments_elsewhere(
            comments,
            (below + each.uri for each in ours if marked is None or each.uri in marked),
            read,
            judgement.today,
        )
    terms = Terms(
        judgement.today,
        judgement.policy.fix_now_days,
        folder=folder,
        whole=all(entry.complete or entry.scanner == unread.NAME for entry in coverage),
    )
    results, uses = suppress(results, (*judgement.suppressions, *comments), terms)
    if inventory.staged:  # most suppressions are about files that this commit does not touch
        uses = tuple(use for use in uses if use.state is not SuppressionState.UNUSED)
    return results, uses


def rank_outcomes(
    outcomes: Sequence[Outcome],
    inventory: Inventory,
    model: PriorityModel,
    paths: BusinessPaths,
    read: Reader,
    compared: Callable[[Finding], Finding | None] = _itself,
) -> Ranked:
    """Normalise, identify and rank what scanners found; ``read`` reads the files it is in.

    ``compared``: what a finding is compared as, or None for one that is known without that.
    """
    repository = inventory.repository
    findings, rules = normalise(
        [finding for outcome in outcomes for finding in outcome.findings],
        [rule for outcome in outcomes for rule in outcome.rules],
        repository,
    )
    prefix = f"{repository.path_in_repository}/" if repository.path_in_repository else ""
    findings, others = identify_compared(findings, read, compared)
    tracked = {prefix + file.uri: file.tracked for file in inventory.files}
    return Ranked(
        results=rank(findings, rules, tracked, model, paths),
        rules=rules,
        runs=tuple(outcome.run for outcome in outcomes),
        compared=others,
    )


def _compared_as(past: Past | None) -> Callable[[Finding], Finding | None]:
    """What is in files that have not changed was not looked for again, and numbers nothing."""
    if past is None:
        return _itself
    return lambda finding: None if past.was_there(finding) else finding


def _of_past(past: Past | None, runs: Sequence[ScannerRun]) -> list[ScannerRun]:
    if past is None or past.entry is None:
        return []
    return [past.entry(frozenset(run.scanner for run in runs if run.complete))]


def _compared(
    ranked: Ranked,
    past: Past | None,
    coverage: Sequence[ScannerRun],
    inventory: Inventory,
    read: Read,
) -> tuple[tuple[Result, ...], tuple[KnownResult, ...]]:
    """Results with their states, and the known ones that are gone."""
    if past is None:
        return ranked.results, ()
    grown = {
        finding.fingerprint
        for finding in ranked.compared.values()
        if (places := past.places.get(finding.fingerprint)) and places_of(finding, read) - places
    }
    names = {own: finding.fingerprint for own, finding in ranked.compared.items()}
    compared, absent = compare(ranked.results, past.known, names, grown)
    if inventory.staged:
        return compared, ()  # of what a commit does not touch nothing can be said
    return compared, really_absent(absent, coverage, inventory.repository.path_in_repository)


def _areas_without_scanner(scanners: Sequence[Scanner]) -> list[ScannerRun]:
    """An area nobody looks at is in the ledger too, or a policy could not require it."""
    covered = {Area.REPOSITORY, *(scanner.area for scanner in scanners)}
    return [
        ScannerRun(
            scanner=area.value,
            area=area,
            status=Status.MISSING,
            message="this version of shopsec has no scanner for it",
        )
        for area in Area
        if area not in covered
    ]


def _in_repository(entry: ScannerRun, folder: str) -> ScannerRun:
    """The ledger's places, relative to the repository's root as the findings are."""
    if not folder:
        return entry
    missed = tuple(
        group.model_copy(update={"items": _items_below(folder, group.items)})
        for group in entry.not_covered
    )
    excluded = tuple(
        group.model_copy(update={"items": _items_below(folder, group.items)})
        for group in entry.excluded
    )
    return entry.model_copy(update={"not_covered": missed, "excluded": excluded})


def _items_below(folder: str, items: tuple[Item, ...]) -> tuple[Item, ...]:
    return tuple(_item_below(folder, item) for item in items)


def _item_below(folder: str, item: Item) -> Item:
    return item.model_copy(update={"location": item.location and item.location.below(folder)})
