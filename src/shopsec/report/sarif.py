"""SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), within GitHub's limits."""

import json
from typing import Any

from shopsec.model import (
    BaselineState,
    KnownResult,
    Location,
    Report,
    Result,
    Rule,
    ScannerRun,
    Severity,
    Status,
    Tier,
)
from shopsec.report import wording

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVEL = {
    Tier.FIX_NOW: "error",
    Tier.SPRINT: "error",
    Tier.PLANNED: "warning",
    Tier.WATCH: "note",
}
# GitHub's bands: over 9.0 critical, 7.0 high, 4.0 medium, below low.
_SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.1",
    Severity.UNKNOWN: "5.5",
}
_NAMES_SHOWN = 20
_TEXT_LIMIT = 1000


def render(report: Report) -> str:
    """Return the report as SARIF for code scanning: without what is suppressed.

    GitHub opens an alert for each result, whatever its ``suppressions`` say. The same report gives
    the same bytes.
    """
    active = [result for result in report.results if result.active]
    return _text(report, [(result, {}) for result in active])


def render_all(report: Report) -> str:
    """Return the report as SARIF with what is suppressed, and by whom and why (3.27.23)."""
    return _text(
        report, [(result, {"suppressions": _suppressions(result)}) for result in report.results]
    )


def _text(report: Report, results: list[tuple[Result, dict[str, Any]]]) -> str:
    indexes = {(rule.scanner, rule.id): index for index, rule in enumerate(report.rules)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "shopsec",
                "semanticVersion": report.version,
                "rules": [_rule(rule) for rule in report.rules],
            }
        },
        "automationDetails": {
            "id": f"shopsec/{report.repository.path_in_repository}".rstrip("/") + "/"
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(run) for run in report.coverage],
        "results": [
            _result(result, indexes[result.finding.scanner, result.finding.rule_id]) | more
            for result, more in results
        ]
        + [_absent(known, indexes) for known in report.absent],
        "properties": {
            "decision": report.decision.outcome.value,
            "policy": report.policy,
            "today": report.today,
        },
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    words = "".join(part.capitalize() for part in rule.id.replace(".", "-").split("-"))
    described: dict[str, Any] = {
        "id": rule.id,
        "name": words,
        "shortDescription": {"text": rule.title[:_TEXT_LIMIT]},
        "fullDescription": {"text": rule.why[:_TEXT_LIMIT]},
        "help": {"text": f"{rule.why}\n\n{rule.fix}"[:_TEXT_LIMIT]},
        "properties": {
            "tags": ["security", *(f"external/cwe/cwe-{number:03}" for number in rule.cwe[:8])],
            "security-severity": _SECURITY_SEVERITY[rule.severity],
        },
    }
    if rule.help_uri:
        described["helpUri"] = rule.help_uri
    return described


def _result(result: Result, index: int) -> dict[str, Any]:
    finding = result.finding
    described: dict[str, Any] = {
        "ruleId": finding.rule_id,
        "ruleIndex": index,
        "level": _LEVEL[result.tier],
        "message": {"text": finding.message[:_TEXT_LIMIT]},
        "locations": [_location(finding.location)],
        "partialFingerprints": {"shopsec/v1": finding.fingerprint},
        "rank": float(result.priority),
        "properties": {
            "scanner": finding.scanner,
            "tier": result.tier.value,
            "terms": [f"{term.text}: {term.points:+}" for term in result.terms],
        },
    }
    if result.state is not None:
        described["baselineState"] = result.state.value
    if finding.related:
        described["relatedLocations"] = [_location(place) for place in finding.related[:50]]
    return described


def _suppressions(result: Result) -> list[dict[str, Any]]:
    """SARIF's own word for them (3.35); an empty list says that there is none."""
    given = result.suppressed_by
    if given is None:
        return []
    text = f"{given.reason} (by {given.owner}, until {given.until}, {given.place})"
    return [
        {
            "kind": "inSource" if given.kind == "inline" else "external",
            "status": "accepted",
            "justification": text[:_TEXT_LIMIT],
            "properties": {
                "owner": given.owner,
                "until": given.until,
                "place": given.place,
            },
        }
    ]


def _absent(known: KnownResult, indexes: dict[tuple[str, str], int]) -> dict[str, Any]:
    """A result of the past that is no longer there (section 3.27.24)."""
    described: dict[str, Any] = {
        "ruleId": known.rule,
        "level": "none",
        "kind": "pass",
        "message": {"text": f"{known.rule}: was known before and is no longer there"},
        "locations": [_location(Location(uri=known.uri))],
        "partialFingerprints": {"shopsec/v1": known.fingerprint},
        "baselineState": BaselineState.ABSENT.value,
        "properties": {"scanner": known.scanner, "tier": known.tier.value},
    }
    index = indexes.get((known.scanner, known.rule))
    return described if index is None else described | {"ruleIndex": index}


def _location(place: Location) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": place.uri, "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": place.start_line or 1},
        }
    }


def _invocation(run: ScannerRun) -> dict[str, Any]:
    level = "error" if run.status in {Status.FAILED, Status.MISSING} else "warning"
    notices = [
        {
            "level": level,
            "message": {"text": f"{run.scanner}: {run.message or run.status.value}"[:_TEXT_LIMIT]},
        }
    ]
    for group in run.not_covered:
        names = ", ".join(item.name for item in group.items[:_NAMES_SHOWN])
        count = wording.amount(len(group.items), run.unit)
        text = f"{run.scanner}: {count}: {group.reason}: {names}"
        notices.append({"level": level, "message": {"text": text[:_TEXT_LIMIT]}})
    described: dict[str, Any] = {
        "executionSuccessful": run.complete,
        "properties": {
            "scanner": run.scanner,
            "status": run.status.value,
            "handedIn": run.handed_in,
            "covered": run.covered,
            "excluded": {each.reason: each.count for each in run.excluded},
        },
    }
    if not run.complete:
        described["toolExecutionNotifications"] = notices
    return described
