"""Reports of many repositories as one: text, Markdown and JSON."""

import json
from collections.abc import Iterator

from shopsec import __version__
from shopsec.model import NamedReport, Organisation, Tier, printable
from shopsec.report import wording
from shopsec.report.gfm import escape as escaped

_RESULTS_SHOWN = 50


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
    """GitHub-flavoured Markdown; nothing of a repository becomes markup."""
    lines = [
        f"## {escaped(_title(organisation))}",
        "",
        f"**{escaped(_verdict(organisation))}**",
        "",
    ]
    if organisation.actions:
        lines += ["### Fix these first", ""]
        for number, each in enumerate(organisation.actions, 1):
            action = each.action
            what = escaped(f"{each.repository}: {action.title}")
            lines += [
                f"{number}. **{what}** ({action.tier.value}, {action.priority})  ",
                f"   {escaped(str(action.location))}: {escaped(action.why)}  ",
                f"   Do: {escaped(action.how)}",
            ]
        lines.append("")
    lines += ["### Repositories", "", "| repository | decision | results | not checked |"]
    lines.append("| --- | --- | --- | --- |")
    for named in organisation.repositories:
        report = named.report
        cells = (
            f"{named.name} ({wording.subject(report)})",
            " · ".join(wording.verdicts(report)),
            wording.summary(report),
            "; ".join(_gaps(named)),
        )
        lines.append(f"| {' | '.join(map(escaped, cells))} |")
    if shown := _shown(organisation):
        lines += ["", "### Results", "", "| tier | priority | place | what |"]
        lines.append("| --- | --- | --- | --- |")
        lines += [f"| {' | '.join(map(escaped, row))} |" for row in shown]
    rest = _active(organisation) - len(shown)
    return "\n".join([*lines, *(["", f"and {rest} more"] if rest else [])]) + "\n"


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
