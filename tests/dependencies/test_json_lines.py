import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.dependencies.lockfiles.base import LockfileError
from shopsec.scan.dependencies.lockfiles.json_lines import (
    JsonObject,
    parse_json,
    parse_object,
    without_comments,
)

NESTED = """\
{
  "name": "{ \\"no\\": }",
  "packages": { "a": {}, "b":
    { "version"
      : "1" } },
  "list": [
    {
      "name": "c"
    },
    ["d", {"e": {}}]
  ]
}
"""


def test_objects_know_the_lines_of_their_keys():
    root = parse_object(NESTED)
    assert root == json.loads(NESTED)
    assert root.key_lines == {"name": 2, "packages": 3, "list": 6}
    assert root["packages"].key_lines == {"a": 3, "b": 3}
    assert (root["packages"]["b"].line, root["packages"]["b"].line_of("version")) == (4, 4)
    assert (root["list"][0].line, root["list"][0].line_of("name")) == (7, 8)
    assert root["list"][1][1].line_of("absent") == 10


def test_of_a_repeated_key_the_last_counts():
    root = parse_object('{"a": {"b": 1},\n"a": {},\n"c": 2}')
    assert root == {"a": {}, "c": 2}
    assert root.key_lines == {"a": 2, "c": 3}


def test_a_byte_order_mark_and_windows_lines_are_taken():
    assert parse_object('\ufeff{\r\n"a": 1\r\n}').line_of("a") == 2


def test_comments_and_trailing_commas_are_taken_out():
    text = '{ // one\n"a": /* two\n */ [1, "// no, }",\n], // three\n "b": {}, /* } */\n}\n'
    root = parse_object(without_comments(text))
    assert root == {"a": [1, "// no, }"], "b": {}}
    assert root.key_lines == {"a": 2, "b": 5}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("[]", "is not a JSON object"),
        ('{\n"a": 1,\n', "line 3: not valid JSON"),
        ('{\n<<<<<<< HEAD\n"a": 1\n=======\n', "line 2: has an unresolved merge conflict"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("9" * 5_000, "not valid JSON: Exceeds the limit"),
    ],
)
def test_errors(text, message):
    with pytest.raises(LockfileError, match=f"^{message}"):
        parse_object(text)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _check_lines(value: Any, lines: list[str]) -> None:
    if isinstance(value, JsonObject):
        assert list(value.key_lines) == list(value)
        for key, line in value.key_lines.items():
            assert lines[line - 1].lstrip().startswith(json.dumps(key))
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            _check_lines(inner, lines)


@given(st.dictionaries(st.text(), JSON_VALUES, max_size=4))
def test_lines_are_right_for_any_object(value):
    text = json.dumps(value, indent=1)
    parsed = parse_object(text)
    assert parsed == value
    _check_lines(parsed, text.split("\n"))


@given(st.text(alphabet='{}[]",:/*\\ a1\n'))
def test_any_text_gives_a_value_or_the_error(text):
    for each in (text, without_comments(text)):
        try:
            parse_json(each)
        except LockfileError as error:
            assert str(error)  # noqa: PT017 - either outcome is right
