"""The ledger as SARIF's invocations (3.20): what did not run, or only in part."""

from collections.abc import Iterator
from typing import Any

from shopsec.model import ScannerRun, Status
from shopsec.report import wording
from shopsec.report.sarif.texts import said

_NAMES_SHOWN = 20
_REASONS_SHOWN = 50


def invocations(coverage: tuple[ScannerRun, ...], notice: str) -> list[dict[str, Any]]:
    """One a scanner; before them one of shopsec's own where it has something to say."""
    own = {
        "executionSuccessful": True,
        "properties": {"scanner": "shopsec"},
        "toolExecutionNotifications": [_notification("warning", notice)],
    }
    return [*([own] if notice else []), *map(_invocation, coverage)]


def _invocation(run: ScannerRun) -> dict[str, Any]:
    described: dict[str, Any] = {
        "executionSuccessful": run.complete,
        "properties": {
            "scanner": said(run.scanner),
            "status": run.status.value,
            "handedIn": run.handed_in,
            "covered": run.covered,
            "excluded": {said(each.reason) or "other": each.count for each in run.excluded},
        },
    }
    if not run.complete:
        described["toolExecutionNotifications"] = list(_notifications(run))
    return described


def _notifications(run: ScannerRun) -> Iterator[dict[str, Any]]:
    level = "error" if run.status in {Status.FAILED, Status.MISSING} else "warning"
    step = f"; next: {run.next_step}" if run.next_step else ""
    yield _notification(level, f"{run.scanner}: {run.message or run.status.value}{step}")
    for group in run.not_covered[:_REASONS_SHOWN]:
        names = ", ".join(item.name for item in group.items[:_NAMES_SHOWN])
        more = " ..." if len(group.items) > _NAMES_SHOWN else ""
        count = wording.amount(len(group.items), run.unit)
        yield _notification(level, f"{run.scanner}: {count}: {group.reason}: {names}{more}")
    rest = sum(len(group.items) for group in run.not_covered[_REASONS_SHOWN:])
    if rest:
        yield _notification(level, f"{run.scanner}: {wording.amount(rest, run.unit)} more")


def _notification(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": said(text)}}
