"""Priority: every addend is a term that is printed with the result (docs/priority.md)."""

from collections.abc import Iterable, Mapping
from typing import Any

from shopsec.model import Finding, Result, Rule, Term, Tier, display_path
from shopsec.policy.business_paths import BusinessPaths
from shopsec.policy.cel import Expression
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
    judge = Judge(tracked, model, paths)
    results = [
        judge.result(finding, by_id[finding.scanner, finding.rule_id]) for finding in findings
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


class Judge:
    """Sums up the terms of findings. Findings that the conditions cannot tell apart share a sum."""

    def __init__(
        self, tracked: Mapping[str, bool], model: PriorityModel, paths: BusinessPaths
    ) -> None:
        self._tracked = tracked
        self._model = model
        self._paths = paths
        self._kinds: dict[str, str] = {}
        self._known: dict[tuple[object, ...], tuple[tuple[Term, ...], str]] = {}
        # Whether a condition holds, by the fields that it reads: names and scores are of many
        # kinds, and few conditions ask for them.
        self._held: dict[tuple[str, tuple[object, ...]], bool] = {}

    def result(self, finding: Finding, rule: Rule) -> Result:
        """One finding with its terms, its priority and its tier."""
        model = self._model
        values = self._values(finding, rule)
        key = tuple(values[name] for name in model.reads)
        if key not in self._known:
            self._known[key] = self._evaluated(values)
        added, because = self._known[key]
        terms = (_base(finding, rule, model), *added)
        priority = priority_of(terms)
        return Result(
            finding=finding,
            priority=priority,
            tier=tier_of(priority, because, model),
            terms=terms,
            fix_now_because=because,
        )

    def _evaluated(self, values: Mapping[str, Any]) -> tuple[tuple[Term, ...], str]:
        model = self._model
        terms = tuple(
            Term(text=term.text, points=term.points)
            for term, condition in model.terms
            if self._holds(condition, values)
        )
        fixes = (fix.because for fix, when in model.fix_now if self._holds(when, values))
        return terms, next(fixes, "")

    def _holds(self, condition: Expression, values: Mapping[str, Any]) -> bool:
        fields = self._model.fields[condition.text]
        key = (condition.text, tuple(values[name] for name in fields))
        if key not in self._held:
            activation = self._model.environment.activation(values)
            self._held[key] = condition.holds(activation)
        return self._held[key]

    def _kind(self, path: str) -> str:
        if path not in self._kinds:
            self._kinds[path] = self._paths.of(path)
        return self._kinds[path]

    def _values(self, finding: Finding, rule: Rule) -> dict[str, Any]:
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
            "finding.package": finding.package.name if finding.package else "",
            "finding.impact": _impact(finding, rule),
            "finding.opens": rule.opens,
            "finding.cvss_score": (advisory.cvss_score if advisory else None) or 0.0,
            "finding.cvss_vector": vector,
            # Derived from the vector: .88 precision, .96 recall against CISA's own assessments.
            "finding.automatable": all(part in vector for part in ("AV:N", "AC:L", "PR:N", "UI:N")),
            "finding.total_impact": _is_total(vector),
            "finding.known_exploited": bool(advisory and advisory.known_exploited),
            "finding.needs_use": bool(advisory and advisory.needs_use),
            "finding.malicious": bool(advisory and advisory.malicious),
            "finding.imported": finding.imported is True,
            "finding.not_imported": finding.imported is False,
            "finding.tracked": self._tracked.get(finding.location.uri, False),
            "finding.business_path": self._kind(path),
        }


def _is_total(vector: str) -> bool:
    """Full control of data and behaviour; version 4 writes the vulnerable system's as VC and VI."""
    return ("/C:H" in vector and "/I:H" in vector) or ("/VC:H" in vector and "/VI:H" in vector)


def priority_of(terms: Iterable[Term]) -> int:
    """The sum of its terms, from 0 to 100."""
    return max(0, min(100, sum(term.points for term in terms)))


def tier_of(priority: int, because: str, model: PriorityModel) -> Tier:
    """By the priority, unless something is to be fixed now whatever its priority."""
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
