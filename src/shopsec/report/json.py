"""JSON for programs: the whole report, in the model's own words."""

import json

from shopsec.model import BaselineState, Report, Tier


def render(report: Report) -> str:
    """Return the report as JSON with sorted keys; the same report gives the same bytes."""
    document = report.model_dump(mode="json") | {
        "schema": "shopsec-report-1",
        "exit_code": report.decision.outcome.exit_code,
        "counts": {tier.value: report.count(tier) for tier in Tier},
    }
    if report.compared_with:
        document["states"] = _states(report)
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _states(report: Report) -> dict[str, int]:
    """How many results are in each state."""
    states = [result.state for result in report.results]
    states += [BaselineState.ABSENT] * len(report.absent)
    return {state.value: states.count(state) for state in BaselineState}
