"""JUnit XML: a suite a scanner, a test case a result, red where the gate is.

Elements and attributes are those of Jenkins' schema, which GitLab and readers for GitHub take too:
https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass, field

from shopsec.model import BaselineState, Outcome, Report, Result, Rule, ScannerRun, printable
from shopsec.report import wording
from shopsec.report.unfinished import Unfinished, unfinished
from shopsec.report.urgency import failing, worst_first

_TEXT_LIMIT = 1000


@dataclass
class _Suite:
    """The test cases of one scanner."""

    name: str
    cases: list[ET.Element] = field(default_factory=list)

    def add(self, name: str, outcome: str = "", message: str = "", **attributes: str) -> None:
        """Add a case; ``outcome`` is an element's name, empty for one that passed."""
        case = ET.Element(
            "testcase", {"classname": f"shopsec.{self.name}", "name": _text(name), "time": "0"}
        )
        if outcome:
            details = {key: _text(value) for key, value in attributes.items()}
            text = details.pop("text", None)
            ET.SubElement(case, outcome, {"message": _text(message), **details}).text = text
        self.cases.append(case)

    def counts(self) -> dict[str, str]:
        """How many cases there are, by what became of them."""
        ended = [child.tag for case in self.cases for child in case]
        found = {"failures": "failure", "errors": "error", "skipped": "skipped"}
        return {"tests": str(len(self.cases))} | {
            name: str(ended.count(tag)) for name, tag in found.items()
        }


def render(report: Report) -> str:
    """Return the report as JUnit XML.

    A failure is a result that the gate fails on, an error a check that did not finish; any other
    result is skipped, with its priority as the message. Each suite has a case that passes where
    its scanner looked at everything, so that one without results is there as well.
    """
    suites = [_gate(report), *_suites(report)]
    root = ET.Element("testsuites", {"name": "shopsec", "time": "0"})
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.counts()[key]) for suite in suites)))
    for suite in suites:
        attributes = {"name": f"shopsec.{suite.name}", **suite.counts(), "time": "0"}
        attributes["timestamp"] = f"{report.today[:10]}T00:00:00"
        ET.SubElement(root, "testsuite", attributes).extend(suite.cases)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _gate(report: Report) -> _Suite:
    """The decision itself: what it rests on may be no result that counts."""
    suite = _Suite("gate")
    name = f"policy {report.policy}"
    said = " · ".join(wording.verdicts(report))
    outcomes = {Outcome.FAIL: "failure", Outcome.INCOMPLETE: "error"}
    suite.add(name, outcomes.get(report.decision.outcome, ""), said, type="decision")
    return suite


def _suites(report: Report) -> Iterable[_Suite]:
    suites = {run.scanner: _Suite(run.scanner) for run in report.coverage}
    gaps = {gap.run.scanner: gap for gap in unfinished(report)}
    for run in report.coverage:
        _add_run(suites[run.scanner], run, gaps.get(run.scanner))
    rules = {(rule.scanner, rule.id): rule for rule in report.rules}
    stopping = failing(report)
    for result in worst_first(report):
        finding = result.finding
        suite = suites.setdefault(finding.scanner, _Suite(finding.scanner))
        rule = rules.get((finding.scanner, finding.rule_id))
        _add_result(suite, result, rule, stops=finding.fingerprint in stopping)
    return suites.values()


def _add_run(suite: _Suite, run: ScannerRun, gap: Unfinished | None) -> None:
    name = "looked at everything that applies"
    if gap is None:
        suite.add(name)
        return
    covered = f"{run.status.value}: {run.covered} of {run.handed_in} {run.unit} covered"
    suite.add(name, "error", gap.text, type="not checked", text=covered)


def _add_result(suite: _Suite, result: Result, rule: Rule | None, *, stops: bool) -> None:
    """Without its line in the name, by which readers tell what is new."""
    finding = result.finding
    name = f"{finding.rule_id}: {finding.message}"[:_TEXT_LIMIT] + f" [{finding.fingerprint}]"
    known = ", known before" if result.state is BaselineState.UNCHANGED else ""
    urgency = f"{wording.urgency(result)}{known}"
    if not stops:
        suite.add(name, "skipped", f"{urgency}, at {finding.location}")
        return
    step = finding.fix or (rule.fix if rule else "")
    text = "\n".join(filter(None, (str(finding.location), rule.why if rule else "", step)))
    suite.add(name, "failure", f"{urgency}: {finding.message}", type=finding.rule_id, text=text)


def _text(text: str) -> str:
    """Printable lines: XML 1.0 has no place for control characters, nor for half of a pair."""
    return "\n".join(printable(line) for line in text.split("\n"))[: 2 * _TEXT_LIMIT]
