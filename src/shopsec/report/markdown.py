"""Markdown for a job summary or a merge request; nothing of the repository becomes markup."""

from collections.abc import Iterator

from shopsec.model import Action, Report, Result, ScannerRun, SuppressionUse
from shopsec.report import wording
from shopsec.report.gfm import escape
from shopsec.report.sections import SUMMARY_BYTES, Section, fitted
from shopsec.report.urgency import worst_first

_RESULTS_SHOWN = 50
_RUNS_SHOWN = 100
_TEXT_SHOWN = 400
_MESSAGE_SHOWN = 200
_GAP_SHOWN = 2000


def render(report: Report) -> str:
    """Return the report as GitHub-flavoured Markdown, at most 1 MiB."""
    return fitted(_sections(report), SUMMARY_BYTES)


def _sections(report: Report) -> Iterator[Section]:
    verdict = escape(" · ".join(wording.verdicts(report)), _GAP_SHOWN)
    yield Section((f"## shopsec: {_text(wording.subject(report))}", "", f"**{verdict}**"), (), 0)
    actions = [_action(number, each) for number, each in enumerate(report.actions, 1)]
    if actions:
        yield Section(("### Fix these first", ""), actions, len(actions))
    gaps = list(wording.gaps(report))
    if gaps:
        shown = [
            f"- **{_text(name)}** {escape('; '.join(texts), _GAP_SHOWN)}"
            for name, texts in gaps[:_RUNS_SHOWN]
        ]
        yield Section(("### Not checked", ""), shown, len(gaps))
    uses = wording.suppressions(report)
    if uses:
        head = f"### Suppressed: {_text(wording.suppression_counts(report))}"
        yield Section((head, ""), [_suppression(use) for use in uses[:_RESULTS_SHOWN]], len(uses))
    yield Section((_text(" · ".join([wording.summary(report), *wording.gone(report)])),), (), 0)
    runs = report.coverage
    columns = ("| scanner | status | covered | left out |", "| --- | --- | --- | --- |")
    yield Section(columns, [_run(run) for run in runs[:_RUNS_SHOWN]], len(runs))
    yield from _results(report)


def _action(number: int, action: Action) -> str:
    return (
        f"{number}. **{_text(action.title)}** ({action.tier.value}, {action.priority})  \n"
        f"   {_text(str(action.location))}: {_text(action.why)}  \n"
        f"   Do: {_text(action.how)}"
    )


def _suppression(use: SuppressionUse) -> str:
    note = f" ({use.note})" if use.note else ""
    said = _text(f"{wording.suppression(use)}{note}")
    return f"- **{_text(use.suppression.place)}** {said}"


def _run(run: ScannerRun) -> str:
    return (
        f"| {_text(run.scanner)} | {run.status.value} | {run.covered} of {run.handed_in} "
        f"{run.unit} | {_text(wording.excluded(run))} |"
    )


def _results(report: Report) -> Iterator[Section]:
    results = worst_first(report)
    if not results:
        return
    compared = bool(report.compared_with)
    columns = (
        f"| tier |{' state |' if compared else ''} priority | place | what |",
        "| --- |" + " --- |" * (4 if compared else 3),
    )
    shown = [_result(result, compared=compared) for result in results[:_RESULTS_SHOWN]]
    yield Section(columns, shown, len(results))


def _result(result: Result, *, compared: bool) -> str:
    finding = result.finding
    state = f" {wording.state_word(result)} |" if compared else ""
    said = escape(f"{finding.rule_id}: {finding.message}", _MESSAGE_SHOWN)
    place = _text(str(finding.location))
    return f"| {result.tier.value} |{state} {result.priority} | {place} | {said} |"


def _text(text: str) -> str:
    return escape(text, _TEXT_SHOWN)
