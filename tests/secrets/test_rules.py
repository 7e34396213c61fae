import pytest

from shopsec.model import Severity
from shopsec.policy.severity import load_priority_model
from shopsec.scan.secrets.detectors import detectors
from shopsec.scan.secrets.protocol import BY_NAME
from shopsec.scan.secrets.rules import RULES
from tests.secrets import planted

EACH = planted.one_of_each()


@pytest.mark.parametrize("rule", EACH)
def test_each_rule_finds_its_secret(seen, rule):
    ((found, line, _),) = seen("# a shop\n" + EACH[rule] + "\n")
    assert (found, line) == (rule, 2)


def test_every_detector_has_a_rule_and_every_rule_an_example():
    names = {detector.rule for detector in detectors(0.0)} | BY_NAME
    assert {f"secrets.{name}" for name in names} == set(RULES)
    assert set(EACH) == names


def test_every_rule_says_what_to_do():
    impacts = load_priority_model().weights.impact
    for rule in RULES.values():
        assert rule.cwe == (798,)
        assert rule.impact in impacts
        assert rule.severity is not Severity.UNKNOWN
        assert len(rule.why) > 25
        assert "git history" in rule.fix


@pytest.mark.parametrize(
    ("rule", "severity", "impact"),
    [
        ("stripe-live-key", Severity.CRITICAL, "live-credential"),
        ("stripe-test-key", Severity.MEDIUM, "credential"),
        ("aws-secret-key", Severity.CRITICAL, "live-credential"),
        ("github-token", Severity.CRITICAL, "live-credential"),
        ("private-key", Severity.HIGH, "live-credential"),
        ("json-web-token", Severity.MEDIUM, "credential"),
        ("keyword", Severity.MEDIUM, "credential"),
    ],
)
def test_how_bad_each_is(rule, severity, impact):
    found = RULES[f"secrets.{rule}"]
    assert (found.severity, found.impact) == (severity, impact)
