"""Reports of many repositories as one: text, Markdown and JSON."""

import json
from collections.abc import Iterable, Iterator

from shopsec import __version__
from shopsec.model import NamedAction, NamedReport, Organisation, Tier, printable
from shopsec.report import wording
from shopsec.report.gfm import escape as escaped
from shopsec.report.sections import SUMMARY_BYTES, Section, fitted

_RESULTS_SHOWN = 50
_CELL_SHOWN = 2000


def render_text(organisation: Organisation) -> str:
    """As a person reads it, first what to fix first."""
    lines = [_title(organisation), _verdict(organisation)]
    if organisation.actions:
        lines += ["", "Fix these first"]
    for number, each in enumerate(organisation.actions, 1):
        action = each.action
        lines += [
            f"{number:>2} {each.repository}: {action.title}"
            f" ({_word(action.tier)} {action.priority})",
            f"    {action.location} · {action.why}",
            f"    do: {action.how}",
        ]
    for named in organisation.repositories:
        lines += ["", *_of_repository(named)]
        lines += [f"  not checked: {gap}" for gap in _gaps(named)]
    if shown := _shown(organisation):
        lines += ["", "Results"]
        lines += [f"{tier:<8} {points:>3} {place}  {what}" for tier, points, place, what in shown]
    rest = _active(organisation) - len(shown)
    return "".join(
        f"{printable(line).rstrip()}\n"
        for line in [*lines, *([f"and {rest} more: --format json"] if rest else [])]
    )


def render_markdown(organisation: Organisation) -> str:
    """GitHub-flavoured Markdown of at most 1 MiB; nothing of a repository becomes markup."""
    return fitted(_sections(organisation), SUMMARY_BYTES)


def _sections(organisation: Organisation) -> Iterator[Section]:
    title, verdict = escaped(_title(organisation)), escaped(_verdict(organisation), _CELL_SHOWN)
    yield Section((f"## {title}", "", f"**{verdict}**"), (), 0)
    if organisation.actions:
        actions = [_action(number, each) for number, each in enumerate(organisation.actions, 1)]
        yield Section(("### Fix these first", ""), actions, len(actions))
    columns = ("| repository | decision | results | not checked |", "| --- | --- | --- | --- |")
    rows = [_row(_cells(named)) for named in organisation.repositories]
    yield Section(("### Repositories", "", *columns), rows, len(rows))
    if shown := _shown(organisation):
        columns = ("| tier | priority | place | what |", "| --- | --- | --- | --- |")
        yield Section(
            ("### Results", "", *columns), [_row(row) for row in shown], _active(organisation)
        )


def _action(number: int, each: NamedAction) -> str:
    action = each.action
    what = escaped(f"{each.repository}: {action.title}")
    return (
        f"{number}. **{what}** ({action.tier.value}, {action.priority})  \n"
        f"   {escaped(str(action.location))}: {escaped(action.why)}  \n"
        f"   Do: {escaped(action.how)}"
    )


def _cells(named: NamedReport) -> tuple[str, ...]:
    report = named.report
    return (
        f"{named.name} ({wording.subject(report)})",
        " · ".join(wording.verdicts(report)),
        wording.summary(report),
        "; ".join(_gaps(named)),
    )


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(escaped(cell, _CELL_SHOWN) for cell in cells)} |"


def render_json(organisation: Organisation) -> str:
    """All of it for programs, with sorted keys; the same reports give the same bytes."""
    document = {
        "schema": "shopsec-organisation-1",
        "version": __version__,
        "outcome": organisation.outcome.value,
        "exit_code": organisation.outcome.exit_code,
        "counts": {
            tier.value: sum(each.report.count(tier) for each in organisation.repositories)
            for tier in Tier
        },
        "repositories": [
            {
                "name": named.name,
                "counts": {tier.value: named.report.count(tier) for tier in Tier},
                **named.report.model_dump(
                    mode="json",
                    include={
                        "version", "today", "policy", "repository", "decision", "coverage", "rules",
                    },
                ),
            }
            for named in organisation.repositories
        ],
        "actions": [
            {"repository": each.repository, **each.action.model_dump(mode="json")}
            for each in organisation.actions
        ],
        "results": [
            {"repository": each.repository, **each.result.model_dump(mode="json")}
            for each in organisation.results
        ],
    }  # fmt: skip
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _title(organisation: Organisation) -> str:
    count = len(organisation.repositories)
    return f"shopsec {__version__} · {count} {'repository' if count == 1 else 'repositories'}"


def _verdict(organisation: Organisation) -> str:
    """The worst decision, and of which repositories it is."""
    names = [
        named.name
        for named in organisation.repositories
        if named.report.decision.outcome is organisation.outcome
    ]
    return f"{organisation.outcome.value.upper()}  {', '.join(names)}"


def _of_repository(named: NamedReport) -> Iterator[str]:
    report = named.report
    yield f"{named.name} · {wording.subject(report)} · policy {report.policy} · {report.today}"
    for verdict in wording.verdicts(report):
        yield f"  {verdict}"
    yield f"  {wording.summary(report)}"


def _gaps(named: NamedReport) -> list[str]:
    return [f"{name}: {'; '.join(texts)}" for name, texts in wording.gaps(named.report)]


def _shown(organisation: Organisation) -> list[tuple[str, str, str, str]]:
    """Tier, priority, place and what it is, of the first active results."""
    rows = []
    for each in organisation.results[:_RESULTS_SHOWN]:
        result, finding = each.result, each.result.finding
        if result.active:
            what = f"{finding.rule_id}: {finding.message}"[:160]
            place = f"{each.repository}: {finding.location}"
            rows.append((_word(result.tier), str(result.priority), place, what))
    return rows


def _active(organisation: Organisation) -> int:
    return sum(each.result.active for each in organisation.results)


def _word(tier: Tier) -> str:
    return tier.value.replace("-", " ")
