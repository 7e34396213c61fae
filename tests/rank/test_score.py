"""The priority's laws."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shopsec.model import Area, Confidence, Finding, Location, Role, Rule, Severity
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
