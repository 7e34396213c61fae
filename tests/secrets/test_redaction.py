import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.secrets.redaction import name_before, safe_name, shown


@given(st.text(max_size=80))
def test_at_most_six_characters_are_shown(value):
    text = shown(value)
    assert text == (f"{value[:4]}...{value[-2:]}" if len(value) >= 16 else "")


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("API_KEY", ["k3y"], "API_KEY"),
        ("key_k3y_id", ["K3Y"], ""),
        ("hunter2", ["prefix-hunter2-suffix"], ""),
        ("n" * 81, [], ""),
    ],
)
def test_names_that_hold_a_value_are_dropped(name, values, expected):
    assert safe_name(name, values) == expected


@given(st.text(max_size=300))
def test_names_are_words_of_ascii(before):
    name = name_before(before)
    assert name.isascii()
    assert not set(name) & set(" \n\"'=:")
