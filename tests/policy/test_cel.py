"""What an expression may cost, and what its errors say where no file is known."""

import pytest

from shopsec.errors import PolicyError
from shopsec.policy import cel
from shopsec.policy.cel_cost import MOST_BUILT, built
from shopsec.policy.rules import load_access_rules
from shopsec.scan.access.resources.registry import KINDS

ENVIRONMENT = cel.Environment({"a.text": cel.STRING, "a.list": cel.STRINGS})
TEN_TIMES = '.replace("a", "aaaaaaaaaa")'
CAN_BUILD = "is too much work: it could build more than 50_000_000 characters from "


def refused(text):
    with pytest.raises(PolicyError) as caught:
        ENVIRONMENT.compile(text, "x")
    return caught.value.message


def holds(written, **values):
    given = {"a.text": "", "a.list": []} | {f"a.{name}": each for name, each in values.items()}
    expression = ENVIRONMENT.compile(written, "x")
    return expression.holds(ENVIRONMENT.activation(given))


@pytest.mark.parametrize(
    "text",
    [
        f'size("aaaaaaaaaa"{TEN_TIMES * 8}) > 0',
        f"size(a.text{TEN_TIMES * 5}) > 0",
        "size([a.text]" + ".map(y, y + y)" * 16 + ") > 0",
        "size(a.list.map(x, a.list.map(y, x + y).join(a.text)).join(a.text)) > 0",
        'a.text.split("").join(a.text).split("").join(a.text) == ""',
        'a.list.exists(x, a.list.exists(y, x.replace("", a.text) == y))',
    ],
)
def test_what_could_build_too_much_does_not_load(text):
    assert refused(text) == f"x: {CAN_BUILD}fields of 1000"


@pytest.mark.parametrize(
    "text",
    [
        '(a.text + ", " + a.list.join("; ")).startsWith("x")',
        f"size(a.text{TEN_TIMES * 3}) > 0",
        'a.list.map(x, "secret " + x + " of " + a.text).join(", ") == ""',
        'a.list.exists(x, a.list.exists(y, x + "/" + y == a.text))',
        '"%s has %s".format([a.text, a.list]) == ""',
    ],
)
def test_what_a_rule_may_well_say_loads(text):
    assert holds(text, text="t", list=["u", "v"]) in {True, False}


def test_what_is_built_from_a_large_field_is_judged_when_it_is_known():
    text = 'a.text.split("").join(a.text) == ""'
    assert holds(text, text="x" * 900) is False
    with pytest.raises(cel.EvaluationError) as caught:
        holds(text, text="x" * 100_000)
    assert caught.value.too_much
    assert caught.value.message == f"x: {text!r} {CAN_BUILD}100000"
    assert holds('a.list.exists(x, x.replace("a", "b") == "c")', list=["a"] * 9_000) is False


def test_items_of_a_list_are_no_more_than_the_list():
    items = ["x" * 10_000] * 100
    assert holds('a.list.exists(x, x + "!" == "")', list=items) is False


def test_an_expression_that_is_too_long():
    text = "a.text == '" + "x" * cel.LONGEST + "'"
    assert refused(text) == "x: has more than 2000 characters"


def test_nesting_is_bounded_by_the_compiler():
    text = "(" * 900 + "a.text" + ")" * 900 + " == ''"
    assert refused(text) == (
        "x: line 1, column 1 of the expression: Expression recursion limit exceeded. limit: 32"
    )


def test_memory_that_is_not_there_is_too_much_work(monkeypatch):
    class Greedy:
        def eval(self, _):
            raise MemoryError("std::bad_alloc")

    expression = ENVIRONMENT.compile("a.text == ''", "x")
    monkeypatch.setattr(expression, "_compiled", Greedy())
    with pytest.raises(cel.EvaluationError) as caught:
        expression.holds(ENVIRONMENT.activation({"a.text": "", "a.list": []}))
    assert caught.value.too_much
    assert caught.value.message == (
        "x: \"a.text == ''\" is too much work: needs more memory than there is"
    )


def test_a_text_names_the_place_where_no_file_does():
    assert refused("a.text == '' &&\n  a.txt == ''") == (
        "x: line 2, column 3 of the expression: undeclared reference to 'a.txt'"
    )


def test_no_embedded_rule_comes_near_what_may_be_built():
    for rule in load_access_rules(KINDS).rules:
        for check in rule.checks:
            for expression in filter(None, (check.when, check.detail)):
                tree = expression._tree
                assert tree is None or built(tree, 100_000) < MOST_BUILT, rule.spec.id
