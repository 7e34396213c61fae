"""Two charts as inline SVG. Every number is also in the table that a chart stands in."""

from collections.abc import Sequence

from shopsec.model import Area, Report, ScannerRun, Tier
from shopsec.report import wording
from shopsec.report.html.markup import Html, table, tag
from shopsec.report.html.view import tier_name


def bar(parts: Sequence[tuple[str, int]], whole: int, label: str) -> Html:
    """Segments beside each other: class and amount; ``whole`` is the full width."""
    drawn: list[Html] = []
    left = 0.0
    for class_, amount in parts:
        width = 100 * amount / whole if whole else 0
        if amount:
            drawn.append(
                tag(
                    "rect", x=f"{left:.2f}", y="0", height="8",
                    width=f"{max(width - 0.4, 0.4):.2f}", class_=f"fill {class_}",
                )
            )  # fmt: skip
        left += width
    return tag(
        "svg", tag("title", label), *drawn,
        viewBox="0 0 100 8", preserveAspectRatio="none", role="img", aria_label=label,
    )  # fmt: skip


def areas(report: Report) -> Html:
    """Active results of each area, stacked by tier."""
    counted = {area: _counts(report, area) for area in Area}
    seen = {area: counts for area, counts in counted.items() if sum(counts.values())}
    if not seen:
        return tag("p", "No result is active.")
    most = max(sum(counts.values()) for counts in seen.values())
    heads = [tag("span", tier_name(tier), class_=f"key {tier}") for tier in Tier]
    return table(
        "Active results by area",
        ["area", *heads, "all"],
        [
            [_named(area.value, _stack(area, counts, most)), *map(str, counts.values()),
             str(sum(counts.values()))]
            for area, counts in seen.items()
        ],
    )  # fmt: skip


def _counts(report: Report, area: Area) -> dict[Tier, int]:
    active = [each.tier for each in report.results if each.active and each.finding.area is area]
    return {tier: active.count(tier) for tier in Tier}


def _stack(area: Area, counts: dict[Tier, int], most: int) -> Html:
    said = ", ".join(f"{count} {tier_name(tier)}" for tier, count in counts.items() if count)
    parts = [(tier.value, count) for tier, count in counts.items()]
    return bar(parts, most, f"{area.value}: {said}")


def scanners(report: Report) -> Html:
    """How much of what each scanner was handed it has looked at."""
    return table(
        "Coverage by scanner",
        ["scanner", "status", "looked at"],
        [
            [_named(run.scanner, _covered(run)), status(run), covered(run)]
            for run in report.coverage
        ],
    )


def status(run: ScannerRun) -> Html:
    """How a scanner ended, in words."""
    return tag("span", run.status.value.replace("_", " "), class_=f"status {run.status}")


def covered(run: ScannerRun) -> str:
    """``3 of 4 files``."""
    return f"{run.covered} of {wording.amount(run.handed_in, run.unit)}" if run.handed_in else "-"


def _covered(run: ScannerRun) -> Html:
    left_out = run.not_covered_count
    if not run.handed_in:
        return Html()
    parts = [("covered", run.covered), ("left-out", left_out)]
    said = f"{run.scanner}: {run.covered} {run.unit} looked at, {left_out} not"
    return bar(parts, run.handed_in, said)


def _named(name: str, drawn: Html) -> Html:
    return tag("div", tag("span", name), drawn, class_="bar")
