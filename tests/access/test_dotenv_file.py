import os
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.dotenv_file import parse_dotenv


def pairs(content):
    return [(each.name, each.value.value, each.line) for each in parse_dotenv(content).assignments]


def test_every_form_of_a_line():
    content = (
        b"\xef\xbb\xbf# ours\n\nA=1\nexport B='x y' # why\r\n\nC=\"two\nlines\"\nD=\nE = ${A}\n"
        b"not a line\nF='#no comment'\n 1BAD=3\n"
    )
    assert pairs(content) == [
        ("A", "1", 3),
        ("B", "x y", 4),
        ("C", "two\nlines", 6),
        ("D", "", 8),
        ("E", "${A}", 9),
        ("F", "#no comment", 11),
    ]


def test_nothing_reaches_the_environment(monkeypatch):
    monkeypatch.delenv("SHOPSEC_TEST_VALUE", raising=False)
    assert pairs(b"SHOPSEC_TEST_VALUE=${HOME}\n") == [("SHOPSEC_TEST_VALUE", "${HOME}", 1)]
    assert "SHOPSEC_TEST_VALUE" not in os.environ


@pytest.mark.parametrize(
    ("text", "keeps_defaults"),
    [
        ("###> symfony/framework-bundle ###\nA=1\n###< symfony/framework-bundle ###\n", True),
        ('# Run "composer dump-env prod" to compile\nA=1\n', True),
        ("### symfony/framework-bundle ###\nA=1\n", False),
        ("A=1\n", False),
    ],
)
def test_symfony_flex_is_known_by_its_marks(text, keeps_defaults):
    assert parse_dotenv(text.encode()).keeps_defaults is keeps_defaults


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"\nA=1\nB=\xe9\n", 3, "is not UTF-8 text"),
        (b"# a\nlayout node\n", 2, "has no line of the form NAME=value"),
        (b"A=1\n" * 20_001, 20_001, "holds more than 20000 variables and comments"),
        (b"A" * 500_001, 1, "holds more than 500000 bytes of variables"),
    ],
)
def test_what_cannot_be_used(content, line, problem):
    with pytest.raises(DocumentError) as caught:
        parse_dotenv(content)
    assert (caught.value.line, caught.value.problem) == (line, problem)


@given(st.text(alphabet="A=\"'\\\n#$ {}x\r", max_size=60))
def test_survives_any_text(text):
    with suppress(DocumentError):
        found = parse_dotenv(text.encode()).assignments
        assert all(each.line <= text.count("\n") + text.count("\r") + 1 for each in found)
