from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.errors import PolicyError
from shopsec.gate import decide
from shopsec.model import (
    Area,
    BaselineState,
    Database,
    Finding,
    Item,
    KnownResult,
    Location,
    NotCovered,
    Outcome,
    Result,
    ScannerRun,
    Severity,
    Status,
    Tier,
)
from shopsec.policy.gates import load_gate

POLICIES = {name: load_gate(name, Path()) for name in ("small-team", "strict", "observe", "commit")}
RUN = {"offline": False, "images": 0, "files": 1}
STRENGTH = [Outcome.PASS, Outcome.WARN, Outcome.INCOMPLETE, Outcome.FAIL]


def result(tier: Tier, number: int = 0) -> Result:
    finding = Finding(
        rule_id="R",
        scanner="s",
        area=Area.CODE,
        message="m",
        location=Location(uri="a.py"),
        severity=Severity.HIGH,
        fingerprint=f"{number:016x}",
    )
    return Result(finding=finding, priority=50, tier=tier, terms=())


def entry(area: Area, status: Status = Status.SUCCEEDED) -> ScannerRun:
    missed = status is not Status.SUCCEEDED
    group = NotCovered(reason="r", items=(Item(name="a.py"),))
    return ScannerRun(
        scanner=area.value,
        area=area,
        status=status,
        handed_in=1,
        covered=0 if missed else 1,
        not_covered=(group,) if missed else (),
    )


ALL = [entry(area) for area in Area]
tiers = st.lists(st.sampled_from(list(Tier)), max_size=5)
statuses = st.lists(
    st.sampled_from([Status.SUCCEEDED, Status.PARTIAL, Status.FAILED, Status.MISSING]),
    min_size=len(Area),
    max_size=len(Area),
)


def test_small_team():
    gate = POLICIES["small-team"]
    assert decide([], ALL, gate, RUN, today="2026-11-24").outcome is Outcome.PASS
    assert (
        decide([result(Tier.FIX_NOW)], ALL, gate, RUN, today="2026-11-24").outcome is Outcome.FAIL
    )
    assert decide([result(Tier.SPRINT)], ALL, gate, RUN, today="2026-11-24").outcome is Outcome.WARN
    assert (
        decide([result(Tier.PLANNED)], ALL, gate, RUN, today="2026-11-24").outcome is Outcome.PASS
    )
    empty = decide([], ALL, gate, RUN | {"files": 0}, today="2026-11-24")
    assert empty.outcome is Outcome.INCOMPLETE
    assert empty.outcome.exit_code == 3


def test_what_was_known_before_warns_and_what_is_new_fails():
    new = result(Tier.FIX_NOW, 1).model_copy(update={"state": BaselineState.NEW})
    known = result(Tier.FIX_NOW, 2).model_copy(update={"state": BaselineState.UNCHANGED})
    wanted = {"small-team": Outcome.WARN, "commit": Outcome.WARN, "strict": Outcome.FAIL}
    for name, outcome in wanted.items():
        gate = POLICIES[name]
        assert decide([known], ALL, gate, RUN, today="2026-11-24").outcome is outcome
        both = decide([known, new], ALL, gate, RUN, today="2026-11-24")
        assert both.outcome is Outcome.FAIL
    small = decide([known, new], ALL, POLICIES["small-team"], RUN, today="2026-11-24")
    texts = {reason.text: reason.fingerprints for reason in small.reasons}
    assert texts["must be fixed now"] == (f"{1:016x}",)
    assert texts["known before must be fixed now"] == (f"{2:016x}",)


def test_trivy_is_optional_without_images_but_never_silent():
    gate = POLICIES["small-team"]
    coverage = [*ALL[:4], entry(Area.CONTAINERS, Status.MISSING), *ALL[5:]]
    decision = decide([], coverage, gate, RUN, today="2026-11-24")
    assert decision.outcome is Outcome.WARN
    assert decision.reasons[0].scanners == ("containers",)


@given(st.sampled_from(sorted(POLICIES)), tiers, st.sampled_from(list(Tier)), statuses)
def test_one_more_finding_never_improves_the_decision(name, found, more, ended):
    coverage = [entry(area, status) for area, status in zip(Area, ended, strict=True)]
    results = [result(tier, number) for number, tier in enumerate(found)]
    before = decide(results, coverage, POLICIES[name], RUN, today="2026-11-24").outcome
    after = decide(
        [*results, result(more, 99)], coverage, POLICIES[name], RUN, today="2026-11-24"
    ).outcome
    assert STRENGTH.index(after) >= STRENGTH.index(before)


@given(st.sampled_from(sorted(POLICIES)), tiers, statuses)
def test_less_coverage_is_never_a_pass(name, found, ended):
    coverage = [entry(area, status) for area, status in zip(Area, ended, strict=True)]
    results = [result(tier, number) for number, tier in enumerate(found)]
    outcome = decide(results, coverage, POLICIES[name], RUN, today="2026-11-24").outcome
    if any(status is not Status.SUCCEEDED for status in ended):
        assert outcome is not Outcome.PASS


def test_advisories_of_last_quarter_are_no_answer():
    gate = POLICIES["small-team"]
    shipped = Database(name="embedded pack", date="2020-01-01", embedded=True)

    def outcome(day):
        stored = Database(name="OSV npm", date=day)
        osv = ScannerRun(
            scanner="osv", area=Area.DEPENDENCIES, status=Status.SUCCEEDED,
            databases=(stored, shipped),
        )  # fmt: skip
        return decide([], [*ALL, osv], gate, RUN, today="2026-11-24").outcome

    assert outcome("2026-10-24") is Outcome.PASS
    assert outcome("2026-10-23") is Outcome.INCOMPLETE
    assert outcome("2027-01-01") is Outcome.PASS


def gate_of(tmp_path, text):
    path = tmp_path / "gate.yaml"
    path.write_text("policy: ours\ntitle: Ours.\n" + text)
    return load_gate("gate.yaml", tmp_path)


def known(tier, number):
    return KnownResult(fingerprint=f"{number:016x}", rule="R", scanner="s", uri="a.py", tier=tier)


def test_a_budget_is_kept_or_exceeded_and_may_not_grow(tmp_path):
    gate = gate_of(
        tmp_path,
        "budgets:\n"
        "  - {id: few, text: are for the sprint, tiers: [sprint], at_most: 2}\n"
        "  - {id: shrink, text: are planned, tiers: [planned], no_growth: true, outcome: warn}\n",
    )
    sprint = [result(Tier.SPRINT, number) for number in range(3)]
    assert decide(sprint[:2], ALL, gate, RUN, today="2026-11-24").outcome is Outcome.PASS
    decision = decide(sprint, ALL, gate, RUN, today="2026-11-24")
    assert decision.outcome is Outcome.FAIL
    assert decision.reasons[0].text == "are for the sprint (budget: 2)"
    assert len(decision.reasons[0].fingerprints) == 3
    planned = [result(Tier.PLANNED, number) for number in range(2)]
    old = [each.model_copy(update={"state": BaselineState.UNCHANGED}) for each in planned]

    def outcome(results, absent=()):
        return decide(results, ALL, gate, RUN, today="2026-11-24", absent=absent).outcome

    assert outcome(planned) is Outcome.WARN
    assert outcome(old) is Outcome.PASS
    new = result(Tier.PLANNED, 9).model_copy(update={"state": BaselineState.NEW})
    assert outcome([*old, new]) is Outcome.WARN
    assert outcome([old[0], new], [known(Tier.PLANNED, 1)]) is Outcome.PASS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the policy has no clause"),
        (
            "fail:\n  - {id: a, text: b, when: 'true'}\n",
            "gate.yaml:4:28: fail.a.when: the condition asks for no",
        ),
        ("budgets:\n  - {id: a, text: b, tiers: [sprint]}\n", "needs at_most or no_growth"),
        ("budgets:\n  - {id: a, text: b, tiers: [soon], at_most: 1}\n", "gate.yaml:4:"),
        ("budgets:\n  - {id: a, text: b, tiers: [], at_most: 1}\n", "gate.yaml:4:"),
        ("fails: []\n", "fails"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(tmp_path, text, problem):
    with pytest.raises(PolicyError) as caught:
        gate_of(tmp_path, text)
    assert problem in caught.value.message
