"""The gate and the reports, where something is suppressed."""

import json
from pathlib import Path

import pytest

import shopsec.report.json as json_report
import shopsec.report.markdown as markdown_report
import shopsec.report.sarif as sarif_report
import shopsec.report.terminal as terminal_report
from shopsec.gate import decide
from shopsec.model import (
    Area,
    Outcome,
    Report,
    Repository,
    Rule,
    ScannerRun,
    Severity,
    Status,
    Tier,
)
from shopsec.policy.gates import load_gate
from shopsec.suppress.apply import suppress
from shopsec.suppress.claims import Terms
from tests.suppress.made import TODAY, allow, comment, result, said, vulnerable

COVERAGE = [
    ScannerRun(scanner=area.value, area=area, status=Status.SUCCEEDED, handed_in=1, covered=1)
    for area in Area
]
RUN = {"offline": False, "images": 0, "files": 1}
POLICIES = {name: load_gate(name, Path()) for name in ("small-team", "strict", "observe", "commit")}


def report(results, suppressions, policy="small-team"):
    gate = POLICIES.get(policy) or policy
    results, uses = suppress(results, suppressions, Terms(TODAY, gate.fix_now_days))
    decision = decide(results, COVERAGE, gate, RUN, today=TODAY, suppressions=uses)
    rules = {each.finding.rule_id: each.finding.scanner for each in results}
    return Report(
        version="1", today=TODAY, policy=gate.name, offline=False, actions=(),
        repository=Repository(name="shop", note="no git"), decision=decision, results=results,
        rules=tuple(
            Rule(id=rule, scanner=scanner, title="t", severity=Severity.HIGH, why="w", fix="f")
            for rule, scanner in rules.items()
        ),
        coverage=tuple(COVERAGE), suppressions=uses,
    )  # fmt: skip


def terminal(made):
    return terminal_report.render(made, width=100, color=False)


NOW, SPRINT = result(tier=Tier.FIX_NOW), result(tier=Tier.SPRINT)


@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_suppressed_does_not_count(policy):
    assert report([NOW, SPRINT], [], policy).decision.outcome is not Outcome.PASS
    decision = report([NOW], [allow(until="2026-11-26")], policy).decision
    assert decision.outcome is Outcome.PASS
    (reason,) = decision.reasons
    assert (reason.clause, reason.suppressions) == ("suppressed", ("shopsec.toml:1",))
    assert reason.fingerprints == (NOW.finding.fingerprint,)


def test_each_policy_has_its_days():
    days = {name: policy.fix_now_days for name, policy in POLICIES.items()}
    assert days == {"small-team": 14, "strict": 7, "observe": 14, "commit": 14}


def test_a_policy_may_ask_for_what_is_suppressed(tmp_path):
    clause = "policy: own\ntitle: t\nwarn: [{id: a, text: t, when: '%s'}]\n"
    for when, outcome in (
        ("result.suppressed", Outcome.WARN),
        ('result . suppressed && result.tier == "sprint"', Outcome.WARN),
        ('result.tier == "sprint"', Outcome.PASS),
        ("!result.suppressed", Outcome.PASS),
    ):
        (tmp_path / "own.yaml").write_text(clause % when)
        own = load_gate("own.yaml", tmp_path)
        assert report([SPRINT], [allow()], own).decision.outcome is outcome


def test_what_no_longer_works_is_a_warning():
    for broken, text in (
        (allow(until="2026-11-01"), "WARN  1 suppression expired"),
        (comment(problem="gives no reason: write"), "WARN  1 suppression cannot be used"),
    ):
        made = report([], [broken])
        assert made.decision.outcome is Outcome.WARN
        assert text in terminal(made)
    made = report([NOW], [allow(), allow(until="2026-11-01")])
    assert made.decision.outcome is Outcome.FAIL
    assert {each.clause for each in made.decision.reasons} == {
        "fix-now", "suppressions-expired", "suppressions-refused",
    }  # fmt: skip
    assert report([], [allow()]).decision.outcome is Outcome.PASS


MANY = [
    result("R-1"), result("R-2", number=2), vulnerable(number=3),
    result("R-4", tier=Tier.FIX_NOW, number=4), result("R-5", number=5),
]  # fmt: skip
ALL = [
    allow("R-1", until="2026-12-01", place="shopsec.toml:1"),
    comment("R-2", owner="ben", reason="<b>@ben</b> | \x1b[31m \u202e said so"),
    said(),
    allow("R-4", place="shopsec.toml:7"),
    allow("R-5", until="2026-11-20", place="shopsec.toml:13"),
    allow("R-6", place="shopsec.toml:19"),
    comment("", line=7, until="", problem="names no rule: name one"),
    said("CVE-9", denies=True, place="a.openvex.json:9", reason="affected"),
]


def test_the_terminal_says_what_is_suppressed_and_what_to_do():
    text = terminal(report(MANY, ALL))
    section = text.partition("\nSuppressed: ")[2].partition("\n\n")[0]
    assert section.startswith("2 refused, 1 expired, 3 used, 1 unused, 1 noted, 1 ending soon\n")
    for line in (
        "  a.py:7 · refused: nothing named by anna because nobody can reach it",
        "    names no rule: name one",
        "  shopsec.toml:7 · refused: R-4 until 2027-01-31 by anna because nobody can reach it",
        "there 2026-12-08 is the last day that the",
        "  shopsec.toml:13 · expired: R-5 until 2026-11-20 by anna",
        "  shopsec.toml:1 · used: R-1 (1 risk) until 2026-12-01 by anna because nobody can reach it",
        "    ends in 7 days",
        "  shopsec.toml:19 · unused: R-6",
        "    matches nothing: remove it, or mend what it names",
        "  a.openvex.json:9 · noted: CVE-9 by anna",
        "    affected: suppresses nothing",
    ):
        assert line in section
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "2 results: 1 fix now, 0 sprint, 1 planned, 0 watch; 3 suppressed" in text
    assert "R-1: m" not in text
    assert "R-5: m" in text


def test_a_pass_says_what_it_rests_on():
    assert "PASS  nothing stands against it; 1 risk suppressed" in terminal(
        report([NOW], [allow(until=TODAY)])
    )


def test_markdown_lists_them_without_markup():
    text = markdown_report.render(report(MANY, ALL))
    assert (
        "### Suppressed: 2 refused, 1 expired, 3 used, 1 unused, 1 noted, 1 ending soon\n" in text
    )
    assert "- **shopsec.toml:1** used: R-1 (1 risk)".replace("(", "\\(").replace(")", "\\)") in text
    assert "<b>" not in text
    assert "@ben" not in text
    assert "| R-1: m |" not in text


def test_json_has_all_of_them():
    document = json.loads("".join(json_report.render(report(MANY, ALL))))
    assert len(document["suppressions"]) == len(ALL)
    by_rule = {each["finding"]["rule_id"]: each["suppressed_by"] for each in document["results"]}
    assert by_rule["R-1"]["owner"] == "anna"
    assert by_rule["R-5"] is None


def test_sarif_leaves_them_out_and_the_other_says_why():
    made = report(MANY, ALL)
    (run,) = json.loads(sarif_report.render(made))["runs"]
    assert [each["ruleId"] for each in run["results"]] == ["R-4", "R-5"]
    assert all("suppressions" not in each for each in run["results"])
    (run,) = json.loads("".join(sarif_report.render_all(made)))["runs"]
    said_of = {each["ruleId"]: each["suppressions"] for each in run["results"]}
    assert said_of["R-4"] == said_of["R-5"] == []
    kinds = {rule: each[0]["kind"] for rule, each in said_of.items() if each}
    assert kinds == {"R-1": "external", "R-2": "inSource", "CVE-2026-0001": "external"}
    assert said_of["R-1"][0]["status"] == "accepted"
    assert said_of["R-1"][0]["justification"] == (
        "nobody can reach it (by anna, until 2026-12-01, shopsec.toml:1)"
    )
    for each in run["results"]:
        assert run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"]


def test_a_long_list_is_cut_where_people_read_and_whole_in_json():
    many = [allow(f"R-{number}", place=f"shopsec.toml:{number}") for number in range(1, 80)]
    made = report([], many)
    assert "  and 59 more: --format json" in terminal(made)
    assert "\nand 29 more\n" in markdown_report.render(made)
    assert len(json.loads("".join(json_report.render(made)))["suppressions"]) == 79
