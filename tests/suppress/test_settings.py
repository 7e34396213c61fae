"""[[allow]] tables: what they must say, and which line is wrong."""

import pytest

from shopsec.config import read_settings
from shopsec.errors import ConfigError
from shopsec.suppress.settings import allowed
from tests.suppress.made import TODAY

GOOD = {
    "rule": '"R-1"',
    "reason": '"Only the build runs it"',
    "owner": '"anna"',
    "until": "2027-01-31",
}


def table(header="[[allow]]", **changes):
    values = GOOD | changes
    return (
        "\n".join([header, *(f"{key} = {value}" for key, value in values.items() if value)]) + "\n"
    )


def read(root):
    return allowed(read_settings(root, None, {}), TODAY)


def refused(root):
    with pytest.raises(ConfigError) as caught:
        read(root)
    return caught.value.message.removeprefix(f"{root}/"), caught.value.hint


def test_a_table_is_a_suppression(tree):
    text = 'policy = "strict"\n\n' + table() + "\n" + table(until='"2026-12-01"', paths='["/a/"]')
    first, second = read(tree({"shopsec.toml": text}))
    assert (first.selector, first.reason, first.owner) == ("R-1", "Only the build runs it", "anna")
    assert (first.until, first.paths, first.place) == ("2027-01-31", (), "shopsec.toml:3")
    assert (second.until, second.paths, second.place) == ("2026-12-01", ("/a/",), "shopsec.toml:9")


def test_the_same_in_pyproject(tree):
    text = '[project]\nname = "x"\n' + table("[[tool.shopsec.allow]]")
    assert [each.place for each in read(tree({"pyproject.toml": text}))] == ["pyproject.toml:3"]


def test_a_list_on_one_line_is_read_too(tree):
    inner = ", ".join(f"{key} = {value}" for key, value in GOOD.items())
    text = f"offline = true\nallow = [{{{inner}}}]\n"
    assert [each.place for each in read(tree({"shopsec.toml": text}))] == ["shopsec.toml:2"]


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        ({"reason": ""}, "7: allow.reason: is missing", "required here: rule, reason, owner, until"),
        ({"owner": ""}, "7: allow.owner: is missing", "required here: rule, reason, owner, until"),
        ({"until": ""}, "7: allow.until: is missing", "required here: rule, reason, owner, until"),
        ({"rule": "", "paths": '["*"]'}, "7: allow.rule: is missing", "required here: rule, reason"),
        ({"rule": '"*"'}, "8: allow.rule: '*' would match everything", "name a rule, a fingerprint"),
        ({"rule": '"src/*.php"'}, "8: allow.rule: 'src/*.php' would match everything", "name a rule"),
        ({"rule": '"package:"'}, "8: allow.rule: 'package:' would match everything", "name a rule"),
        ({"rule": '" "'}, "8: allow.rule: names no rule", "name a rule"),
        ({"rule": "3"}, "8: allow.rule: Input should be a valid string (got int)", "allowed: a string"),
        ({"reason": '"todo"'}, "9: allow.reason: 'todo' is no reason", "say in 10 characters or more"),
        ({"reason": '"."'}, "9: allow.reason: gives no reason", "say in 10 characters or more"),
        ({"owner": '" "'}, "10: allow.owner: has no owner", "name the person or the team"),
        ({"rule": '"R-\u0661"'}, "8: allow.rule: has letters that look like others", "name a rule"),
        ({"reason": '"nobody \u200bcan reach it"'}, "9: allow.reason: has characters", "take them out"),
        ({"owner": '"an\u202ena"'}, "10: allow.owner: has characters that nobody", "take them out"),
        ({"until": '"soon"'}, "11: allow.until: 'soon' is no date", "write the last day as 2027-11-25"),
        (
            {"until": "2027-11-26"},
            "11: allow.until: 2027-11-26 is more than 366 days away",
            "2027-11-25 is the last day today",
        ),
        ({"paths": "[]"}, "12: allow.paths: is an empty list, which would match nothing", "name files"),
        ({"paths": '["a", "#b"]'}, "12: allow.paths: '#b' matches nothing", "name files"),
        ({"paths": '["!b"]'}, "12: allow.paths: holds exceptions alone", "name files"),
        ({"paths": '"a"'}, "12: allow.paths: Input should be", "allowed: a list of strings"),
        ({"resaon": '"x"'}, "12: unknown key 'allow.resaon'", "allowed here: owner, paths, reason"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used_is_named_by_line(tree, changes, message, hint):
    text = table() + "\n" + table(**changes)
    root = tree({"shopsec.toml": text})
    found, next_step = refused(root)
    assert found.startswith(f"shopsec.toml:{message}")
    assert next_step.startswith(hint)


def test_the_longest_that_may_be_and_a_past_day_can_be_used(tree):
    text = table(until="2027-11-25") + table(until="2026-11-23")
    assert [each.until for each in read(tree({"shopsec.toml": text}))] == [
        "2027-11-25",
        "2026-11-23",
    ]


def test_something_else_by_that_name(tree):
    for text, message in (
        ("allow = 3\n", "shopsec.toml:1: allow: Input should be"),
        ("[allow]\nrule = 'R-1'\n", "shopsec.toml:1: allow: Input should be"),
        ("allow = [3]\n", "shopsec.toml:1: allow: Input should be"),
    ):
        assert refused(tree({"shopsec.toml": text}))[0].startswith(message)
