"""What several tools say of one thing is one finding."""

import itertools

import pytest

from shopsec.model import (
    Advisory,
    Area,
    Finding,
    Location,
    Package,
    Repository,
    Rule,
    Severity,
)
from shopsec.normalise import normalise

HERE = Repository(name="shop")


def finding(scanner, rule, place="app.py:3", area=Area.CODE, severity=Severity.MEDIUM, **more):
    uri, _, line = place.partition(":")
    location = Location(uri=uri, start_line=int(line) if line else None)
    return Finding(
        rule_id=rule, scanner=scanner, area=area, message="m", location=location,
        severity=severity, **more,
    )  # fmt: skip


def joined(*findings, same_as=()):
    """Scanner, rule and twins of each finding that is left, whatever the order they come in."""
    rules = [
        Rule(id=each.rule_id, scanner=each.scanner, title="t", severity=each.severity, why="w",
             fix="f", same_as=same_as if each.scanner == "access" else ())
        for each in findings
    ]  # fmt: skip
    answers = set()
    for some in itertools.permutations(findings):
        left, _ = normalise(some, rules, HERE)
        answers.add(tuple((each.scanner, each.rule_id, each.also_reported_as) for each in left))
    (answer,) = answers
    return list(answer)


def test_a_rule_of_ours_that_means_the_same():
    assert joined(
        finding("access", "DEPLOY-003", area=Area.ACCESS),
        finding("import:zizmor", "zizmor.template-injection", area=Area.ACCESS),
        finding("import:zizmor", "zizmor.template-injection", "app.py:9", area=Area.ACCESS),
        same_as=("template-injection",),
    ) == [
        ("access", "DEPLOY-003", ("import:zizmor:zizmor.template-injection",)),
        ("import:zizmor", "zizmor.template-injection", ()),
    ]


def test_the_same_tool_run_by_shopsec_and_by_the_pipeline():
    assert joined(
        finding("bandit", "bandit.B602", severity=Severity.LOW),
        finding("import:bandit", "bandit.B602", severity=Severity.HIGH),
        finding("import:other", "bandit.B602"),
        finding("import:bandit", "bandit.B602", "b.py:3"),
    ) == [
        ("bandit", "bandit.B602", ("import:bandit:bandit.B602", "import:other:bandit.B602")),
        ("import:bandit", "bandit.B602", ()),
    ]


def test_same_rule_ids_of_two_tools_are_two_findings():
    assert joined(
        finding("import:a", "a.R1"), finding("import:b", "b.R1")
    ) == [("import:a", "a.R1", ()), ("import:b", "b.R1", ())]  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "theirs", "speaks"),
    [
        (Severity.HIGH, Severity.HIGH, "secrets"),
        (Severity.CRITICAL, Severity.HIGH, "secrets"),
        (Severity.LOW, Severity.HIGH, "import:gitleaks"),
    ],
)
def test_one_secret_on_a_line_and_the_worse_speaks(ours, theirs, speaks):
    (left,) = joined(
        finding("secrets", "secrets.keyword", area=Area.SECRETS, severity=ours),
        finding("import:gitleaks", "gitleaks.api-key", area=Area.SECRETS, severity=theirs),
    )
    assert left[0] == speaks
    assert len(left[2]) == 1


def test_a_secret_of_another_line_or_an_earlier_commit_is_another():
    one = finding("secrets", "secrets.keyword", area=Area.SECRETS)
    other = finding("import:gitleaks", "gitleaks.api-key", "app.py:4", area=Area.SECRETS)
    past = finding("import:gitleaks", "gitleaks.api-key", area=Area.SECRETS, past=True)
    assert len(joined(one, other, past)) == 3


def vulnerability(scanner, name, symbol, place="requirements.txt:1", package=None):
    return finding(
        scanner, name, place, Area.DEPENDENCIES, symbol=symbol, advisory=Advisory(id=name),
        package=package,
    )  # fmt: skip


def test_a_vulnerability_of_a_package_whatever_the_line():
    ours = vulnerability(
        "osv", "CVE-2022-28346", "", "requirements.txt:2", Package(ecosystem="PyPI", name="django", version="3.2.0")
    )  # fmt: skip
    assert joined(
        ours,
        vulnerability("import:trivy", "CVE-2022-28346", "Django@3.2.0"),
        vulnerability("import:grype", "CVE-2022-28346", ""),
        vulnerability("import:trivy", "CVE-2022-28346", "other@3.2.0"),
        vulnerability("import:trivy", "CVE-2022-99999", "Django@3.2.0"),
    ) == [
        ("import:trivy", "CVE-2022-28346", ()),
        ("import:trivy", "CVE-2022-99999", ()),
        ("osv", "CVE-2022-28346", ("import:grype:CVE-2022-28346", "import:trivy:CVE-2022-28346")),
    ]
