"""The form that narrows the list of results; it is shown where its script runs."""

from collections.abc import Iterable, Sequence

from shopsec.model import Report, Tier
from shopsec.report.html.markup import Html, tag
from shopsec.report.html.view import Row, tier_name


def form(report: Report, rows: Sequence[Row]) -> Html:
    """Labelled fields for free text, path, scanner, area, tier, state and suppression."""
    there = {row.tier for row in rows}
    tiers = [(tier.value, tier_name(tier)) for tier in Tier if tier.value in there]
    fields = [
        _search("text", "Text", "words in anything said of a result"),
        _search("path", "Path", "part of a file's name"),
        _select("tier", "Tier", tiers),
        _select("area", "Area", _values(row.area for row in rows)),
        _select("scanner", "Scanner", _values(row.scanner for row in rows)),
    ]
    if report.compared_with:
        fields.append(_select("state", "State", _values(row.state for row in rows if row.state)))
    fields.append(
        _select("suppressed", "Suppressed", [("0", "not suppressed"), ("1", "suppressed")])
    )
    return tag(
        "form",
        *fields,
        tag("button", "Clear filters", type="reset"),
        id="filters",
        role="search",
        aria_label="Filter results",
        autocomplete="off",
        hidden=True,
    )


def _search(name: str, label: str, hint: str) -> Html:
    field = tag("input", id=f"f-{name}", name=name, type="search", placeholder=hint)
    return tag("p", tag("label", label, for_=f"f-{name}"), field, class_="field wide")


def _select(name: str, label: str, options: Sequence[tuple[str, str]]) -> Html:
    choices = [tag("option", said, value=value) for value, said in options]
    everything = tag("option", "all", value="")
    field = tag("select", everything, *choices, id=f"f-{name}", name=name)
    return tag("p", tag("label", label, for_=f"f-{name}"), field, class_="field")


def _values(values: Iterable[str]) -> list[tuple[str, str]]:
    return [(value, value) for value in sorted(set(values))]
