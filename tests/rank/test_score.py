"""The priority's laws."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.model import (
    Advisory,
    Area,
    Confidence,
    Finding,
    Location,
    Package,
    Role,
    Rule,
    Severity,
)
from shopsec.policy.business_paths import BusinessPaths
from shopsec.policy.severity import load_priority_model
from shopsec.rank.score import Judge

MODEL = load_priority_model()
PATHS = BusinessPaths()


def _raised(model, place, amount):
    """The model with one weight higher: a term's, or the base points of one kind of harm."""
    if place[0] == "terms":
        number = place[1]
        rule, holds = model.terms[number]
        raised = rule.model_copy(update={"points": rule.points + amount})
        terms = (*model.terms[:number], (raised, holds), *model.terms[number + 1 :])
        return replace(model, terms=terms)
    table = getattr(model.weights, place[0])
    changed = {place[0]: table | {place[1]: table[place[1]] + amount}}
    return replace(model, weights=model.weights.model_copy(update=changed))


PLACES = [
    *(("terms", number) for number in range(len(MODEL.terms))),
    *(("impact", name) for name in MODEL.weights.impact),
    *(("without_score", name) for name in MODEL.weights.without_score),
]


@given(
    place=st.sampled_from(PLACES),
    amount=st.integers(1, 100),
    severity=st.sampled_from(list(Severity)),
    role=st.sampled_from(list(Role)),
    confidence=st.sampled_from(list(Confidence)),
    impact=st.sampled_from([None, *MODEL.weights.impact]),
    path=st.sampled_from(["a.py", "shop/checkout/a.py", "shop/orders/a.py"]),
    imported=st.sampled_from([None, True, False]),
)
def test_a_higher_weight_never_lowers_a_priority(
    place, amount, severity, role, confidence, impact, path, imported
):
    found = Finding(
        rule_id="R", scanner="s", area=Area.CODE, message="m", location=Location(uri=path),
        severity=severity, role=role, confidence=confidence, imported=imported,
    )  # fmt: skip
    rule = Rule(id="R", scanner="s", title="t", severity=severity, why="w", fix="f", impact=impact)
    before = Judge({}, MODEL, PATHS).result(found, rule)
    after = Judge({}, _raised(MODEL, place, amount), PATHS).result(found, rule)
    assert after.priority >= before.priority
    assert after.tier.rank <= before.tier.rank
    assert sum(term.points for term in after.terms) >= sum(term.points for term in before.terms)


def test_findings_share_a_sum_only_where_no_condition_tells_them_apart():
    judge = Judge({}, MODEL, PATHS)
    rule = Rule(id="R", scanner="s", title="t", severity=Severity.HIGH, why="w", fix="f")
    plain = Finding(
        rule_id="R", scanner="s", area=Area.CODE, message="m", location=Location(uri="a.py"),
        severity=Severity.HIGH,
    )  # fmt: skip
    paying = plain.model_copy(update={"location": Location(uri="shop/payment/a.py")})
    tested = plain.model_copy(update={"role": Role.TEST})
    results = [judge.result(each, rule).priority for each in (plain, paying, tested, plain)]
    assert results == [40, 55, 15, 40]
    again = [Judge({}, MODEL, PATHS).result(each, rule).priority for each in (paying, tested)]
    assert again == [55, 15]


def judged(uri="a.py", impact=None, **more):
    """The result for one finding of a rule with this impact."""
    found = Finding(
        **{
            "rule_id": "R", "scanner": "s", "area": Area.CODE, "message": "m",
            "location": Location(uri=uri), "severity": Severity.HIGH, **more,
        }
    )  # fmt: skip
    rule = Rule(
        id="R", scanner="s", title="t", severity=Severity.HIGH, why="w", fix="f", impact=impact
    )
    return Judge({}, MODEL, PATHS).result(found, rule)


def texts(result):
    return {term.text for term in result.terms}


def test_code_behind_the_staffs_login_does_not_face_the_internet():
    assert "in what faces the internet" in texts(judged("shop/orders/views.py"))
    assert "in what faces the internet" not in texts(judged("shop/dashboard/views.py"))


def test_a_pipeline_is_on_no_business_path():
    paid = "on the path of money or of administration"
    assert paid in texts(judged("shop/admin.yml"))
    assert paid not in texts(judged(".github/workflows/admin.yml"))


@pytest.mark.parametrize(
    ("name", "built"), [("loader-utils", True), ("@babel/traverse", True), ("next", False)]
)
def test_a_build_tool_is_not_where_requests_come_in(name, built):
    package = Package(ecosystem="npm", name=name, version="1.0.0")
    found = texts(judged("package-lock.json", area=Area.DEPENDENCIES, package=package))
    assert ("runs where the shop is built, not where visitors' requests come in" in found) is built


def test_a_signing_key_that_everybody_knows_cannot_wait():
    known = {"impact": "forged-sessions", "area": Area.ACCESS, "confidence": Confidence.HIGH}
    assert judged(**known).fix_now_because == ""
    assert "everybody knows" in judged(**known, severity=Severity.CRITICAL).fix_now_because
    tested = judged(**known, severity=Severity.CRITICAL, role=Role.TEST)
    assert tested.fix_now_because == ""


@pytest.mark.parametrize(
    ("impact", "opens", "paid"),
    [("live-credential", "payment", True), ("credential", "payment", False),
     ("live-credential", "cloud", False)],
)  # fmt: skip
def test_a_live_payment_key_is_on_the_path_of_money_whatever_its_file(impact, opens, paid):
    found = Finding(
        rule_id="R", scanner="s", area=Area.SECRETS, message="m",
        location=Location(uri="settings.php"), severity=Severity.CRITICAL,
    )  # fmt: skip
    rule = Rule(id="R", scanner="s", title="t", severity=Severity.CRITICAL, why="w", fix="f",
                impact=impact, opens=opens)  # fmt: skip
    result = Judge({}, MODEL, PATHS).result(found, rule)
    assert ("on the path of money or of administration" in texts(result)) is paid


@pytest.mark.parametrize(
    ("vector", "score", "now"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5, True),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", 8.8, True),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:L/I:L/A:N", 4.7, False),
        (None, None, True),
    ],
)
def test_known_exploitation_cannot_wait_where_it_takes_no_click_or_gives_all(vector, score, now):
    advisory = Advisory(id="CVE-1", cvss_vector=vector, cvss_score=score, known_exploited=True)
    found = judged("package-lock.json", area=Area.DEPENDENCIES, advisory=advisory)
    assert (found.fix_now_because != "") is now
    assert "attackers are known to use it (CISA KEV)" in texts(found)


@pytest.mark.parametrize(("exploited", "counts"), [(False, True), (True, False)])
def test_what_only_one_use_opens_counts_less_unless_it_is_exploited(exploited, counts):
    advisory = Advisory(id="CVE-1", cvss_score=9.8, needs_use=True, known_exploited=exploited)
    found = texts(judged("requirements.txt", area=Area.DEPENDENCIES, advisory=advisory))
    assert ("only where the shop uses it in one way" in found) is counts
