"""Annotations of GitHub Actions: workflow commands, printed on stdout.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands. GitHub shows ten
errors and ten warnings a step, so the worst results are all that is printed; the rest is counted.
"""

from collections.abc import Iterator

from shopsec.model import BaselineState, Report, Result, Rule, display_path, printable
from shopsec.report import wording
from shopsec.report.unfinished import unfinished
from shopsec.report.urgency import failing, worst_first

_SHOWN = 10
_TITLE_LIMIT = 200
_TEXT_LIMIT = 1000


def render(report: Report) -> str:
    """Return one command a line: what was not checked, the ten worst results, and the verdict.

    An error is what the gate does not pass for. Where results are compared, new ones come first.
    """
    return "".join(f"{line}\n" for line in _commands(report))


def _commands(report: Report) -> Iterator[str]:
    gaps = unfinished(report)
    if gaps:
        level = "error" if any(gap.required for gap in gaps) else "warning"
        said = [f"{gap.run.scanner}: {gap.text}" for gap in gaps]
        yield _command(level, {"title": "shopsec: not checked"}, said)
    rules = {(rule.scanner, rule.id): rule for rule in report.rules}
    stopping = failing(report)
    results = sorted(
        worst_first(report), key=lambda result: result.state is BaselineState.UNCHANGED
    )
    for result in results[:_SHOWN]:
        finding = result.finding
        level = "error" if finding.fingerprint in stopping else "warning"
        yield _result(level, result, rules.get((finding.scanner, finding.rule_id)))
    rest = len(results) - _SHOWN
    said = [*wording.verdicts(report), wording.summary(report), *wording.gone(report)]
    more = [f"{rest} results more than are annotated: see the report"] if rest > 0 else []
    yield _command("notice", {"title": f"shopsec: {report.decision.outcome.value}"}, said + more)


def _result(level: str, result: Result, rule: Rule | None) -> str:
    finding, place = result.finding, result.finding.location
    properties = {"file": display_path(place.uri)}
    if place.start_line and not finding.past:
        properties["line"] = str(place.start_line)
    state = wording.state_word(result)
    title = rule.title if rule else finding.rule_id
    properties["title"] = f"{title} ({wording.urgency(result)}{f', {state}' if state else ''})"
    step = finding.fix or (rule.fix if rule else "")
    return _command(level, properties, [f"{finding.rule_id}: {finding.message}", step])


def _command(name: str, properties: dict[str, str], lines: list[str]) -> str:
    text = "\n".join(printable(line)[:_TEXT_LIMIT] for line in lines if line)
    said = ",".join(f"{key}={_property(key, value)}" for key, value in properties.items())
    return f"::{name} {said}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(key: str, value: str) -> str:
    shown = value if key == "file" else printable(value)[:_TITLE_LIMIT]  # half a path is none
    return _data(shown).replace(":", "%3A").replace(",", "%2C")
