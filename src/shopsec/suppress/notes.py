"""What a report says of a suppression beside what it says itself: why not, how long, what to do."""

from collections.abc import Sequence

from shopsec.model import Result, Suppression, SuppressionState
from shopsec.suppress.claims import Claims, Terms
from shopsec.suppress.terms import SOON_DAYS, day_after, days_between

_NAMES_SHOWN = 3


def note(
    suppression: Suppression,
    state: SuppressionState,
    claims: Claims,
    results: Sequence[Result],
    terms: Terms,
) -> str:
    """One sentence, or several; empty where there is nothing to add."""
    if suppression.problem:
        return suppression.problem
    if state is SuppressionState.NOTED:
        return f"{suppression.reason}: suppresses nothing"
    if state is SuppressionState.EXPIRED:
        return f"expired on {suppression.until}: {_mend(suppression)}"
    parts = []
    if state is SuppressionState.USED:
        days = days_between(terms.today, suppression.until)
        parts.append(f"ends {_in_days(days)}" if days <= SOON_DAYS else "")
    if claims.refused:
        parts.append(_refusal(suppression, len(claims.refused), terms))
    if claims.objection:
        parts.append(claims.objection)
    elif state is SuppressionState.UNUSED:
        parts.append(_unused(suppression, results, terms))
    return "; ".join(filter(None, parts))


def _mend(suppression: Suppression) -> str:
    if suppression.kind == "vex":
        return "look again and renew its timestamp, or remove the statement"
    return "mend what it allows, or look again and set a new day; remove it where it is done"


def _in_days(days: int) -> str:
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")


def _refusal(suppression: Suppression, count: int, terms: Terms) -> str:
    risks = "1 risk" if count == 1 else f"{count} risks"
    if suppression.kind == "vex":
        last = day_after(suppression.since[:10], terms.fix_now_days)
        return (
            f"not for {risks} to be fixed now: there a statement holds {terms.fix_now_days} days, "
            f"this one held until {last}"
        )
    last = day_after(terms.today, terms.fix_now_days)
    return f"not for {risks} to be fixed now: there {last} is the last day that the policy allows"


def _unused(suppression: Suppression, results: Sequence[Result], terms: Terms) -> str:
    found = _found_there(suppression, results)
    if found:
        return f"does not name what is on its line: {', '.join(found[:_NAMES_SHOWN])}"
    if not terms.whole:
        return "matches nothing that this run looked at"
    if suppression.kind == "vex":
        return "matches no finding about a dependency of this repository: remove it if it is done"
    return "matches nothing: remove it, or mend what it names"


def _found_there(suppression: Suppression, results: Sequence[Result]) -> list[str]:
    """Rules of the results on the line that a comment speaks of."""
    at = suppression.at
    if at is None:
        return []
    places = ((each.finding.rule_id, each.finding.location) for each in results)
    line = (at.uri, at.start_line)
    return sorted({rule for rule, place in places if (place.uri, place.start_line) == line})
