"""JUnit XML, as its readers see it: by elements and attributes that Jenkins' schema has."""

import re
import xml.etree.ElementTree as ET

import pytest

from shopsec.model import BaselineState, Outcome, Tier
from shopsec.report.junit import render
from tests.report.ci_reports import (
    MISSING,
    NOTHING_THERE,
    OLD,
    PARTIAL,
    SUCCEEDED,
    decided,
    everything,
    fails,
    misses,
    of_package,
)
from tests.report.reports import HOSTILE, SUPPRESSION, full, large, report, result

# Required and optional attributes by element, and what may be in which, as in Jenkins'
# https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
ATTRIBUTES = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        },
    ),
    "testcase": ({"name"}, {"time", "classname", "group"}),
    "failure": (set(), {"type", "message"}),
    "error": (set(), {"type", "message"}),
    "skipped": (set(), {"type", "message"}),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "error", "skipped"},
    "failure": set(),
    "error": set(),
    "skipped": set(),
}
# https://www.w3.org/TR/xml/#charsets
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parsed(given):
    """The root element, after a check of the whole document's structure and counts."""
    text = render(given)
    assert FORBIDDEN.search(text) is None
    root = ET.fromstring(text.encode())
    for element in root.iter():
        required, optional = ATTRIBUTES[element.tag]
        assert required <= set(element.keys()) <= required | optional, element.tag
        assert {child.tag for child in element} <= CHILDREN[element.tag]
    counted = {"tests": 0, "failures": 0, "errors": 0}
    for suite in root:
        ended = [child.tag for case in suite for child in case]
        counts = {
            "tests": len(suite),
            "failures": ended.count("failure"),
            "errors": ended.count("error"),
        }
        skipped = ended.count("skipped")
        assert {key: suite.get(key) for key in (*counts, "skipped")} == {
            key: str(count) for key, count in (counts | {"skipped": skipped}).items()
        }
        counted = {key: counted[key] + counts[key] for key in counted}
    assert {key: root.get(key) for key in counted} == {
        key: str(count) for key, count in counted.items()
    }
    return root


def outcomes(given):
    """Suite, what the case is about, and its outcome."""
    return [
        (
            suite.get("name").removeprefix("shopsec."),
            case.get("name").partition(":")[0],
            case[0].tag if len(case) else "passed",
        )
        for suite in parsed(given)
        for case in suite
    ]


WHOLE = "looked at everything that applies"


def test_red_is_what_the_gate_does_not_pass_for():
    assert outcomes(everything()) == [
        ("gate", "policy small-team", "failure"),
        ("access", WHOLE, "passed"),
        ("access", "DEMO-001", "skipped"),
        ("trivy-image", WHOLE, "passed"),
        ("trivy-image", "CVE-2023-5363", "skipped"),
        ("bandit", WHOLE, "error"),
        ("trivy-config", WHOLE, "error"),
        ("trivy-config", "trivy.DS-0002", "skipped"),
        ("osv", "CVE-2023-4863", "failure"),
        ("secrets", "secrets.stripe", "skipped"),
    ]


def test_a_scanner_without_results_is_a_suite_that_passed():
    given = report((), coverage=(SUCCEEDED, NOTHING_THERE))
    assert outcomes(given) == [
        ("gate", "policy small-team", "passed"),
        ("access", WHOLE, "passed"),
        ("trivy-image", WHOLE, "passed"),
    ]


@pytest.mark.parametrize(
    ("outcome", "element"),
    [
        (Outcome.PASS, "passed"),
        (Outcome.WARN, "passed"),
        (Outcome.FAIL, "failure"),
        (Outcome.INCOMPLETE, "error"),
    ],
)
def test_the_decision_is_a_case(outcome, element):
    assert outcomes(report((), decision=decided(outcome)))[0][2] == element


def case_of(given, suite, number):
    return parsed(given).find(f"testsuite[@name='shopsec.{suite}']")[number]


def test_a_failure():
    case = case_of(report((of_package(1),), decision=decided(Outcome.FAIL, fails(1))), "osv", 0)
    assert case.attrib == {
        "classname": "shopsec.osv",
        "name": "CVE-2023-4863: pillow 8.4.0: a crafted picture overwrites memory "
        "[0000000000000001]",
        "time": "0",
    }
    (failure,) = case
    assert failure.attrib == {
        "type": "CVE-2023-4863",
        "message": "fix now, 72: pillow 8.4.0: a crafted picture overwrites memory",
    }
    assert failure.text == (
        "requirements.txt:3\n"
        "Anyone on the internet can reach the shop's orders through this setting.\n"
        "set pillow to 10.0.1"
    )


def test_a_result_that_the_gate_lets_through():
    given = report((result(1, tier=Tier.PLANNED, state=BaselineState.UNCHANGED),))
    (skipped,) = case_of(given, "access", 1)
    assert skipped.attrib == {"message": "planned, 50, known before, at shop/settings_1.py:3"}
    assert skipped.text is None


def test_a_check_that_did_not_finish():
    (error,) = case_of(report((), coverage=(PARTIAL,)), "bandit", 0)
    assert error.attrib == {
        "type": "not checked",
        "message": "1 file: newer syntax: shop/tax.py; next: run with Python 3.14",
    }
    assert error.text == "partial: 2 of 3 files covered"
    (error,) = case_of(report((), coverage=(MISSING,)), "trivy-config", 0)
    assert error.get("message") == "Trivy is not installed"


def test_a_complete_run_that_the_gate_objects_to():
    decision = decided(Outcome.INCOMPLETE, misses("osv", text="compared with old advisories"))
    (error,) = case_of(report((), coverage=(OLD,), decision=decision), "osv", 0)
    assert error.get("message") == "compared with old advisories"


def test_suppressed_results_are_not_there_though_the_gate_may_fail_for_them():
    given = report((result(1, suppressed=SUPPRESSION),), decision=decided(Outcome.FAIL, fails(1)))
    assert outcomes(given) == [
        ("gate", "policy small-team", "failure"),
        ("access", WHOLE, "passed"),
    ]


def test_a_moved_line_is_the_same_test():
    names = []
    for line in (3, 30):
        moved = result(
            1, location=result(1).finding.location.model_copy(update={"start_line": line})
        )
        names.append(case_of(report((moved,)), "access", 1).get("name"))
    assert names == ["DEMO-001: Setting 1 lets everybody in [0000000000000001]"] * 2


@pytest.mark.parametrize("text", [*HOSTILE, "\ufffe\uffff", "a]]>b", "&#0;"])
def test_hostile_text(text):
    given = full(text)
    root = parsed(given)
    (gate,) = root[0]
    assert (gate[0].tag, root.get("failures")) == ("failure", "2")
    assert [suite.get("name") for suite in root[1:]] == [
        "shopsec.osv", "shopsec.access", "shopsec.bandit", "shopsec.secrets",
    ]  # fmt: skip


def test_text_comes_back_as_it_was():
    text = "<b a=\"1\" c='2'>&amp; ]]> % \u20ac"
    given = report((result(1, message=text),), decision=decided(Outcome.FAIL, fails(1)))
    (failure,) = case_of(given, "access", 1)
    assert failure.get("message") == f"sprint, 50: {text}"


def test_half_of_a_pair_is_spelt_out():
    given = report((result(1, message="a\ud800\x00b"),), decision=decided(Outcome.FAIL, fails(1)))
    (failure,) = case_of(given, "access", 1)
    assert failure.get("message") == "sprint, 50: a\\ud800\\x00b"


def test_thirty_thousand_results_are_within_gitlabs_limit():
    given = large(30_000)
    prints = tuple(each.finding.fingerprint for each in given.results)
    reason = fails().model_copy(update={"fingerprints": prints})
    given = given.model_copy(update={"decision": decided(Outcome.FAIL, reason)})
    assert len(render(given).encode()) < 30_000_000  # a file, at most
    root = parsed(given)
    assert (root.get("tests"), root.get("failures")) == ("30002", "30001")
    names = [case.get("name") for case in root.iter("testcase")]
    assert len(set(names)) == 30_002  # of two with one name GitLab ignores the second
