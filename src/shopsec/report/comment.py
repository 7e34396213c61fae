"""A comment on a pull or merge request: the decision, what is new, and what was not checked.

It begins with a mark that is not shown, by which whoever posts it finds the one to replace.
"""

from collections.abc import Iterator

from shopsec.model import Action, BaselineState, Report, Result, Rule
from shopsec.report import wording
from shopsec.report.gfm import escape
from shopsec.report.sections import Section, fitted
from shopsec.report.urgency import worst_first

_LIMIT = 65_536
"""Bytes. GitHub takes 65,536 characters, GitLab a million."""
_RESULTS_SHOWN = 10
_GAPS_SHOWN = 20
_TEXT_SHOWN = 400
_GAP_SHOWN = 1000


def render(report: Report) -> str:
    """Return the comment as Markdown, at most 65,536 bytes."""
    return fitted(_sections(report), _LIMIT)


def mark(report: Report) -> str:
    """What tells the comment about one folder of a repository from all others.

    Two hyphens would end an HTML comment, so none stays as it is.
    """
    folder = report.repository.path_in_repository or "."
    return f"<!-- shopsec:{folder.replace('-', '%2D')} -->"


def _sections(report: Report) -> Iterator[Section]:
    verdict = escape(" · ".join(wording.verdicts(report)), _GAP_SHOWN)
    heading = f"### shopsec: {_text(wording.subject(report))}"
    counts = _text(" · ".join([wording.summary(report), *wording.gone(report)]))
    yield Section((mark(report), heading, "", f"**{verdict}**", "", counts), (), 0)
    yield _new(report) if report.compared_with else _actions(report)
    gaps = list(wording.gaps(report))
    if gaps:
        shown = [
            f"- **{_text(name)}** {escape('; '.join(texts), _GAP_SHOWN)}"
            for name, texts in gaps[:_GAPS_SHOWN]
        ]
        yield Section(("#### Not checked", ""), shown, len(gaps))
    told = f"shopsec {report.version} · policy {report.policy}"
    yield Section((f"<sub>{_text(told)}</sub>",), (), 0)


def _new(report: Report) -> Section:
    """What was not there before."""
    rules = {(rule.scanner, rule.id): rule for rule in report.rules}
    new = [each for each in worst_first(report) if each.state is not BaselineState.UNCHANGED]
    if not new:
        return _nothing("Nothing new", report)
    shown = [
        _result(each, rules.get((each.finding.scanner, each.finding.rule_id)))
        for each in new[:_RESULTS_SHOWN]
    ]
    return Section(("#### New", ""), shown, len(new))


def _result(result: Result, rule: Rule | None) -> str:
    finding = result.finding
    step = finding.fix or (rule.fix if rule else "")
    said = _text(f"{finding.rule_id}: {finding.message}")
    line = f"1. **{wording.urgency(result)}** {_text(str(finding.location))}  \n   {said}"
    return f"{line}  \n   Do: {_text(step)}" if step else line


def _actions(report: Report) -> Section:
    if not report.actions:
        return _nothing("Nothing to fix", report)
    shown = [_action(each) for each in report.actions]
    return Section(("#### Fix these first", ""), shown, len(shown))


def _nothing(said: str, report: Report) -> Section:
    whole = all(run.complete for run in report.coverage)
    return Section((f"#### {said}{'' if whole else ' in what was checked'}",), (), 0)


def _action(action: Action) -> str:
    urgency = f"{action.tier.value.replace('-', ' ')}, {action.priority}"
    return (
        f"1. **{_text(action.title)}** ({urgency})  \n"
        f"   {_text(str(action.location))}: {_text(action.why)}  \n"
        f"   Do: {_text(action.how)}"
    )


def _text(text: str) -> str:
    return escape(text, _TEXT_SHOWN)
