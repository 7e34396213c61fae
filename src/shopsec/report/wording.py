"""Sentences that every report for people shares."""

from collections.abc import Iterator

from shopsec.model import (
    BaselineState,
    Excluded,
    Outcome,
    Reason,
    Report,
    Result,
    ScannerRun,
    Status,
    SuppressionState,
    SuppressionUse,
    Tier,
)

_NAMES_SHOWN = 3


def verdicts(report: Report) -> list[str]:
    """The decision, a sentence an outcome; a warning only where nothing is worse."""
    decision = report.decision
    said = [
        f"{outcome.value.upper()}  {', '.join(map(sentence, reasons))}"
        for outcome in (Outcome.FAIL, Outcome.INCOMPLETE, Outcome.WARN)
        if (reasons := decision.reasons_for(outcome))
        and (outcome is not Outcome.WARN or decision.outcome is Outcome.WARN)
    ]
    suppressed = ", ".join(map(sentence, decision.reasons_for(Outcome.PASS)))
    more = f"; {suppressed}" if suppressed else ""
    return said or [f"PASS  nothing stands against it{more}"]


def sentence(reason: Reason) -> str:
    """A clause of the policy with its subject: ``2 risks must be fixed now``."""
    if reason.suppressions and reason.outcome is not Outcome.PASS:
        return f"{amount(len(reason.suppressions), 'suppressions')} {reason.text}"
    if reason.fingerprints:
        return f"{amount(len(reason.fingerprints), 'risks')} {reason.text}"
    return f"{amount(len(reason.scanners), 'checks')} {reason.text}"


def subject(report: Report) -> str:
    """What was scanned."""
    repository = report.repository
    commit = f" @ {repository.commit[:7]}" if repository.commit else f" ({repository.note})"
    dirty = ", with uncommitted changes" if repository.dirty else ""
    return f"{repository.name}{commit}{dirty}"


def summary(report: Report) -> str:
    """The counts by tier; where there is something to compare with, of what is new and known."""
    hidden = sum(not result.active for result in report.results)
    more = f"; {hidden} suppressed" if hidden else ""
    total = amount(len(report.results) - hidden, "results")
    if not report.compared_with:
        return f"{total}: {_tiers(report)}{more}"
    new, known = BaselineState.NEW, BaselineState.UNCHANGED
    return f"{total}: {_counted(report, new, 'new')}; {_counted(report, known, 'known')}{more}"


_ORDER = (
    SuppressionState.REFUSED,
    SuppressionState.EXPIRED,
    SuppressionState.USED,
    SuppressionState.UNUSED,
    SuppressionState.NOTED,
)


def suppressions(report: Report) -> list[SuppressionUse]:
    """All of them, what somebody has to do something about first."""
    return sorted(
        report.suppressions,
        key=lambda use: (_ORDER.index(use.state), not use.ends_soon, use.suppression.until),
    )


def suppression_counts(report: Report) -> str:
    """How many suppressions there are, by what has become of them."""
    counts = [
        (f"{sum(use.state is state for use in report.suppressions)}", state.value)
        for state in _ORDER
    ]
    soon = sum(use.ends_soon for use in report.suppressions)
    parts = [f"{count} {word}" for count, word in counts if count != "0"]
    return ", ".join([*parts, *([f"{soon} ending soon"] if soon else [])])


def suppression(use: SuppressionUse) -> str:
    """What a suppression says and what has become of it."""
    given = use.suppression
    parts = [f"{use.state.value}: {given.selector or 'nothing named'}"]
    if use.fingerprints:
        parts.append(f"({amount(len(use.fingerprints), 'risks')})")
    if given.until and not given.denies:
        parts.append(f"until {given.until}")
    if given.owner:
        parts.append(f"by {given.owner}")
    if given.reason and not given.denies:
        parts.append(f"because {given.reason}")
    return " ".join(parts)


def gone(report: Report) -> list[str]:
    """What results were compared with, and what is no longer there; nothing without either."""
    if not report.compared_with:
        return []
    said = [f"compared with {report.compared_with}"]
    if report.absent:
        count = len(report.absent)
        text = "1 known result is gone" if count == 1 else f"{count} known results are gone"
        said.append(text + (f": {report.prune}" if report.prune else ""))
    return said


def state_word(result: Result) -> str:
    """The state of a result as people say it; empty where nothing was compared with."""
    words = {BaselineState.NEW: "new", BaselineState.UNCHANGED: "known"}
    return words.get(result.state, "") if result.state else ""


def urgency(result: Result) -> str:
    """How urgent a result is: ``fix now, 72``."""
    return f"{result.tier.value.replace('-', ' ')}, {result.priority}"


def _counted(report: Report, state: BaselineState, word: str) -> str:
    count = sum(result.state is state and result.active for result in report.results)
    return f"{count} {word}" + (f" ({_tiers(report, state)})" if count else "")


def _tiers(report: Report, state: BaselineState | None = None) -> str:
    counts = [(report.count(tier, state), tier) for tier in Tier]
    shown = counts if state is None else [each for each in counts if each[0]]
    return ", ".join(f"{count} {tier.value.replace('-', ' ')}" for count, tier in shown)


def gaps(report: Report) -> Iterator[tuple[str, list[str]]]:
    """Scanner and what to say of it, for every run that is not complete.

    Scanners that were left out on request are one entry, not one each.
    """
    on_request: dict[str, list[str]] = {}
    for run in report.coverage:
        if run.complete:
            continue
        if run.status is Status.SKIPPED and not run.handed_in:
            on_request.setdefault(run.message, []).append(run.scanner)
        else:
            yield run.scanner, gap(run)
    for reason, scanners in on_request.items():
        yield "left out", [f"{', '.join(scanners)}: {reason}"]


def gap(run: ScannerRun) -> list[str]:
    """What to say of a run that is not complete."""
    groups = run.not_covered
    said_by_groups = any(group.reason == run.message for group in groups)
    lines = [run.message] if run.message and not said_by_groups else []
    for group in groups:
        names = ", ".join(item.name for item in group.items[:_NAMES_SHOWN])
        more = " ..." if len(group.items) > _NAMES_SHOWN else ""
        count = amount(len(group.items), run.unit)
        lines.append(f"{count}: {group.reason}: {names}{more}")
    if run.next_step:
        lines.append(f"next: {run.next_step}")
    return lines or [run.status.value]


def amount(count: int, unit: str) -> str:
    """A number of files, packages or images; ``unit`` is the plural."""
    return f"{count} {unit.removesuffix('s') if count == 1 else unit}"


def excluded(run: ScannerRun) -> str:
    """What was left out on purpose; the first places of what somebody silenced."""
    return "; ".join(f"{each.count} {each.reason}{_places(each)}" for each in run.excluded)


def _places(group: Excluded) -> str:
    names = [str(item.location or item.name) for item in group.items[:_NAMES_SHOWN]]
    more = [" ..."] if names and group.count > len(names) else []
    return f" ({', '.join(names)}{''.join(more)})" if names else ""
