"""Ranges of versions in the dialects of composer, npm, pip and poetry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.access.resources.version_ranges import allows, newest_allowed

PHP = ("7.3", "7.4", "8.0", "8.1", "8.2", "8.3", "8.4")
NODE = ("14", "16", "18", "20", "22", "24")
PYTHON = ("3.8", "3.9", "3.10", "3.11", "3.12")


@pytest.mark.parametrize(
    ("text", "dialect", "lines", "newest"),
    [
        ("^7.4", "composer", PHP, "7.4"),
        ("^7.4 || ^8.0", "composer", PHP, "8.4"),
        ("^7.4|^8.0,<8.2", "composer", PHP, "8.1"),
        ("~7.4.0", "composer", PHP, "7.4"),
        ("~7.3", "composer", PHP, "7.4"),
        (">=7.3 <8.1", "composer", PHP, "8.0"),
        ("7.4.*", "composer", PHP, "7.4"),
        ("7.3 - 8.0", "composer", PHP, "8.0"),
        ("*", "composer", PHP, "8.4"),
        ("dev-main", "composer", PHP, "8.4"),
        ("^9", "composer", PHP, ""),
        ("16.x", "npm", NODE, "16"),
        ("16 || 18", "npm", NODE, "18"),
        (">= 14.0.0 <17", "npm", NODE, "16"),
        ("<=16", "npm", NODE, "16"),
        ("~16.1", "npm", NODE, "16"),
        (">=3.8,<3.10", "python", PYTHON, "3.9"),
        ("~=3.8", "python", PYTHON, "3.12"),
        ("~=3.8.1", "python", PYTHON, "3.8"),
        ("~3.8", "python", PYTHON, "3.8"),
        ("==3.9.*", "python", PYTHON, "3.9"),
        (">=3.8,!=3.12", "python", PYTHON, "3.12"),
        ("7.4.33", "composer", PHP, "7.4.33"),
        ("== 3.9.1", "python", PYTHON, "3.9.1"),
    ],
)
def test_the_newest_line_that_a_range_allows(text, dialect, lines, newest):
    assert newest_allowed(text, lines, dialect) == newest


@given(st.text(alphabet="0123456789.^~<>=!|, -*x@a", max_size=60))
def test_any_text_gives_a_line_or_nothing(text):
    newest = newest_allowed(text, PHP, "composer")
    assert newest == "" or newest[0].isdigit()


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_caret_allows_its_own_line_and_none_before(major, minor):
    text = f"^{major + 1}.{minor}"
    assert allows(text, (major + 1, minor), "npm")
    assert not allows(text, (major, minor), "npm")
    assert not allows(text, (major + 2, minor), "npm")
