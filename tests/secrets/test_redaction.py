import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.secrets.entropy import entropy, guessing_bits
from shopsec.scan.secrets.redaction import Redactor, name_before, safe_name, shown
from tests.secrets import planted


@given(st.text(max_size=80))
def test_at_most_six_characters_are_shown(value):
    text = shown(value)
    assert text == (f"{value[:4]}...{value[-2:]}" if len(value) >= 16 else "")


@pytest.mark.parametrize(
    "value",
    [
        "hunter2", "Summer2024!", "P@ssw0rd123!", "MyShopDatabasePassword2024!",
        "correct-horse-battery-staple", "admin12345678901234567890", "aaaaaaaaaaaaaaaaaaaaaaaa",
    ],
)  # fmt: skip
def test_hundreds_of_passwords_have_the_digest_of_one_that_people_choose(value):
    assert len(Redactor(b"salt").digest(value)) == 3
    assert len(Redactor(b"salt", own=True).digest(value)) == 16


def test_what_was_drawn_keeps_its_digest():
    for value in (planted.stripe(), planted.password(), planted.drawn(planted.HEX, 32)):
        assert len(Redactor(b"salt").digest(value)) == 16


@given(st.text(max_size=600))
def test_no_more_is_to_be_guessed_than_there_is(value):
    assert 0 <= guessing_bits(value) <= entropy(value[:500]) * 500 + 1e-6


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
