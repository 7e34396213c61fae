"""Which changes of settings are told, and how."""

import pytest

from shopsec.baseline.file import render_baseline
from shopsec.baseline.settings_changes import RULE, changes
from shopsec.identify.look import identify
from shopsec.model import KnownResult, Severity, Tier
from shopsec.suppress.apply import suppress
from shopsec.suppress.claims import Terms
from shopsec.suppress.match import NEVER
from tests.suppress.made import TODAY, allow, result


def told(uri: str, before: str | None, after: str | None) -> list[tuple[str, Severity]]:
    def content(text: str | None) -> bytes | None:
        return None if text is None else text.encode()

    return [
        (finding.message.partition(": ")[2], finding.severity)
        for finding in changes({uri: content(before)}, {uri: content(after)})
    ]


HIGH = Severity.HIGH


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ('a = "x"\n', 'a = "x"\r\n', []),
        (None, None, []),
        (None, 'policy = "observe"\n', [("the file is added (+policy)", HIGH)]),
        ('policy = "strict"\n', None, [("the file is removed (-policy)", HIGH)]),
        ('exclude = ["a"]\n', 'exclude = ["hunter2"]\n', [("the file is changed (exclude)", HIGH)]),
        ("[rules]\nA = 'off'\n", "[rules]\nB = 'off'\n",
         [("the file is changed (-rules.A, +rules.B)", HIGH)]),
        ("a = 1\n", "a = = 2\n", [("the file is changed", HIGH)]),
        ("a = 1\n", "# a comment\na = 1\n", [("the file is changed", HIGH)]),
    ],
)  # fmt: skip
def test_keys_are_told_and_values_are_not(before, after, expected):
    assert told("shopsec.toml", before, after) == expected


def test_of_pyproject_only_our_table():
    before = "[project]\nname = 'a'\n[tool.shopsec]\nskip = []\n"
    assert told("pyproject.toml", before, before.replace("'a'", "'b'")) == []
    found = told("pyproject.toml", before, before.replace("[]", "['bandit']"))
    assert found == [("the file is changed (skip)", HIGH)]
    assert told("pyproject.toml", None, "[project]\nname = 'a'\n") == []


def test_rules_by_their_id():
    before = "rules:\n  - id: A\n    severity: high\n  - id: B\n    severity: low\n"
    found = told("pack.yaml", before, before.replace("high", "info"))
    assert found == [("the file is changed (rules.A.severity)", HIGH)]


def known(number: int) -> KnownResult:
    return KnownResult(
        fingerprint=f"{number:016x}", rule="R", scanner="s", uri="a.py", tier=Tier.WATCH
    )


def test_a_baseline_that_shrinks_is_the_ratchet_and_one_that_grows_is_not():
    one, two = render_baseline([known(1)]), render_baseline([known(1), known(2)])
    assert told("known.json", two, one) == [
        (f"the file is changed (-results.{2:016x})", Severity.INFO)
    ]
    assert told("known.json", one, two) == [(f"the file is changed (+results.{2:016x})", HIGH)]
    raised = two.replace("watch", "fix-now", 1)
    assert told("known.json", two, raised)[0][1] is HIGH


def test_what_cannot_be_read_is_changed_all_the_same():
    assert told("a.yaml", "a: 1\n", "a: [\n") == [("the file is changed", HIGH)]
    assert told("known.json", "{}", "[" * 100_000) == [("the file is changed", HIGH)]
    assert told(".gitleaksignore", "a:b:1\n", "a:b:2\n") == [("the file is changed", HIGH)]


def test_each_change_of_a_file_is_a_result_of_its_own():
    prints = {
        identify(changes({"a.toml": b"x = 1"}, {"a.toml": after}), lambda _: None)[0].fingerprint
        for after in (b"x = 2", b"x = 3", None)
    }
    assert len(prints) == 3


def test_nothing_suppresses_a_change_of_what_suppresses():
    (found,) = identify(changes({"a.toml": b"x = 1"}, {"a.toml": None}), lambda _: None)
    there = result().model_copy(update={"finding": found})
    assert RULE.id == NEVER
    for name in (RULE.id, found.fingerprint):
        results, _ = suppress([there], [allow(name)], Terms(TODAY, fix_now_days=14))
        assert results[0].active
