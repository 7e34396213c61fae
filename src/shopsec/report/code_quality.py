"""GitLab Code Quality, which every tier of GitLab shows in merge requests.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from shopsec.model import BaselineState, Location, Report, Result, Tier, display_path, printable
from shopsec.report.unfinished import Unfinished, unfinished
from shopsec.report.urgency import worst_first

_SEVERITY = {
    Tier.FIX_NOW: "blocker",
    Tier.SPRINT: "critical",
    Tier.PLANNED: "major",
    Tier.WATCH: "minor",
}
_ORDER = tuple(_SEVERITY.values())
_TEXT_LIMIT = 1000
# Who reads the report is GitLab, and what made it is a pipeline of this file.
_PIPELINE = Location(uri=".gitlab-ci.yml")


def render(report: Report) -> str:
    """Return all results that count and every scanner that did not finish, worst first."""
    entries = [*_gaps(report), *map(_entry, worst_first(report))]
    entries.sort(key=lambda entry: _ORDER.index(entry["severity"]))
    return json.dumps(entries, indent=2, sort_keys=True) + "\n"


def _entry(result: Result) -> dict[str, Any]:
    finding = result.finding
    known = " (known before)" if result.state is BaselineState.UNCHANGED else ""
    return {
        "description": printable(finding.message)[:_TEXT_LIMIT] + known,
        "check_name": printable(finding.rule_id),
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITY[result.tier],
        "location": _location(finding.location, past=finding.past),
    }


def _gaps(report: Report) -> Iterator[dict[str, Any]]:
    for gap in unfinished(report):
        scanner = gap.run.scanner
        yield {
            "description": printable(f"Not checked: {scanner}: {gap.text}")[:_TEXT_LIMIT],
            "check_name": f"shopsec.not-checked.{scanner}",
            # The same whatever the reason, so that it is one entry from run to run.
            "fingerprint": hashlib.sha256(f"not checked: {scanner}".encode()).hexdigest()[:32],
            "severity": "blocker" if gap.required else "major",
            "location": _location(_place_of(gap, report)),
        }


def _place_of(gap: Unfinished, report: Report) -> Location:
    """A file that exists: the first that was not looked at, else any the report knows of."""
    missed = [item.location for group in gap.run.not_covered for item in group.items]
    found = [result.finding for result in report.results]
    known = [each.location for each in found if each.image is None and not each.past]
    known += [pin.location for pin in report.packages]
    known.sort(key=lambda place: place.uri)
    places = [*missed, *(Location(uri=place.uri) for place in known[:1])]
    return next((place for place in places if place is not None), _PIPELINE)


def _location(place: Location, *, past: bool = False) -> dict[str, Any]:
    line = 1 if past else place.start_line or 1
    return {"path": display_path(place.uri), "lines": {"begin": line}}
