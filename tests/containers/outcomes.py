"""What tests read from a scanner's outcome."""

from shopsec.scan.base import Outcome


def reasons(outcome: Outcome) -> dict[str, str]:
    """Reason by name of every item that is not covered."""
    return {item.name: group.reason for group in outcome.run.not_covered for item in group.items}


def excluded(outcome: Outcome) -> dict[str, int]:
    """Count by reason."""
    return {each.reason: each.count for each in outcome.run.excluded}


def places(outcome: Outcome) -> set[tuple[str, str]]:
    """Where which rule found something."""
    return {(str(each.location), each.rule_id) for each in outcome.findings}


def vulnerabilities(outcome: Outcome) -> set[tuple[str, str, str]]:
    """Place, advisory and symbol."""
    return {
        (str(each.location), each.rule_id, each.symbol)
        for each in outcome.findings
        if each.advisory is not None
    }
