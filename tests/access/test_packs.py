"""Packs that cannot be used: the error names file, rule, field and what is allowed."""

import pytest

from shopsec.errors import PolicyError
from shopsec.policy.rules import load_access_rules
from shopsec.scan.access.resources.registry import KINDS

PACK = """\
pack: own
title: Own rules
rules:
  - id: OWN-001
    title: A job without a name
    on: {on}
    when: {when}
    {more}
    severity: low
    confidence: high
    cwe: [1]
    why: Because.
    fix: Name it.
    examples:
      bad: [{{file: a, line: 1, text: ""}}]
      good: [{{file: a, text: ""}}]
"""


def load(tmp_path, text):
    path = tmp_path / "own.yaml"
    path.write_text(text)
    return load_access_rules(KINDS, [path])


def pack(on="job", when='job.name == ""', more="per: resource"):
    return PACK.format(on=on, when=when, more=more)


def test_a_right_pack_loads(tmp_path):
    (rule,) = load(tmp_path, pack()).rules
    assert rule.spec.id == "OWN-001"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            pack(when="job.nme == ''"),
            "own.yaml: OWN-001.when: line 1, column 4 of the expression: undeclared reference to "
            "'job.nme' (in container '')",
            "fields: file.path, file.role, job.always_true",
        ),
        (
            pack(when="job.name > 3"),
            "own.yaml: OWN-001.when: line 1, column 10 of the expression: found no matching overload",
            "",
        ),
        (pack(when="job.name"), "'job.name' gives STRING, it must give BOOL", ""),
        (pack(when="job.name.matches('(')"), "own.yaml: OWN-001.when: ", ""),
        (pack(on="jobb"), "own.yaml: OWN-001.on: there is no resource 'jobb'", "dockerfile, "),
        (pack(more="at: nowhere"), "OWN-001.at: job has no place 'nowhere'", "one of trigger"),
        (pack(more="severty: low"), "own.yaml:8: OWN-001.severty: Extra inputs", ""),
        (pack(more="impact: none"), "OWN-001.impact: 'none' has no base points", "one of live-"),
        ("pack: own\ntitle: x\nrules: [\n", "own.yaml:4: not valid YAML", ""),
        (
            pack(
                on="step", more="checks: [{on: job, when: 'true'}, {on: job, when: 'jo'}]"
            ).replace('    on: step\n    when: job.name == ""\n', ""),
            "own.yaml: OWN-001.checks.1.when: line 1, column 1 of the expression: undeclared",
            "",
        ),
        (pack(more="checks: []"), "own.yaml:8: OWN-001.checks: Tuple should have at least 1", ""),
        (pack() + pack().split("rules:\n")[1], "OWN-001.id: is also in", ""),
    ],
)
def test_an_error_names_the_place(tmp_path, text, message, hint):
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, text)
    assert message in caught.value.message
    assert hint in caught.value.hint
