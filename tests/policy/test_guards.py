import pytest

from shopsec.model import Area
from shopsec.policy.guards import Guard, guards, may_hold
from shopsec.scan.access.examples import files_of
from shopsec.scan.access.scanner import load_rules, read_resources
from shopsec.scan.base import Ledger

RULES = load_rules()


def test_guards_are_the_simple_parts_of_a_conjunction():
    assert guards("a.b == \"x\" && !a.c && size(a.d) > 0 && (a.e || a.f) && a.g != 'y'") == (
        Guard("b", "x"),
        Guard("c", False),
        Guard("d", None),
        Guard("g", "y", equal=False),
    )
    assert guards('a.b == "x" || a.c') == ()
    assert guards("a.b > 3 && a.c.contains('x')") == ()
    assert guards('file.role == "production" && a.b') == (Guard("b", True),)


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.spec.id)
def test_a_guard_says_no_only_where_the_rule_does(rule):
    examples = (*rule.spec.examples.bad, *rule.spec.examples.good)
    for example in examples:
        for resource in read_resources(files_of(example), Ledger("access", Area.ACCESS)):
            bound = RULES.environments[resource.kind].activation(resource.values())
            for check in rule.checks:
                if check.on == resource.kind and not may_hold(check.guards, resource.view):
                    assert not check.when.holds(bound)
