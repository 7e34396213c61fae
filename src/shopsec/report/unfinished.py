"""Scanners that did not look at everything, each with what to say of it.

For formats with one entry a scanner: there, silence would look like a clean result.
"""

from dataclasses import dataclass

from shopsec.model import Outcome, Report, ScannerRun
from shopsec.report import wording


@dataclass(frozen=True)
class Unfinished:
    """A run that must not look clean."""

    run: ScannerRun
    text: str
    """What was not checked and what to do; or what the policy holds against a complete run."""
    required: bool
    """The gate does not pass because of it."""


def unfinished(report: Report) -> list[Unfinished]:
    """The runs that are not complete or that the gate objects to, what it requires first."""
    objections: dict[str, list[str]] = {}
    for reason in report.decision.reasons:
        if reason.outcome in {Outcome.FAIL, Outcome.INCOMPLETE}:
            for scanner in reason.scanners:
                objections.setdefault(scanner, []).append(reason.text)
    found = [
        Unfinished(
            run,
            "; ".join(objections[run.scanner] if run.complete else wording.gap(run)),
            required=run.scanner in objections,
        )
        for run in report.coverage
        if not run.complete or run.scanner in objections
    ]
    return sorted(found, key=lambda each: not each.required)
