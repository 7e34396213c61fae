"""What a report says that its own parts do not bear out. Pure but for the rules shipped with us.

Whoever changes a record and hashes it anew must make all of this agree. What nothing in a record
tells (that a result was left out, or a suppression written down that nobody made) only the
repository can tell, or a signature.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from shopsec import __version__
from shopsec.model import Area, Finding, Report, Result, Rule, SuppressionState, SuppressionUse
from shopsec.policy.business_paths import KINDS, BusinessPaths
from shopsec.policy.gates import GatePolicy
from shopsec.policy.severity import PriorityModel
from shopsec.rank.actions import actions
from shopsec.rank.score import Judge, priority_of, tier_of
from shopsec.scan.registry import all_scanners
from shopsec.suppress.apply import suppress
from shopsec.suppress.claims import Terms


def of_results(report: Report, model: PriorityModel, *, same: bool) -> Iterator[str]:
    """Results that are there twice, or whose sums are others.

    ``same``: they were weighed by this model.
    """
    prints = Counter(result.finding.fingerprint for result in report.results)
    for fingerprint, count in sorted(prints.items()):
        if count > 1:
            yield f"result {fingerprint[:40]}: is there {count} times"
    rules = {(rule.scanner, rule.id): rule for rule in report.rules}
    judges = _judges(report, model)
    for result in report.results:
        name = f"result {result.finding.fingerprint[:40]}"
        rule = rules.get((result.finding.scanner, result.finding.rule_id))
        if rule is None:
            yield f"{name}: its rule is not in the record"
        elif not result.terms or result.priority != priority_of(result.terms):
            yield f"{name}: its priority {result.priority} is not the sum of its terms"
        elif same and result.tier is not tier_of(result.priority, result.fix_now_because, model):
            yield f"{name}: its tier {result.tier.value} does not follow from its priority"
        elif same and not _is_judged(result, rule, judges):
            yield f"{name}: its terms do not follow from what was found"
        if (result.state is None) != (not report.compared_with):
            yield f"{name}: its state does not go with what was compared with"


@dataclass(frozen=True)
class _OneKind(BusinessPaths):
    """All files are of one kind: which one a file is of, a record tells in the terms alone."""

    kind: str = ""

    def of(self, path: str) -> str:
        """The kind, whatever the path."""
        del path
        return self.kind


def _judges(report: Report, model: PriorityModel) -> list[Judge]:
    uris = {result.finding.location.uri for result in report.results}
    return [
        Judge(dict.fromkeys(uris, tracked), model, _OneKind(kind=kind))
        for kind, tracked in product(("", *KINDS), (True, False))
    ]


def _is_judged(result: Result, rule: Rule, judges: list[Judge]) -> bool:
    """Whether its terms are those of its finding, in some kind of file, tracked or not."""
    told = (result.terms, result.fix_now_because)
    for judge in judges:
        again = judge.result(result.finding, rule)
        if (again.terms, again.fix_now_because) == told:
            return True
    return False


def of_actions(report: Report) -> Iterator[str]:
    """Actions that do not follow from the results."""
    rules = {(rule.scanner, rule.id) for rule in report.rules}
    active = [result for result in report.results if result.active]
    if all(_key(result.finding) in rules for result in active) and report.actions != actions(
        active, report.rules
    ):
        yield "the actions do not follow from the results"


def _key(finding: Finding) -> tuple[str, str]:
    return finding.scanner, finding.rule_id


def of_coverage(report: Report) -> Iterator[str]:
    """Areas and scanners without an entry in the ledger, and scanners that have two."""
    entries = Counter(run.scanner for run in report.coverage)
    for name, count in sorted(entries.items()):
        if count > 1:
            yield f"coverage: {name[:60]} is there {count} times"
    areas = {run.area for run in report.coverage}
    expected = {result.finding.scanner for result in report.results} | {"inventory"}
    if report.version == __version__:
        expected |= {scanner.name for scanner in all_scanners()}
    missing = sorted({*expected} - {*entries})
    missing += [f"area {area.value}" for area in Area if area not in areas]
    for name in missing:
        yield f"coverage: nothing is said of {name[:60]}"


def of_suppressions(report: Report, policy: GatePolicy) -> Iterator[str]:
    """What suppressions do when they are held against the results once more."""
    given = [use.suppression for use in report.suppressions]
    for each in given:
        if not each.problem and not each.denies and not (each.owner and each.reason):
            yield f"suppression {each.place[:80]}: has no owner or no reason"
    bare = [result.model_copy(update={"suppressed_by": None}) for result in report.results]
    terms = Terms(
        report.today,
        policy.fix_now_days,
        folder=report.repository.path_in_repository,
        whole=all(entry.complete for entry in report.coverage),
    )
    results, uses = suppress(bare, given, terms)
    for result, again in zip(report.results, results, strict=True):
        if result.suppressed_by != again.suppressed_by:
            told = again.suppressed_by
            found = "nothing does" if told is None else f"{told.place[:80]} does"
            name = f"result {result.finding.fingerprint[:40]}"
            yield f"{name}: what suppresses it is not what the record says: {found}"
    if _told(uses) != _told(report.suppressions):
        yield "what became of the suppressions does not follow from the results"


def _told(uses: tuple[SuppressionUse, ...]) -> list[SuppressionUse]:
    """Those that matched something; of a commit alone the others are left out."""
    return [use for use in uses if use.state is not SuppressionState.UNUSED]
