"""JSON for programs: the whole report, in the model's own words."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from shopsec.model import BaselineState, Report, Tier
from shopsec.model.base import Frozen

# Those that grow with the repository; of each, one at a time is made and written.
_LONG = ("absent", "results", "rules")


def render(report: Report) -> Iterator[str]:
    """Make the report as JSON with sorted keys, in pieces; the same report gives the same bytes."""
    document: dict[str, Any] = report.model_dump(mode="json", exclude=set(_LONG)) | {
        "schema": "shopsec-report-1",
        "exit_code": report.decision.outcome.exit_code,
        "counts": {tier.value: report.count(tier) for tier in Tier},
    }
    if report.compared_with:
        document["states"] = _states(report)
    before = "{\n"
    for name in sorted([*document, *_LONG]):
        yield f"{before}  {json.dumps(name)}: "
        if name in _LONG:
            yield from _list(getattr(report, name))
        else:
            yield _indented(document[name], "  ")
        before = ",\n"
    yield "\n}\n"


def _list(values: Iterable[Frozen]) -> Iterator[str]:
    """As json.dumps writes it with an indent of 2, below the top."""
    before = "["
    for value in values:
        yield f"{before}\n    {_indented(value.model_dump(mode='json'), '    ')}"
        before = ","
    yield "[]" if before == "[" else "\n  ]"


def _indented(value: object, by: str) -> str:
    # No text has a line end of its own: JSON escapes it.
    return json.dumps(value, indent=2, sort_keys=True).replace("\n", f"\n{by}")


def _states(report: Report) -> dict[str, int]:
    """How many results are in each state."""
    states = [result.state for result in report.results]
    states += [BaselineState.ABSENT] * len(report.absent)
    return {state.value: states.count(state) for state in BaselineState}
