"""Rules over resources: what holds becomes a finding."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shopsec.model import Area, Confidence, Finding, Location, Role, Severity
from shopsec.policy.cel import Activation, EvaluationError
from shopsec.policy.guards import may_hold
from shopsec.policy.rules import SCANNER, AccessRules, CompiledCheck, CompiledRule
from shopsec.redaction import name_shown
from shopsec.scan.access.resources.base import Resource

# A mistake outside production is lowered, never silenced.
_LEVELS_LOWER = 2
_LESSER_ROLES = frozenset({Role.DEV, Role.TEST, Role.DOCS, Role.EXAMPLE})
_DETAILS_SHOWN = 8
# Kinds of which there is one, wherever it is shown.
_OF_REPOSITORY = frozenset({"repository", "updates", "owners", "version_drift"})


@dataclass(frozen=True)
class Match:
    """A rule of which one check holds for a resource."""

    rule: CompiledRule
    check: CompiledCheck
    resource: Resource
    severity: Severity
    confidence: Confidence
    detail: str

    @property
    def location(self) -> Location:
        """The place the rule points to."""
        return self.resource.file.at(self.resource.line_at(self.check.at))

    @property
    def extent(self) -> Location:
        """All lines of the resource, as far as they are known."""
        first, last = self.resource.line, self.resource.last_line
        return Location(uri=self.resource.file.uri, start_line=first, end_line=max(first, last))


@dataclass(frozen=True)
class Failure:
    """A rule that could not be evaluated on a resource: its pack is at fault, not the file."""

    resource: Resource
    problem: str
    """One sentence that names the rule, its pack and what failed."""
    rule: CompiledRule
    gave_up: bool
    """It was too much work, so that the rule was evaluated on nothing after this resource."""


def evaluate(
    rules: AccessRules, resources: Iterable[Resource]
) -> tuple[list[Finding], list[Failure]]:
    """Findings in the order of the resources' places, and what could not be evaluated.

    A rule that fails takes no other with it; one that was too much work once is not tried again.
    """
    matches: dict[str, list[Match]] = defaultdict(list)
    failures: list[Failure] = []
    given_up: set[str] = set()
    by_kind = _by_kind(rules)
    for resource in resources:
        asked = [
            pair
            for pair in by_kind.get(resource.kind, ())
            if may_hold(pair[1].guards, resource.view)
        ]
        if not asked:
            continue
        bound = rules.environments[resource.kind].activation(resource.values())
        for rule, check in asked:
            if rule.spec.id in given_up:
                continue
            try:
                if check.when.holds(bound):
                    matches[rule.spec.id].append(_match(rule, check, resource, bound))
            except EvaluationError as error:
                failures.append(_failure(rule, resource, error))
                if error.too_much:
                    given_up.add(rule.spec.id)
    findings = [finding for group in matches.values() for finding in _findings(group)]
    findings.sort(key=lambda each: (each.location.uri, each.location.start_line or 0, each.rule_id))
    return findings, failures


def _by_kind(rules: AccessRules) -> dict[str, list[tuple[CompiledRule, CompiledCheck]]]:
    by_kind: dict[str, list[tuple[CompiledRule, CompiledCheck]]] = defaultdict(list)
    for rule in rules.rules:
        for check in rule.checks:
            by_kind[check.on].append((rule, check))
    return by_kind


def _failure(rule: CompiledRule, resource: Resource, error: EvaluationError) -> Failure:
    problem = f"rule {rule.spec.id} of {error.spot}: {error.reason}"
    return Failure(resource, problem, rule, gave_up=error.too_much)


def _match(
    rule: CompiledRule, check: CompiledCheck, resource: Resource, bound: Activation
) -> Match:
    severity, confidence = rule.spec.severity, rule.spec.confidence
    for condition, case in check.severity_when:
        if condition.holds(bound):
            severity, confidence = case.severity, case.confidence or confidence
            break
    if resource.file.role in _LESSER_ROLES:
        severity = severity.lowered(_LEVELS_LOWER)
    detail = check.detail.text_of(bound) if check.detail else ""
    return Match(rule, check, resource, severity, confidence, detail)


def _findings(matches: Sequence[Match]) -> Iterable[Finding]:
    """One finding a match, or one a name, file or repository where the rule asks for it."""
    per = matches[0].rule.spec.per
    if per == "resource":
        for match in matches:
            whole = match.resource.kind in _OF_REPOSITORY
            yield _finding([match], symbol=match.resource.name, of_repository=whole)
        return
    groups: dict[str, list[Match]] = defaultdict(list)
    for match in matches:
        groups[_shared(match, per)].append(match)
    for shared, group in groups.items():
        symbol = shared if per == "name" else ""
        yield _finding(group, symbol=symbol, of_repository=per != "file")


def _shared(match: Match, per: str) -> str:
    """What the matches of one finding have in common."""
    return {"name": match.resource.name, "file": match.resource.file.uri}.get(per, "")


def _finding(group: Sequence[Match], symbol: str, *, of_repository: bool) -> Finding:
    """One finding for a group; the worst match speaks, the others are named as related."""
    worst = min(group, key=_order)
    others = sorted({match.location for match in group} - {worst.location}, key=_place)
    spec = worst.rule.spec
    details = _details(group)
    message = spec.title + (f": {details}" if details else "")
    if others:
        message += f" ({len(others) + 1} places)"
    return Finding(
        rule_id=spec.id,
        scanner=SCANNER,
        area=Area.ACCESS,
        message=message,
        location=worst.location,
        severity=worst.severity,
        confidence=worst.confidence,
        role=worst.resource.file.role,
        symbol=symbol,
        fix=worst.check.fix,
        related=tuple(others),
        extent=tuple(match.extent for match in group),
        of_repository=of_repository,
    )


def _details(group: Sequence[Match]) -> str:
    """What the matches say, each part between semicolons once, the worst first."""
    ordered = [match.detail for match in sorted(group, key=_order) if match.detail]
    parts = list(dict.fromkeys(part for detail in ordered for part in detail.split("; ")))
    more = len(parts) - _DETAILS_SHOWN
    shown = "; ".join(name_shown(part) for part in parts[:_DETAILS_SHOWN])
    return shown + (f" and {more} more" if more > 0 else "")


def _order(match: Match) -> tuple[int, str, int]:
    return (match.severity.rank, *_place(match.location))


def _place(location: Location) -> tuple[str, int]:
    return location.uri, location.start_line or 0
