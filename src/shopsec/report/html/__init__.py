"""One HTML file for a person: no network, everything readable without its script.

The first results are markup, all of them are data that ``page.js`` filters and renders. A
Content-Security-Policy allows that script and ``page.css`` by their hashes, and nothing else
(https://www.w3.org/TR/CSP3/); nothing of the repository becomes markup.
"""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

from shopsec.model import Report
from shopsec.report import wording
from shopsec.report.html import filters, results, sections
from shopsec.report.html.markup import Html, join, tag
from shopsec.report.html.view import Row, rows

_NAV = {
    "decision": "Decision",
    "actions": "Fix first",
    "gaps": "Not checked",
    "overview": "Overview",
    "results": "Results",
    "suppressions": "Suppressions",
    "fixed": "Fixed since",
    "coverage": "Coverage",
}


def render(report: Report) -> str:
    """Return the report as one page; the same report gives the same bytes."""
    made = rows(report)
    by_id = {row.id: row for row in made}
    parts = {
        "decision": sections.decision(report, by_id),
        "actions": sections.actions(report, by_id),
        "gaps": sections.gaps(report),
        "overview": sections.overview(report),
        "results": _results(report, made),
        "suppressions": sections.suppressions(report),
        "fixed": sections.absent(report),
        "coverage": sections.coverage(report),
    }
    links = [tag("a", _NAV[name], href=f"#{name}") for name, part in parts.items() if part]
    body = tag(
        "body",
        tag("a", "Skip to the results", href="#results", class_="skip"),
        sections.heading(report),
        tag("nav", *links, aria_label="Parts of the report"),
        tag("main", *parts.values()),
        tag("footer", tag("p", f"shopsec {report.version} · {wording.summary(report)}")),
        tag("script", results.data(made), type="application/json", id="data"),
        tag("script", _asset("page.js")),
    )
    return f"<!doctype html>\n{tag('html', _head(report), body, lang='en')}\n"


def _head(report: Report) -> Html:
    outcome = report.decision.outcome.value.upper()
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_security_policy()),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex"),
        tag("title", f"{outcome}: {wording.subject(report)} · shopsec"),
        tag("style", _asset("page.css")),
    )


def _security_policy() -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(_asset('page.css'))}'",
            f"script-src '{_hash(_asset('page.js'))}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _hash(asset: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(asset.encode()).digest()).decode()


def _asset(name: str) -> Html:
    """Our own script or style; neither holds the end of its element."""
    return Html(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def _results(report: Report, made: Sequence[Row]) -> Html:
    if not made:
        return sections.section("results", "Results", tag("p", "No results."))
    count = wording.amount(len(made), "results")
    first = f"The first {results.SHOWN} of {count}" if len(made) > results.SHOWN else count
    buttons = [
        tag("button", "Unfold all shown", type="button", id="unfold"),
        tag("button", "Fold all", type="button", id="fold"),
    ]
    without = "Filters, and results that are not shown, need JavaScript; --format json has all."
    return sections.section(
        "results",
        "Results",
        tag("noscript", tag("p", without)),
        filters.form(report, made),
        tag(
            "div",
            tag("p", first, id="count", role="status", aria_live="polite"),
            tag("p", *buttons, id="folding", hidden=True),
            class_="above",
        ),
        _columns(),
        tag("ol", results.items(made), id="list", class_="results", aria_label="Results"),
        tag("p", tag("button", "Show more", type="button", id="more"), id="below", hidden=True),
    )


def _columns() -> Html:
    names = ("tier", "priority", "what", "where")
    return join(
        [tag("p", *(tag("span", name) for name in names), class_="columns", aria_hidden="true")]
    )
