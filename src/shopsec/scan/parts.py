"""A scan in parts: what each shard does of it, and what all of them give together.

Scanners that look at files one by one are run by every shard, on its share of the files. Each of
the others is run by one shard, as a whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from shopsec.config import Settings
from shopsec.model import (
    LISTED,
    SHARDS,
    Area,
    Excluded,
    Item,
    ScannerRun,
    Status,
    group_not_covered,
)
from shopsec.scan.base import Outcome, Target, entry_without_scan
from shopsec.scan.host import Host
from shopsec.scan.registry import ByFile, Deferred
from shopsec.scan.runner import run_scanners, why_skipped
from shopsec.scan.shares import Share

_NEXT_STEP = "run the shard again and give its result to shopsec merge"


def part_of(scanners: Sequence[Deferred], share: Share, settings: Settings) -> tuple[Deferred, ...]:
    """The scanners that a shard runs; those dealt as a whole stand the slowest first."""
    asked = [each for each in scanners if not each.of_commit and not why_skipped(each, settings)]
    own = {each.name for each in share.dealt([each for each in asked if not each.by_file])}
    return tuple(each for each in asked if each.by_file or each.name in own)


@dataclass(frozen=True)
class Parts:
    """What the shards of one scan gave."""

    total: int
    by_shard: Mapping[int, Mapping[str, Outcome]]
    """Outcomes by the shard's index and the scanner's name; shards may be missing."""

    def joined(
        self, scanners: Sequence[Deferred], target: Target, host: Host
    ) -> tuple[Outcome, ...]:
        """The outcomes of a scan of everything, in the order of the scanners."""
        return tuple(self._joined(each, target, host) for each in scanners)

    def _joined(self, scanner: Deferred, target: Target, host: Host) -> Outcome:
        reason = why_skipped(scanner, target.settings)
        if reason:
            return entry_without_scan(scanner, Status.SKIPPED, reason)
        if scanner.of_commit:  # its file lies where the shards are put together
            (outcome,) = run_scanners([scanner], target, host, lambda _: None)
            return outcome
        found = [self.by_shard.get(index, {}).get(scanner.name) for index in self._indexes]
        if scanner.by_file:
            return self._joined_by_file(
                scanner, scanner.by_file, found, scanner.target(target), host
            )
        return next(filter(None, found), None) or self._nothing(scanner)

    @property
    def _indexes(self) -> range:
        return range(1, self.total + 1)

    @property
    def missing(self) -> list[int]:
        """Indexes of shards that gave nothing."""
        return [index for index in self._indexes if index not in self.by_shard]

    def why_missing(self, index: int) -> str:
        """In the ledger's words."""
        return f"shard {Share(index, self.total)} is missing"

    @property
    def entries(self) -> tuple[ScannerRun, ...]:
        """The ledger's entry of the shards themselves, where not all of them are there."""
        if not self.missing:
            return ()
        lost = [
            ("is missing", Item(name=f"shard {Share(each, self.total)}")) for each in self.missing
        ]
        return (
            ScannerRun(
                scanner=SHARDS,
                area=Area.REPOSITORY,
                status=Status.PARTIAL,
                unit="shards",
                handed_in=self.total,
                covered=self.total - len(self.missing),
                not_covered=group_not_covered(lost),
                next_step=_NEXT_STEP,
            ),
        )

    def _nothing(self, scanner: Deferred) -> Outcome:
        """The entry of a scanner whose one shard is missing."""
        reasons = [self.why_missing(index) for index in self.missing]
        outcome = entry_without_scan(scanner, Status.MISSING, " or ".join(reasons))
        run = outcome.run.model_copy(update={"next_step": _NEXT_STEP})
        return replace(outcome, run=run)

    def _joined_by_file(
        self,
        scanner: Deferred,
        by_file: ByFile,
        found: Sequence[Outcome | None],
        target: Target,
        host: Host,
    ) -> Outcome:
        there = [each for each in found if each is not None]
        useful = [each for each in there if not _is_nothing(each)]
        if not useful:
            return there[0] if there else self._nothing(scanner)
        lost: list[tuple[str, Item]] = []
        for index, outcome in zip(self._indexes, found, strict=True):
            if outcome is None or _is_nothing(outcome):
                reason = self.why_missing(index) if outcome is None else outcome.run.message
                part = replace(target, share=Share(index, self.total))
                lost += [(reason, file.as_item()) for file in by_file.files(part, host)]
        findings = by_file.join(
            [finding for each in useful for finding in each.findings], target, host
        )
        return Outcome(
            join_runs([each.run for each in useful], lost, found=bool(findings)),
            findings,
            tuple({rule.id: rule for each in useful for rule in each.rules}.values()),
            tuple(pin for each in useful for pin in each.packages),
        )


def _is_nothing(outcome: Outcome) -> bool:
    """The scanner broke before it could say what it was handed."""
    return outcome.run.status is Status.FAILED and not outcome.run.handed_in


def join_runs(
    runs: Sequence[ScannerRun], lost: Iterable[tuple[str, Item]], *, found: bool
) -> ScannerRun:
    """One entry of those of all shards, and of the files that no shard told anything of.

    ``found`` is whether the scanner found something at all.
    """
    missed = [
        *(
            (group.reason, item)
            for run in runs
            for group in run.not_covered
            for item in group.items
        ),
        *lost,
    ]
    covered = sum(run.covered for run in runs)
    failed = [run for run in runs if run.status is Status.FAILED]
    status = Status.SUCCEEDED
    if failed and not covered and not found:
        status = Status.FAILED
    elif not covered and not missed:
        status = Status.NOT_APPLICABLE
    elif missed:
        status = Status.PARTIAL
    spoken = failed if status is Status.FAILED else [run for run in runs if run not in failed]
    steps = [run.next_step for run in runs if run.next_step]
    default = "" if status is Status.NOT_APPLICABLE else _NEXT_STEP
    return runs[0].model_copy(
        update={
            "status": status,
            "version": ", ".join(dict.fromkeys(run.version for run in runs if run.version)) or None,
            "databases": tuple(dict.fromkeys(each for run in runs for each in run.databases)),
            "handed_in": covered + len(missed),
            "covered": covered,
            "not_covered": group_not_covered(missed),
            "excluded": _excluded(runs),
            "message": "; ".join(dict.fromkeys(run.message for run in spoken if run.message)),
            "next_step": "" if status is Status.SUCCEEDED else next(iter(steps), default),
        }
    )


def _excluded(runs: Sequence[ScannerRun]) -> tuple[Excluded, ...]:
    counts: dict[str, int] = {}
    items: dict[str, list[Item]] = {}
    for run in runs:
        for each in run.excluded:
            counts[each.reason] = counts.get(each.reason, 0) + each.count
            items.setdefault(each.reason, []).extend(each.items)
    return tuple(
        Excluded(
            reason=reason, count=count, items=tuple(sorted(items[reason], key=_file_of)[:LISTED])
        )
        for reason, count in sorted(counts.items())
    )


def _file_of(item: Item) -> str:
    """A scan names items in the order of their files."""
    return item.location.uri if item.location else item.name
