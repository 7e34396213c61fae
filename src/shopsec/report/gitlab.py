"""GitLab's security reports, schema 15.2.1: one of four kinds of scan each.

https://gitlab.com/gitlab-org/security-products/security-report-schemas. GitLab compares branches by
itself, so that what a baseline knows is in them as well, and said to be known.
"""

import json
from typing import Any

from shopsec.model import Area, Report, ScannerRun, Status, printable
from shopsec.report.gitlab_vulnerability import Scan, scan_of, vulnerability
from shopsec.report.unfinished import unfinished
from shopsec.report.urgency import worst_first

_VERSION = "15.2.1"
_SCHEMAS = (
    "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/"
    f"v{_VERSION}/dist/"
)
_HALTED = {Status.FAILED, Status.MISSING}
_TEXT_LIMIT = 2000
_IMAGES = frozenset({"trivy-image", "image-packages"})


def render_sast(report: Report) -> str:
    """Return what is wrong in code, settings, pipelines and whatever no other kind takes."""
    return _render(report, Scan.SAST)


def render_secret_detection(report: Report) -> str:
    """Return the secrets."""
    return _render(report, Scan.SECRETS)


def render_dependency_scanning(report: Report) -> str:
    """Return what is known of packages that lockfiles pin."""
    return _render(report, Scan.DEPENDENCIES)


def render_container_scanning(report: Report) -> str:
    """Return what is in images."""
    return _render(report, Scan.CONTAINERS)


def _render(report: Report, scan: Scan) -> str:
    rules = {(rule.scanner, rule.id): rule for rule in report.rules}
    found = [
        vulnerability(result, rules.get((result.finding.scanner, result.finding.rule_id)), report)
        for result in worst_first(report)
        if scan_of(result.finding) is scan
    ]
    document = {
        "version": _VERSION,
        "schema": f"{_SCHEMAS}{scan.value.replace('_', '-')}-report-format.json",
        "scan": _scan(report, scan),
        "vulnerabilities": found,
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _scan(report: Report, scan: Scan) -> dict[str, Any]:
    """How the scan went. Both times are the report's day: the same input gives the same bytes."""
    tool = {
        "id": "shopsec",
        "name": "shopsec",
        "version": report.version,
        "vendor": {"name": "shopsec"},
    }
    time = f"{report.today[:10]}T00:00:00"
    gaps = [gap for gap in unfinished(report) if _belongs(gap.run, scan)]
    messages = [
        _message(
            "fatal" if gap.run.status in _HALTED else "warn",
            f"{gap.run.scanner}: not checked: {gap.text}",
        )
        for gap in gaps
    ]
    messages += [
        _message("info", f"{run.scanner}: there is nothing that it applies to")
        for run in report.coverage
        if run.status is Status.NOT_APPLICABLE and _belongs(run, scan)
    ]
    return {
        "type": scan.value,
        "status": "failure" if gaps else "success",
        "start_time": time,
        "end_time": time,
        "analyzer": tool,
        "scanner": tool,
        "messages": messages,
    }


def _message(level: str, text: str) -> dict[str, str]:
    return {"level": level, "value": printable(text)[:_TEXT_LIMIT]}


def _belongs(run: ScannerRun, scan: Scan) -> bool:
    """Whether a report leaves something out where a run does; all do where files are unread."""
    if run.area is Area.REPOSITORY:
        return True
    if run.area is Area.CONTAINERS:
        return scan is (Scan.CONTAINERS if run.scanner in _IMAGES else Scan.SAST)
    scans = {Area.SECRETS: Scan.SECRETS, Area.DEPENDENCIES: Scan.DEPENDENCIES}
    return scan is scans.get(run.area, Scan.SAST)
