"""Patterns of file names, compared with what git does."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.access.documents.globs import compile_glob, ignores

NAMES = st.text("ab.[*", min_size=1, max_size=4).filter(lambda name: name.strip("."))


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("*.php", "a/b.php", True),
        ("/*.php", "a/b.php", False),
        ("docs", "a/docs/b", True),
        ("docs/", "a/docs/b", True),
        ("docs/", "a/docs", False),
        ("a/docs", "b/a/docs", False),
        ("docs/**", "docs/a/b", True),
        ("docs/**", "docs", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("**/b", "a/b", True),
        ("**/", "a", False),
        ("**/", "a/b", True),
        ("a*c*e", "abcde/x", True),
        ("a*c*e", "abcdef", False),
        ("a?c", "a/c", False),
        ("[!a]b", "cb", True),
        ("[]a]b", "]b", True),
        ("a[!a]b", "a/b", False),
        (r"\*", "*", True),
        (r"\*", "a", False),
        ("a  ", "a", True),
        (r"a\ ", "a ", True),
        ("", "a", False),
        ("/", "a", False),
        ("*", "a/b", True),
    ],
)
def test_what_a_pattern_is_about(pattern, path, found):
    assert (compile_glob(pattern).match(path) is not None) is found


@pytest.mark.parametrize(
    ("patterns", "path", "found"),
    [
        (["*", "!.git"], ".git/config", False),
        (["!.git", "*"], ".git/config", True),
        ([".env*"], ".env", True),
        (["# .env"], ".env", False),
        (["!"], ".env", False),
        ([], ".env", False),
    ],
)
def test_the_last_pattern_decides(patterns, path, found):
    assert ignores(patterns, path) is found


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_a_path_matches_itself(names):
    path = "/".join(names)
    escaped = "".join(f"\\{sign}" if sign in "*[" else sign for sign in path)
    assert compile_glob("/" + escaped).match(path)
    assert compile_glob("**/" + escaped).match("x/" + path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 400 + "c", "a" * 40_000),
        ("**/a/" * 150 + "c", "a/" * 20_000 + "b"),
        ("**/a*a*/" * 50 + "c", "aa/" * 20_000 + "b"),
    ],
)
def test_many_stars_take_no_long_time(pattern, path):
    start = time.process_time()
    assert compile_glob(pattern).match(path) is None
    assert time.process_time() - start < 2
