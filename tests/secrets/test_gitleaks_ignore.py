"""A list of gitleaks' fingerprints is read, counted and applied by file and line."""

import time

from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.secrets.gitleaks_ignore import (
    ENTRIES,
    SIZE,
    GitleaksIgnore,
    IgnoreEntry,
    read_gitleaks_ignore,
)

COMMIT = "4f" * 20


def test_both_kinds_of_fingerprint():
    ignore = read_gitleaks_ignore(
        b"# known\n\n"
        b"shop/settings.py:generic-api-key:12\r\n"
        b"  " + COMMIT.encode() + b":.\\shop\\old.py:stripe-access-token:3  \n"
    )
    assert ignore.entries == (
        IgnoreEntry(3, "shop/settings.py", 12, "generic-api-key"),
        IgnoreEntry(4, "shop/old.py", 3, "stripe-access-token", COMMIT),
    )
    assert (ignore.invalid, ignore.cut_short) == ((), "")
    assert ignore.ignores("shop/settings.py", 12)
    assert ignore.ignores("./shop/old.py", 3)
    assert not ignore.ignores("shop/settings.py", 13)
    assert not ignore.ignores("settings.py", 12)


def test_the_first_entry_for_a_place_is_listed():
    ignore = read_gitleaks_ignore(b"a.py:one:1\na.py:two:1\n")
    entry = ignore.entry_for("a.py", 1)
    assert entry is not None
    assert (entry.number, entry.rule) == (1, "one")
    assert len(ignore.entries) == 2


def test_a_colon_in_a_path_is_part_of_it():
    assert read_gitleaks_ignore(b"C:/a:b.py:rule:7").ignores("C:/a:b.py", 7)


def test_what_is_no_fingerprint_is_named_by_its_line():
    ignore = read_gitleaks_ignore(
        b"\xef\xbb\xbfa.py:rule:1\nshop/settings.py\na.py:rule:\na.py:rule:-1\n:rule:1\n"
        + b"a" * 5_000
        + b":rule:1\n"
    )
    assert [entry.number for entry in ignore.entries] == [1]
    assert ignore.invalid == (2, 3, 4, 5, 6)
    assert ignore.ignores("a.py", 1)


def test_a_number_that_goes_on_beyond_the_limit_names_no_other_line():
    line = b"a.py:rule:12\n"
    content = b"#" * (SIZE - len(line)) + b"\n" + line
    ignore = read_gitleaks_ignore(content)
    assert ignore.cut_short == "larger than 1000 kB"
    assert ignore.entries == ()


def test_too_many_entries_are_said():
    ignore = read_gitleaks_ignore(b"a.py:r:1\n" * (ENTRIES + 1))
    assert len(ignore.entries) == ENTRIES
    assert ignore.cut_short == "has more than 20000 entries"


def test_hostile_lines_take_no_time():
    start = time.monotonic()
    for content in (b":" * SIZE, b"a:" * (SIZE // 2), b"\n" * SIZE, (b":" * 4_000 + b"\n") * 240):
        read_gitleaks_ignore(content)
    assert time.monotonic() - start < 5


@given(st.binary(max_size=300))
def test_any_bytes_are_read(content):
    ignore = read_gitleaks_ignore(content)
    assert isinstance(ignore, GitleaksIgnore)
    assert all(ignore.ignores(entry.path, entry.line) for entry in ignore.entries)
