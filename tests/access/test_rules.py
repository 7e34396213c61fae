"""The rules that ship, against their own examples and against each other's."""

import pytest

from shopsec.model import Severity
from shopsec.policy.rules import embedded_access_packs, load_access_rules
from shopsec.policy.severity import load_priority_model
from shopsec.scan.access.examples import check_examples, findings_of
from shopsec.scan.access.resources.registry import KINDS
from shopsec.scan.access.scanner import load_rules

RULES = load_rules()


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.spec.id)
def test_examples(rule):
    assert list(check_examples(RULES.only(rule))) == []


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.spec.id)
def test_a_good_example_shows_no_other_grave_mistake(rule):
    for example in rule.spec.examples.good:
        findings, problems = findings_of(example, RULES)
        assert problems == []
        grave = [f.rule_id for f in findings if f.severity in {Severity.CRITICAL, Severity.HIGH}]
        assert grave == []


def test_every_rule_says_what_a_team_needs():
    impacts = load_priority_model().weights.impact
    for rule in RULES.rules:
        spec = rule.spec
        assert spec.cwe, spec.id
        assert spec.owasp_cicd, spec.id
        assert spec.impact is None or spec.impact in impacts, spec.id
        assert spec.title[0].isupper(), spec.id
        assert not spec.title.endswith("."), spec.id
        assert spec.why.strip().endswith("."), spec.id


def test_packs_are_named_like_their_files():
    for path in embedded_access_packs():
        assert f"\npack: {path.stem}\n" in f"\n{path.read_text()}"
        prefix = path.stem.upper()
        rules = load_access_rules(KINDS, [path]).rules
        assert all(rule.spec.id.startswith(f"{prefix}-") for rule in rules)


def test_every_field_of_every_kind_is_documented():
    for kind in KINDS.values():
        assert kind.doc
        assert all(field.doc for field in kind.fields.values()), kind.name
