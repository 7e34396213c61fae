"""Sentences that every report for people shares."""

from collections.abc import Iterator

from shopsec.model import Outcome, Reason, Report, ScannerRun, Tier

_NAMES_SHOWN = 3


def headline(report: Report) -> str:
    """The decision in one line; a warning is only named where nothing is worse."""
    decision = report.decision
    parts = [
        f"{outcome.value.upper()}  {', '.join(map(_sentence, reasons))}"
        for outcome in (Outcome.FAIL, Outcome.INCOMPLETE, Outcome.WARN)
        if (reasons := decision.reasons_for(outcome))
        and (outcome is not Outcome.WARN or decision.outcome is Outcome.WARN)
    ]
    return " · ".join(parts) or "PASS  nothing stands against it"


def _sentence(reason: Reason) -> str:
    """A clause of the policy with its subject: ``2 risks must be fixed now``."""
    risks, checks = len(reason.fingerprints), len(reason.scanners)
    if risks:
        return f"{risks} {'risk' if risks == 1 else 'risks'} {reason.text}"
    return f"{checks} {'check' if checks == 1 else 'checks'} {reason.text}"


def subject(report: Report) -> str:
    """What was scanned."""
    repository = report.repository
    commit = f" @ {repository.commit[:7]}" if repository.commit else f" ({repository.note})"
    dirty = ", with uncommitted changes" if repository.dirty else ""
    return f"{repository.name}{commit}{dirty}"


def summary(report: Report) -> str:
    """The counts by tier."""
    tiers = ", ".join(f"{report.count(tier)} {tier.value.replace('-', ' ')}" for tier in Tier)
    return f"{len(report.results)} results: {tiers}"


def gaps(report: Report) -> Iterator[tuple[ScannerRun, list[str]]]:
    """Every run that is not complete, with what to say of it."""
    for run in report.coverage:
        if run.complete:
            continue
        lines = [run.message] if run.message else []
        for group in run.not_covered:
            names = ", ".join(str(item.name) for item in group.items[:_NAMES_SHOWN])
            more = " ..." if len(group.items) > _NAMES_SHOWN else ""
            lines.append(f"{len(group.items)} {run.unit}: {group.reason}: {names}{more}")
        if run.next_step:
            lines.append(f"next: {run.next_step}")
        yield run, lines


def excluded(run: ScannerRun) -> str:
    """What was left out on purpose."""
    return "; ".join(f"{each.count} {each.reason}" for each in run.excluded)
