"""Gate policies that cannot be used: the error names file, line, column and clause."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.baseline.settings_changes import RULE
from shopsec.errors import PolicyError
from shopsec.model import Tier
from shopsec.policy import cel
from shopsec.policy.gates import FINDERS, load_gate
from shopsec.scan.registry import all_scanners

GATE = """\
policy: own
title: Own
fail:
  - id: grave
    text: are grave
    when: {when}
"""


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            GATE.format(when="result.tir == 'fix_now'"),
            "own.yaml:6:11: fail.grave.when: undeclared reference to 'result.tir'",
            "did you mean result.tier? fields: result.area, result.confidence, result.path, "
            "result.priority, result.role, result.rule, result.scanner, result.severity and 6 more",
        ),
        (
            GATE.format(when="'true'").replace("text:", "txt:"),
            "own.yaml:5:5: fail.grave.txt: unknown key",
            "did you mean text? allowed here: id, text, when",
        ),
        (
            GATE.format(when="result.tier == 'fix_now' && result.priority > 3"),
            "own.yaml:6:26: fail.grave.when: result.tier is never 'fix_now'",
            "did you mean fix-now? values: fix-now, planned, sprint, watch",
        ),
        (
            GATE.format(when="result.area in ['code', 'secret']"),
            "own.yaml:6:35: fail.grave.when: result.area is never 'secret'",
            "did you mean secrets? values: access, code, containers, dependencies, repository, "
            "secrets",
        ),
        (
            GATE.format(when="result.state != 'absent'"),
            "own.yaml:6:27: fail.grave.when: result.state is never 'absent'",
            "values: new, unchanged",
        ),
        (
            GATE.format(when="result.scanner == 'bandti'"),
            "own.yaml:6:29: fail.grave.when: result.scanner is never 'bandti'",
            "did you mean bandit? values: access, bandit, image-packages, import:*, osv, pip-audit, "
            "secrets, settings, trivy-config, trivy-image, unread-code",
        ),
        (
            GATE.format(when='\'"result.x" == "a"\''),
            "own.yaml:6:11: fail.grave.when: the condition asks for no field, so it selects "
            "everything or nothing",
            "ask for one, such as result.tier or coverage.complete",
        ),
        (
            "policy: own\ntitle: Own\n",
            "own.yaml: the policy has no clause, so everything would pass",
            "add at least one clause under fail, warn, incomplete or budgets",
        ),
    ],
)
def test_an_error_names_the_place(tmp_path, monkeypatch, text, message, hint):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(PolicyError) as caught:
        load_gate("own.yaml", tmp_path)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_misspelt_name(tmp_path):
    with pytest.raises(PolicyError) as caught:
        load_gate("strikt", tmp_path)
    assert caught.value.message == "unknown policy 'strikt'"
    assert caught.value.hint.startswith("did you mean strict? one of ")


NEVER = [
    "result.priority > 200",
    "result.priority < 0",
    "result.priority > 50 && result.priority < 40",
    "result.tier == 'fix-now' && result.tier == 'sprint'",
    "result.tier != 'fix-now' && result.tier in ['fix-now']",
    "false && result.priority > 0",
    "result.priority > 0 ? false : result.suppressed && !result.suppressed",
    "result.rule in []",
    "result.rule == ''",
    "result.rule == 'A' && result.rule == 'B'",
    "result.path == 'a' && result.rule.startsWith('b') && result.path == 'c'",
    "run.files < 0",
    "!(result.tier == 'watch' || result.tier != 'watch')",
]
SOMETIMES = [
    "result.priority >= 100",
    "result.priority > 40 && result.priority < 42",
    "result.priority - 50 > 49",
    "result.rule.startsWith('SHOP') && result.rule.endsWith('1') && result.rule.matches('.*-0')",
    "result.rule == result.scanner",
    "result.scanner == 'import:zap' && result.rule in ['10202', '']",
    "result.tier == 'fix-now' && result.state == 'new' && run.files == 0 && !run.offline",
    "['a', 'b'].exists(each, each == result.path) && result.path != 'a'",
    "result.suppressed ? result.priority > 90 : result.tier == 'fix-now'",
    "-result.priority < -5",
    "size(result.path) > 3 && result.path < 'b'",
]


@pytest.mark.parametrize("when", NEVER)
def test_a_condition_that_can_never_hold_is_refused(tmp_path, when):
    (tmp_path / "own.yaml").write_text(GATE.format(when=json.dumps(when)))
    with pytest.raises(PolicyError) as caught:
        load_gate("own.yaml", tmp_path)
    assert "own.yaml:6:" in caught.value.message
    assert "can never hold, so it selects nothing" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("when", SOMETIMES)
def test_a_condition_that_may_hold_is_not(tmp_path, when):
    (tmp_path / "own.yaml").write_text(GATE.format(when=json.dumps(when)))
    assert load_gate("own.yaml", tmp_path).results[0].when.text == when


def test_a_condition_about_the_ledger(tmp_path):
    gate = GATE.replace("fail:", "incomplete:")
    for when, refused in (
        ("coverage.scanner == 'merge-base' && coverage.imported == ''", False),
        ("coverage.scanner == 'osv' && coverage.database_days > 900", False),
        ("coverage.not_covered < 0", True),
        ("coverage.imported == 'required' && coverage.imported == ''", True),
    ):
        (tmp_path / "own.yaml").write_text(gate.format(when=json.dumps(when)))
        if refused:
            with pytest.raises(PolicyError, match="can never hold"):
                load_gate("own.yaml", tmp_path)
        else:
            assert load_gate("own.yaml", tmp_path).coverage[0].when.text == when


def test_a_text_about_suppressed_results_does_not_read_them(tmp_path):
    for when, reads in (
        ("result.rule == 'result.suppressed'", False),
        ("result.tier == 'fix-now' && !result.suppressed", True),
    ):
        (tmp_path / "own.yaml").write_text(GATE.format(when=json.dumps(when)))
        assert load_gate("own.yaml", tmp_path).results[0].reads_suppressed is reads


def test_the_names_of_scanners_are_those_of_the_registry():
    names = {scanner.name for scanner in all_scanners()}
    assert {*names, RULE.scanner, "import:*"} == FINDERS


fields = st.sampled_from(["result.tier == 'sprint'", "result.tier == 'fix-now'", "run.offline"])
numbers = st.builds(
    lambda sign, number: f"result.priority {sign} {number}",
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.integers(-2, 102),
)
conditions = st.recursive(
    fields | numbers,
    lambda inner: st.one_of(
        st.builds("!({})".format, inner),
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=6,
)


@given(conditions)
def test_what_is_refused_is_false_of_everything_and_nothing_else_is(when):
    kinds = {"result.tier": cel.STRING, "result.priority": cel.INT, "run.offline": cel.BOOL}
    plain = cel.Environment(kinds)
    compiled = plain.compile(when, "w")
    holds = any(
        compiled.holds(plain.activation(dict(zip(kinds, values, strict=True))))
        for values in itertools.product(Tier, range(101), [True, False])
    )
    strict = cel.Environment(
        kinds, words={"result.tier": set(Tier)}, bounds={"result.priority": (0, 100)}
    )
    if holds:
        strict.compile(when, "w")
    else:
        with pytest.raises(PolicyError, match="can never hold"):
            strict.compile(when, "w")
