"""One ranked list of the reports of many repositories."""

from collections.abc import Sequence

from shopsec.model import NamedAction, NamedReport, NamedResult, Organisation, Outcome, Tier
from shopsec.rank.actions import MOST, by_urgency

# As in one report: what fails wins over what is not known, and that over a warning.
_WORST = (Outcome.FAIL, Outcome.INCOMPLETE, Outcome.WARN, Outcome.PASS)


def join(reports: Sequence[NamedReport]) -> Organisation:
    """The reports in the order of their urgency, and all results and actions of them as one list.

    Decisions stay what they are: each was made by the policy of its own repository.
    """
    ranked = sorted(reports, key=_urgency)
    actions = [
        NamedAction(repository=each.name, action=action)
        for each in ranked
        for action in each.report.actions
    ]
    results = [
        NamedResult(repository=each.name, result=result)
        for each in ranked
        for result in each.report.results
    ]
    return Organisation(
        outcome=min((each.report.decision.outcome for each in ranked), key=_WORST.index),
        repositories=tuple(ranked),
        # The first of all are among the first of each.
        actions=tuple(
            sorted(actions, key=lambda each: (*by_urgency(each.action), each.repository))[:MOST]
        ),
        results=tuple(sorted(results, key=_order_of_result)),
    )


def _urgency(named: NamedReport) -> tuple[int, tuple[int, ...], str]:
    report = named.report
    counts = tuple(-report.count(tier) for tier in Tier)
    return _WORST.index(report.decision.outcome), counts, named.name


def _order_of_result(named: NamedResult) -> tuple[bool, int, int, str]:
    result = named.result
    return not result.active, result.tier.rank, -result.priority, named.repository
