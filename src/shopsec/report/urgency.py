"""Which results come first, and which ones the gate fails on."""

from shopsec.model import Outcome, Report, Result


def worst_first(report: Report) -> list[Result]:
    """The results that count, by tier and priority; else in the report's own order."""
    active = (result for result in report.results if result.active)
    return sorted(active, key=lambda result: (result.tier.rank, -result.priority))


def failing(report: Report) -> frozenset[str]:
    """Fingerprints of the results that the gate fails on."""
    reasons = report.decision.reasons_for(Outcome.FAIL)
    return frozenset(each for reason in reasons for each in reason.fingerprints)
