"""repository -> inventory -> findings + coverage -> ranked results -> decision -> report."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from shopsec import __version__
from shopsec.baseline.compare import compare
from shopsec.config import Settings
from shopsec.gate import decide
from shopsec.model import (
    Area,
    Inventory,
    Item,
    KnownResult,
    PinnedPackage,
    Report,
    ScannerRun,
    Status,
    Suppression,
    SuppressionState,
)
from shopsec.normalise import normalise
from shopsec.policy.business_paths import BusinessPaths
from shopsec.policy.gates import GatePolicy
from shopsec.policy.severity import PriorityModel
from shopsec.rank.actions import actions
from shopsec.rank.score import rank
from shopsec.scan.base import Scanner, Target
from shopsec.scan.host import Host, Unreadable
from shopsec.scan.runner import Progress, run_scanners
from shopsec.suppress.apply import suppress
from shopsec.suppress.claims import Terms
from shopsec.suppress.comments import Read, comments_near


@dataclass(frozen=True)
class Past:
    """What results are compared with."""

    name: str
    """The baseline's file, or the commit, as reports name it."""
    known: tuple[KnownResult, ...]


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


def run(
    inventory: Inventory,
    settings: Settings,
    scanners: Sequence[Scanner],
    host: Host,
    judgement: Judgement,
    on_progress: Callable[[Progress], None],
) -> Report:
    """Scan, judge and decide. The same input gives the same report."""
    repository, policy, today = inventory.repository, judgement.policy, judgement.today
    past = judgement.past
    outcomes = run_scanners(scanners, Target(inventory, settings, today), host, on_progress)
    findings, rules = normalise(
        [finding for outcome in outcomes for finding in outcome.findings],
        [rule for outcome in outcomes for rule in outcome.rules],
        repository,
    )
    prefix = f"{repository.path_in_repository}/" if repository.path_in_repository else ""
    tracked = {prefix + file.uri: file.tracked for file in inventory.files}
    results = rank(findings, rules, tracked, judgement.model, judgement.paths)
    absent: tuple[KnownResult, ...] = ()
    if past is not None:
        results, absent = compare(results, past.known)
    coverage = tuple(
        _in_repository(entry, repository.path_in_repository)
        for entry in (
            inventory.run,
            *(outcome.run for outcome in outcomes),
            *_areas_without_scanner(scanners),
        )
    )
    comments = comments_near(results, _reader(inventory, settings, host), today)
    results, uses = suppress(
        results,
        (*judgement.suppressions, *comments),
        Terms(
            today,
            policy.fix_now_days,
            folder=repository.path_in_repository,
            whole=all(entry.complete for entry in coverage),
        ),
    )
    if inventory.staged:  # most suppressions are about files that this commit does not touch
        uses = tuple(use for use in uses if use.state is not SuppressionState.UNUSED)
    decision = decide(
        results,
        coverage,
        policy,
        {
            "offline": settings.offline,
            "images": len(settings.images),
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
        actions=actions([each for each in results if each.active], rules),
        results=results,
        rules=rules,
        coverage=coverage,
        files=len(inventory.files),
        images=len(settings.images),
        compared_with=past.name if past is not None else "",
        absent=absent,
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


def _reader(inventory: Inventory, settings: Settings, host: Host) -> Read:
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
