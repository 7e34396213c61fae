"""The parts of the page around the results, in the order in which a person needs them."""

from collections.abc import Iterable, Sequence

from shopsec.model import (
    Action,
    Outcome,
    Reason,
    Report,
    ScannerRun,
    SuppressionUse,
    Tier,
    display_path,
)
from shopsec.report import wording
from shopsec.report.html import charts
from shopsec.report.html.markup import Html, clean, join, table, tag
from shopsec.report.html.view import Row, anchor, tier_name

_LINKS_SHOWN = 10
_NAMES_SHOWN = 50
_ROWS_SHOWN = 500
_TEXT_LIMIT = 2000
_SIGN = {Outcome.PASS: "✓", Outcome.WARN: "!", Outcome.FAIL: "✕", Outcome.INCOMPLETE: "?"}


def section(name: str, title: str, *children: str) -> Html:
    """A landmark with its heading; empty where it would say nothing."""
    if not any(children):
        return Html()
    heading = tag("h2", title, id=f"{name}-title")
    return tag("section", heading, *children, id=name, aria_labelledby=f"{name}-title")


def heading(report: Report) -> Html:
    """What was scanned, when, and by what."""
    repository = report.repository
    facts = [
        f"shopsec {report.version}",
        f"{report.today}",
        f"policy {report.policy}",
        f"branch {repository.branch}" if repository.branch else "",
        f"compared with {report.compared_with}" if report.compared_with else "",
        "offline" if report.offline else "",
    ]
    return tag(
        "header",
        tag("p", "Security report", class_="kind"),
        tag("h1", clean(wording.subject(report), _TEXT_LIMIT)),
        tag("p", *(tag("span", fact) for fact in facts if fact), class_="meta"),
    )


def decision(report: Report, rows: dict[str, Row]) -> Html:
    """The verdict with each reason, the decisive ones first, and the counts."""
    outcome = report.decision.outcome
    decisive = report.decision.reasons_for(outcome)
    others = [reason for reason in report.decision.reasons if reason.outcome is not outcome]
    said = [_reason(reason, rows) for reason in (*decisive, *others)]
    verdict = tag(
        "p",
        tag("span", _SIGN[outcome], class_="sign", aria_hidden="true"),
        tag("strong", outcome.value.upper()),
        class_="verdict",
    )
    reasons = tag("ul", *said, class_="reasons") if said else tag("p", "Nothing stands against it.")
    return section(
        "decision",
        "Decision",
        tag("div", verdict, reasons, class_=f"card outcome {outcome}"),
        _tiles(report),
    )


def _reason(reason: Reason, rows: dict[str, Row]) -> Html:
    said = join([tag("b", reason.outcome.value.upper()), f" {wording.sentence(reason)}"])
    subjects = [*_links(reason.fingerprints, rows), *map(_name, reason.scanners)]
    return tag("li", _fold(said, subjects) or said, class_=f"reason {reason.outcome}")


def _tiles(report: Report) -> Html:
    counts = [(tier.value, tier_name(tier), report.count(tier)) for tier in Tier]
    suppressed = sum(not result.active for result in report.results)
    if suppressed:
        counts.append(("quiet", "suppressed", suppressed))
    if report.compared_with:
        counts.append(("quiet", "fixed since", len(report.absent)))
    return tag(
        "ul",
        *(
            tag("li", tag("b", str(count)), tag("span", name), class_=f"tile {class_}")
            for class_, name, count in counts
        ),
        class_="tiles",
        aria_label=wording.summary(report),
    )


def actions(report: Report, rows: dict[str, Row]) -> Html:
    """What to do first."""
    cards = [_action(number, each, rows) for number, each in enumerate(report.actions, 1)]
    done = tag("ol", *cards, class_="actions") if cards else ""
    return section("actions", "Fix these first", done)


def _action(number: int, action: Action, rows: dict[str, Row]) -> Html:
    tier = tier_name(action.tier)
    closes = wording.amount(len(action.closes), "results")
    return tag(
        "li",
        tag(
            "h3",
            tag("span", f"{number}", class_="rank"),
            tag("span", clean(action.title, _TEXT_LIMIT)),
        ),
        tag(
            "p",
            tag("span", tier, class_="tier"),
            tag("span", f"priority {action.priority}"),
            tag("span", f"effort: {action.effort}"),
            tag("span", str(action.location), class_="place"),
            class_="meta",
        ),
        tag("p", clean(action.why, _TEXT_LIMIT)),
        tag("p", tag("b", "Do: "), clean(action.how, _TEXT_LIMIT), class_="do"),
        _fold(f"closes {closes}", _links(action.closes, rows)),
        class_=f"card action {action.tier}",
    )


def _links(fingerprints: Sequence[str], rows: dict[str, Row]) -> list[Html]:
    """Links to results; the rest is counted."""
    links = []
    for fingerprint in fingerprints[:_LINKS_SHOWN]:
        row = rows.get(anchor(fingerprint))
        said = f"{row.place} · {row.title}" if row else fingerprint
        links.append(tag("a", said, href=f"#{anchor(fingerprint)}") if row else _name(said))
    return links + _rest(len(fingerprints), _LINKS_SHOWN)


def _rest(count: int, shown: int) -> list[Html]:
    return [tag("span", f"and {count - shown} more")] if count > shown else []


def _name(text: str) -> Html:
    return tag("span", clean(text, _TEXT_LIMIT), class_="name")


def _fold(title: str, entries: Iterable[Html]) -> Html:
    listed = [tag("li", entry) for entry in entries]
    return tag("details", tag("summary", title), tag("ul", *listed)) if listed else Html()


def gaps(report: Report) -> Html:
    """What was not checked, with the next step."""
    said = [
        tag("div", tag("dt", scanner), *(tag("dd", *_gap(line)) for line in lines))
        for scanner, lines in wording.gaps(report)
    ]
    listed = tag("dl", *said, class_="card gaps") if said else ""
    return section("gaps", "Not checked", listed)


def _gap(line: str) -> tuple[str, ...]:
    step = line.removeprefix("next: ")
    if step != line:
        return tag("b", "Next: "), clean(step, _TEXT_LIMIT)
    return (clean(line, _TEXT_LIMIT),)


def overview(report: Report) -> Html:
    """The charts."""
    charted = (tag("div", each, class_="card") for each in _charts(report))
    return section("overview", "Overview", tag("div", *charted, class_="charts"))


def _charts(report: Report) -> tuple[Html, Html]:
    return charts.areas(report), charts.scanners(report)


def suppressions(report: Report) -> Html:
    """Every decision to live with something, and what has become of it."""
    uses = report.suppressions
    listed = _table(
        f"{wording.amount(len(uses), 'suppressions')}, with who decided and until when",
        ("what", "state", "reason", "owner", "until", "where it is written", "results"),
        [_suppression(use) for use in uses],
    )
    return section("suppressions", "Suppressions", listed)


def _suppression(use: SuppressionUse) -> list[str]:
    known = use.suppression
    where = ", ".join(known.paths)
    what = f"{known.selector} in {where}" if where else known.selector
    note = f" ({use.note})" if use.note else ""
    return [
        _name(what),
        tag("span", use.state.value, class_=f"status {use.state}"),
        clean(known.reason + note, _TEXT_LIMIT),
        clean(known.owner, _TEXT_LIMIT),
        clean(known.until, _TEXT_LIMIT),
        _name(f"{known.place} ({known.kind})"),
        str(len(use.fingerprints)),
    ]


def absent(report: Report) -> Html:
    """What was known before and is gone."""
    count = wording.amount(len(report.absent), "results")
    listed = _table(
        f"{count} of {report.compared_with or 'before'} no longer there",
        ("rule", "scanner", "where", "was"),
        [
            [_name(each.rule), _name(each.scanner), _name(display_path(each.uri)),
             tier_name(each.tier)]
            for each in report.absent
        ],
    )  # fmt: skip
    return section("fixed", "Fixed since", listed)


def coverage(report: Report) -> Html:
    """The ledger: every scanner, what it compared with, and what it left out."""
    listed = _table(
        "What each scanner looked at, and what it compared with",
        ("scanner", "area", "status", "version", "looked at", "compared with"),
        [
            [_name(run.scanner), run.area.value, charts.status(run), run.version or "-",
             charts.covered(run), _databases(run)]
            for run in report.coverage
        ],
    )  # fmt: skip
    left_out = [each for run in report.coverage for each in _left_out(run)]
    return section(
        "coverage",
        "Coverage",
        listed,
        tag("h3", "Left out") if left_out else "",
        *left_out,
    )


def _databases(run: ScannerRun) -> Html:
    said = [
        f"{clean(each.name, _TEXT_LIMIT)} {each.date or '(no date)'}"
        + (" (embedded)" if each.embedded else "")
        for each in run.databases
    ]
    return tag("ul", *(tag("li", each) for each in said), class_="plain") if said else tag("span")


def _left_out(run: ScannerRun) -> list[Html]:
    """A fold for each reason: not looked at, with names; and left out on purpose, counted."""
    folds = []
    for group in run.not_covered:
        count = wording.amount(len(group.items), run.unit)
        title = clean(f"{run.scanner}: {count} not looked at: {group.reason}", _TEXT_LIMIT)
        names = [_name(item.name) for item in group.items[:_NAMES_SHOWN]]
        folds.append(_fold(title, names + _rest(len(group.items), _NAMES_SHOWN)))
    if run.excluded:
        said = clean(wording.excluded(run), _TEXT_LIMIT)
        folds.append(tag("p", f"{run.scanner}: left out on purpose: {said}"))
    return folds


def _table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Html:
    """A table that ends somewhere; the rest is counted."""
    if not rows:
        return Html()
    made = table(clean(caption, _TEXT_LIMIT), columns, rows[:_ROWS_SHOWN])
    rest = [tag("p", each) for each in _rest(len(rows), _ROWS_SHOWN)]
    return join([made, *rest])
