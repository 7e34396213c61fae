"""The verdict, from results, coverage and a policy; nothing else counts."""

from collections.abc import Callable, Sequence
from typing import Any

from shopsec.model import (
    SHARDS,
    BaselineState,
    Decision,
    KnownResult,
    Outcome,
    Reason,
    Result,
    ScannerRun,
    SuppressionState,
    SuppressionUse,
    display_path,
)
from shopsec.policy import cel
from shopsec.policy.gates import CompiledClause, GatePolicy

_STRENGTH = (Outcome.FAIL, Outcome.INCOMPLETE, Outcome.WARN, Outcome.PASS)


def decide(
    results: Sequence[Result],
    coverage: Sequence[ScannerRun],
    policy: GatePolicy,
    run: dict[str, Any],
    *,
    today: str,
    absent: Sequence[KnownResult] = (),
    suppressions: Sequence[SuppressionUse] = (),
) -> Decision:
    """Apply a policy. ``run`` holds offline, images and files; ``today`` is an ISO 8601 date.

    A suppressed result counts only in a clause that reads ``result.suppressed``. Every suppression
    that was used is a reason too, though one that asks for nothing.

    Something that fails wins over a check that did not finish, and that over a warning. Where
    nothing speaks against it, but a check the policy does not require did not finish, it is a
    warning still: only a run that looked at everything that applies is a plain pass.
    """
    facts = {f"run.{key}": value for key, value in run.items()}
    reasons = [
        *_result_reasons(results, policy, facts),
        *_budget_reasons(results, absent, policy),
        *_coverage_reasons(coverage, policy, facts, today),
    ]
    reasons += _missing_shards(coverage)
    reasons += _unasked(coverage, {name for reason in reasons for name in reason.scanners})
    reasons += _suppression_reasons(suppressions)
    asked = {reason.outcome for reason in reasons}
    outcome = next((each for each in _STRENGTH if each in asked), Outcome.PASS)
    return Decision(outcome=outcome, policy=policy.name, reasons=tuple(reasons))


def _missing_shards(coverage: Sequence[ScannerRun]) -> list[Reason]:
    """A part of a scan is no scan, whatever the policy asks for."""
    if not any(entry.scanner == SHARDS and not entry.complete for entry in coverage):
        return []
    return [
        Reason(
            outcome=Outcome.INCOMPLETE,
            clause="missing-shards",
            text="did not get the results of all shards",
            scanners=(SHARDS,),
        )
    ]


def _unasked(coverage: Sequence[ScannerRun], named: set[str]) -> list[Reason]:
    """Warnings about what was not looked at, whatever the policy asks for."""
    found: list[Reason] = []
    if (
        any(entry.scanner == "inventory" and not entry.handed_in for entry in coverage)
        and not named
    ):
        found.append(
            Reason(
                outcome=Outcome.WARN,
                clause="nothing-scanned",
                text="found no file to look at",
                scanners=("inventory",),
            )
        )
    unfinished = sorted(entry.scanner for entry in coverage if not entry.complete)
    optional = tuple(scanner for scanner in unfinished if scanner not in named)
    if optional:
        found.append(
            Reason(
                outcome=Outcome.WARN,
                clause="not-required",
                text="that the policy does not require did not finish",
                scanners=optional,
            )
        )
    return found


def _suppression_reasons(uses: Sequence[SuppressionUse]) -> list[Reason]:
    """What is suppressed, and what no longer or never was."""
    used = [use for use in uses if use.state is SuppressionState.USED]
    expired = [use for use in uses if use.state is SuppressionState.EXPIRED]
    refused = [use for use in uses if use.state is SuppressionState.REFUSED or use.refused]
    return [
        Reason(
            outcome=outcome,
            clause=clause,
            text=text,
            fingerprints=tuple(sorted({each for use in found for each in prints(use)})),
            suppressions=tuple(use.suppression.place for use in found),
        )
        for outcome, clause, text, found, prints in (
            (Outcome.WARN, "suppressions-expired", "expired", expired, _suppressed),
            (Outcome.WARN, "suppressions-refused", "cannot be used", refused, _refused),
            (Outcome.PASS, "suppressed", "suppressed", used, _suppressed),
        )
        if found
    ]


def _suppressed(use: SuppressionUse) -> tuple[str, ...]:
    return use.fingerprints


def _refused(use: SuppressionUse) -> tuple[str, ...]:
    return use.refused


def _result_reasons(
    results: Sequence[Result], policy: GatePolicy, facts: dict[str, Any]
) -> list[Reason]:
    environment = policy.result_environment
    everything, active = [], []
    for result in results:
        activation = environment.activation(_result_values(result) | facts)
        everything.append((result.finding.fingerprint, activation))
        if result.active:
            active.append(everything[-1])
    found: list[Reason] = []
    for clause in policy.results:
        prints = _matching(clause, everything if clause.reads_suppressed else active)
        if prints:
            found.append(_reason(clause, fingerprints=prints))
    return found


def _budget_reasons(
    results: Sequence[Result], absent: Sequence[KnownResult], policy: GatePolicy
) -> list[Reason]:
    found: list[Reason] = []
    for budget in policy.budgets:
        within = [each for each in results if each.active and each.tier in budget.tiers]
        known = sum(each.state is BaselineState.UNCHANGED for each in within)
        known += sum(each.tier in budget.tiers for each in absent)
        limits = [budget.at_most, known if budget.no_growth else None]
        limit = min(each for each in limits if each is not None)
        if len(within) > limit:
            found.append(
                Reason(
                    outcome=Outcome(budget.outcome),
                    clause=budget.id,
                    text=f"{budget.text} (budget: {limit})",
                    fingerprints=tuple(sorted(each.finding.fingerprint for each in within)),
                )
            )
    return found


def _coverage_reasons(
    coverage: Sequence[ScannerRun], policy: GatePolicy, facts: dict[str, Any], today: str
) -> list[Reason]:
    environment = policy.coverage_environment
    bound = [
        (entry.scanner, environment.activation(_coverage_values(entry, today) | facts))
        for entry in coverage
    ]
    found: list[Reason] = []
    for clause in policy.coverage:
        scanners = _matching(clause, bound)
        if scanners:
            found.append(_reason(clause, scanners=scanners))
    return found


def _matching(
    clause: CompiledClause, bound: Sequence[tuple[str, cel.Activation]]
) -> tuple[str, ...]:
    holds: Callable[[cel.Activation], bool] = clause.when.holds
    return tuple(sorted({name for name, activation in bound if holds(activation)}))


def _reason(
    clause: CompiledClause,
    fingerprints: tuple[str, ...] = (),
    scanners: tuple[str, ...] = (),
) -> Reason:
    return Reason(
        outcome=clause.outcome,
        clause=clause.id,
        text=clause.text,
        fingerprints=fingerprints,
        scanners=scanners,
    )


def _result_values(result: Result) -> dict[str, Any]:
    finding = result.finding
    return {
        "result.tier": result.tier.value,
        "result.priority": result.priority,
        "result.area": finding.area.value,
        "result.scanner": finding.scanner,
        "result.rule": finding.rule_id,
        "result.severity": finding.severity.value,
        "result.confidence": finding.confidence.value,
        "result.role": finding.role.value,
        "result.path": display_path(finding.location.uri),
        "result.state": result.state.value if result.state else "new",
        "result.suppressed": not result.active,
    }


def _coverage_values(entry: ScannerRun, today: str) -> dict[str, Any]:
    return {
        "coverage.scanner": entry.scanner,
        "coverage.area": entry.area.value,
        "coverage.status": entry.status.value,
        "coverage.complete": entry.complete,
        "coverage.imported": entry.imported.value,
        "coverage.handed_in": entry.handed_in,
        "coverage.not_covered": entry.not_covered_count,
        "coverage.database_days": entry.database_days(today),
    }
