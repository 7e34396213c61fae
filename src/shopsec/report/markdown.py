"""Markdown for a job summary or a merge request; nothing of the repository becomes markup."""

import re

from shopsec.model import Report, printable
from shopsec.report import wording

_RESULTS_SHOWN = 50
_TEXT_SHOWN = 400


def render(report: Report) -> str:
    """Return the report as GitHub-flavoured Markdown."""
    lines = [
        f"## shopsec: {escaped(wording.subject(report))}",
        "",
        f"**{escaped(' · '.join(wording.verdicts(report)))}**",
        "",
    ]
    if report.actions:
        lines += ["### Fix these first", ""]
        for number, action in enumerate(report.actions, 1):
            urgency = f"{action.tier.value}, {action.priority}"
            lines.append(f"{number}. **{escaped(action.title)}** ({urgency})  ")
            lines.append(f"   {escaped(str(action.location))}: {escaped(action.why)}  ")
            lines.append(f"   Do: {escaped(action.how)}")
        lines.append("")
    gaps = list(wording.gaps(report))
    if gaps:
        lines += ["### Not checked", ""]
        lines += [f"- **{escaped(name)}** {escaped('; '.join(texts))}" for name, texts in gaps]
        lines.append("")
    summary = " · ".join([wording.summary(report), *wording.gone(report)])
    lines += [*_suppressions(report), escaped(summary), ""]
    lines += [*_coverage(report), "", *_results(report)]
    return "\n".join(lines).rstrip() + "\n"


def _suppressions(report: Report) -> list[str]:
    uses = wording.suppressions(report)
    if not uses:
        return []
    lines = [f"### Suppressed: {escaped(wording.suppression_counts(report))}", ""]
    for use in uses[:_RESULTS_SHOWN]:
        note = f" ({use.note})" if use.note else ""
        text = f"{wording.suppression(use)}{note}"[:_TEXT_SHOWN]
        lines.append(f"- **{escaped(use.suppression.place)}** {escaped(text)}")
    rest = len(uses) - _RESULTS_SHOWN
    return [*lines, *([f"- and {rest} more"] if rest > 0 else []), ""]


def _coverage(report: Report) -> list[str]:
    lines = ["| scanner | status | covered | left out |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {escaped(run.scanner)} | {run.status.value} | {run.covered} of {run.handed_in} "
        f"{run.unit} | {escaped(wording.excluded(run))} |"
        for run in report.coverage
    ]
    return lines


def _results(report: Report) -> list[str]:
    results = [result for result in report.results if result.active]
    if not results:
        return []
    compared = bool(report.compared_with)
    lines = [f"| tier |{' state |' if compared else ''} priority | place | what |"]
    lines.append("| --- |" + " --- |" * (4 if compared else 3))
    lines += [
        f"| {result.tier.value} |{f' {wording.state_word(result)} |' if compared else ''}"
        f" {result.priority} | {escaped(str(result.finding.location))} "
        f"| {escaped(f'{result.finding.rule_id}: {result.finding.message}'[:200])} |"
        for result in results[:_RESULTS_SHOWN]
    ]
    rest = len(results) - _RESULTS_SHOWN
    return [*lines, "", f"and {rest} more"] if rest > 0 else lines


def escaped(text: str) -> str:
    """Escape what Markdown, HTML or GitHub (mentions, references) would act on."""
    text = re.sub(r"([\\`*_{}\[\]()#+|!~])", r"\\\1", printable(text))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("@", "@\u200b").replace("://", ":\u200b//")
