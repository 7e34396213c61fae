import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.json_document import parse_json, parse_json_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=15,
)


def test_values_and_lines():
    document = parse_json(
        b'\xef\xbb\xbf{\n "a": [1,\n  {"b": null}],\n\n "c": {"d":\n  "\\u00e9\\/"}}'
    )
    assert document.value == {"a": [1, {"b": None}], "c": {"d": "é/"}}
    assert [
        document.line(*pointer)
        for pointer in [
            (),
            ("a",),
            ("a", 0),
            ("a", 1),
            ("a", 1, "b"),
            ("c", "d"),
            ("c", "no"),
            ("x",),
        ]
    ] == [1, 2, 2, 3, 3, 5, 5, 1]


@pytest.mark.parametrize(
    "text", ["1", '"a"', "[]", "{}", "[true, false, null, -1.5e3]", '{"a":{}}']
)
def test_any_value_may_stand_alone(text):
    assert parse_json_text(text).value == json.loads(text)


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"", 1, "it does not end, or holds nothing"),
        (b"[1,\n", 2, "it does not end"),
        (b"[1,]", 1, "']' is out of place"),
        (b"[,1]", 1, "',' is out of place"),
        (b"[1 2]", 1, "a comma is missing"),
        (b'{"a" 1}', 1, "a value without a key"),
        (b'{"a":}', 1, "'}' is out of place"),
        (b'{"a":1,\n}', 2, "'}' is out of place"),
        (b'{"a":1 "b":2}', 1, "is out of place"),
        (b'{"a"::1}', 1, "':' is out of place"),
        (b"{1:2}", 1, "'1' is out of place"),
        (b"{[]:2}", 1, "a value without a key"),
        (b"[1}", 1, "'}' is out of place"),
        (b"1 2", 1, "something follows its end"),
        (b"]", 1, "']' is out of place"),
        (b"\n// a\n1", 2, "'/' is out of place"),
        (b'["\\x"]', 1, "a text with a wrong escape"),
        (b'["a\n"]', 1, "is out of place"),
        (b"[1.2.3]", 1, "'1.2.3' is out of place"),
        (b"\xff", 1, "is not UTF-8 text"),
        (b"[\x00]", 1, "holds a NUL byte"),
        (b"[\x01]", 1, "is out of place"),
        (b"[" * 5000, 1, "nested more than 100 levels deep"),
        (b"[" + b"1," * 300_000 + b"1]", 1, "holds more than 200000 values"),
    ],
)
def test_what_is_no_json(content, line, problem):
    with pytest.raises(DocumentError) as caught:
        parse_json(content)
    assert problem in caught.value.problem
    assert caught.value.line == line


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_reads_what_json_writes(value):
    assert parse_json_text(json.dumps(value, indent=1)).value == value


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='{}[]",:1a \n\\tru', max_size=40))
def test_agrees_with_json_about_any_text(text):
    try:
        value = parse_json_text(text).value
    except DocumentError:
        with pytest.raises(ValueError):
            json.loads(text)
    else:
        assert value == json.loads(text, strict=False)


def test_hostile_text_costs_little():
    started = time.process_time()
    with pytest.raises(DocumentError):
        parse_json(b'"' * 1_000_001)
    assert time.process_time() - started < 3
