"""Gate policies that cannot be used: the error names file, line, column and clause."""

import pytest

from shopsec.errors import PolicyError
from shopsec.policy.gates import load_gate

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
