"""Results of a scan, and of the past, as SARIF's results (3.27)."""

from typing import Any

from shopsec.model import BaselineState, Finding, KnownResult, Location, Result, purl_of
from shopsec.report.sarif.flavour import BAND_OF_TIER, Flavour
from shopsec.report.sarif.places import location
from shopsec.report.sarif.rules import plain_id
from shopsec.report.sarif.texts import LIMIT, all_said, filled, said

FINGERPRINT = "shopsec/v1"
_PLACES = 50
_STEP, _STEP_LIMIT = "\n\nDo: ", 400


def described(result: Result, rule_id: str, index: int, flavour: Flavour) -> dict[str, Any]:
    """A result with its place, its judgement and what it is known again by."""
    finding, band = result.finding, BAND_OF_TIER[result.tier]
    told: dict[str, Any] = {
        "ruleId": rule_id,
        "ruleIndex": index,
        "level": band.level,
        "message": {"text": _message(finding)},
        "locations": [location(finding.location, finding.snippet)],
        "partialFingerprints": _fingerprints(finding.fingerprint, flavour),
        "rank": _rank(result, flavour),
        "properties": _properties(result),
    }
    if result.state is not None:
        told["baselineState"] = result.state.value
    if finding.related:
        told["relatedLocations"] = [
            location(place) | {"id": number, "message": {"text": "Also here"}}
            for number, place in enumerate(finding.related[:_PLACES], 1)
        ]
    if flavour.with_history:
        told["suppressions"] = _suppressions(result)
    return told


def absent(known: KnownResult, index: int | None) -> dict[str, Any]:
    """A result of the past that is no longer there (3.27.24)."""
    rule_id = plain_id(known.rule)
    told: dict[str, Any] = {
        "ruleId": rule_id,
        "level": "none",
        "kind": "pass",
        "message": {"text": f"{rule_id}: was known before and is no longer there"},
        "locations": [location(Location(uri=known.uri))],
        "partialFingerprints": {FINGERPRINT: known.fingerprint},
        "baselineState": BaselineState.ABSENT.value,
        "properties": filled({"scanner": said(known.scanner), "tier": known.tier.value}),
    }
    return told if index is None else told | {"ruleIndex": index}


def _message(finding: Finding) -> str:
    step = said(finding.fix, _STEP_LIMIT)
    room = LIMIT - _STEP_LIMIT - len(_STEP) if step else LIMIT
    message = said(finding.message, room) or plain_id(finding.rule_id)
    return f"{message}{_STEP}{step}" if step else message


def _fingerprints(fingerprint: str, flavour: Flavour) -> dict[str, str]:
    names = (FINGERPRINT, *(["primaryLocationLineHash"] * flavour.matches_by_line_hash))
    return dict.fromkeys(names, fingerprint)


def _rank(result: Result, flavour: Flavour) -> float:
    """0 to 100 (3.27.25): the priority, or where that is a severity, the priority in its band."""
    if not flavour.rank_by_band:
        return float(result.priority)
    low, high = BAND_OF_TIER[result.tier].ranks
    return round(low + (high - low) * result.priority / 100, 1)


def _properties(result: Result) -> dict[str, Any]:
    """What SARIF has no word for; nothing that is empty."""
    finding, advisory = result.finding, result.finding.advisory
    told: dict[str, Any] = {
        "area": finding.area.value,
        "confidence": finding.confidence.value,
        "priority": result.priority,
        "role": finding.role.value,
        "scanner": said(finding.scanner),
        "severity": finding.severity.value,
        "tier": result.tier.value,
        "terms": all_said(f"{term.text}: {term.points:+}" for term in result.terms),
        "fixNowBecause": said(result.fix_now_because),
        "alsoReportedAs": all_said(finding.also_reported_as),
        "onlyInHistory": finding.past,
    }
    if finding.package is not None:
        told |= {
            "package": said(purl_of(finding.package).to_string()),
            "upgradeTo": said(finding.upgrade_to),
        }
    if advisory is not None:
        told |= {
            "aliases": all_said(advisory.aliases),
            "knownExploited": advisory.known_exploited,
        }
    if len(finding.related) > _PLACES:
        told["relatedPlaces"] = len(finding.related)
    return filled(told)


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
            "justification": said(text),
            "properties": filled(
                {
                    "owner": said(given.owner),
                    "until": said(given.until),
                    "place": said(given.place),
                }
            ),
        }
    ]
