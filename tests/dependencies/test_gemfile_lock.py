import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.dependencies.lockfiles.base import LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.gemfile_lock import parse
from tests.dependencies import hostile

GEMFILE_LOCK = """\
GIT
  remote: https://example.org/fork.git
  revision: 0123456789abcdef
  branch: main
  specs:
    fork (2.0.0)
      rack (>= 2)

PATH
  remote: engines/cart
  specs:
    cart (0.1.0)
      money (~> 6)

PLUGIN SOURCE
  remote: s3://gems
  type: s3
  specs:
    private (1.0)

GEM
  remote: https://gems.example.org/
  specs:
    i18n (1.14.1)
      concurrent-ruby (~> 1.0)
    concurrent-ruby (1.2.2)
    money (6.16.0)
      i18n (>= 0.6.4, <= 2)
    nokogiri (1.15.4-aarch64-linux)
      racc (~> 1.4)
    nokogiri (1.15.4-x86_64-linux)
      racc (~> 1.4)
    odd
    orphan (0.0.1)
    racc (1.7.1.pre2)
    rack (2.2.8)

PLATFORMS
  aarch64-linux
  x86_64-linux

DEPENDENCIES
  bundler (~> 2)
  cart!
  fork!
  lost
  nokogiri (>= 1.15)

CHECKSUMS
  rack (2.2.8) sha256=00

RUBY VERSION
   ruby 3.2.2p53

BUNDLED WITH
   2.4.19
"""


def test_gemfile_lock():
    parsed = parse(GEMFILE_LOCK)
    assert parsed.pins == (
        Pin("i18n", "1.14.1", 24, direct=False, via=("money",)),
        Pin("concurrent-ruby", "1.2.2", 26, direct=False, via=("money", "i18n")),
        Pin("money", "6.16.0", 27, direct=True),
        Pin("nokogiri", "1.15.4", 29, direct=True),
        Pin("orphan", "0.0.1", 34, direct=False),
        Pin("racc", "1.7.1.pre2", 35, direct=False, via=("nokogiri",)),
        Pin("rack", "2.2.8", 36, direct=False, via=("fork",)),
        Pin("bundler", "2.4.19", 43, direct=True),
    )
    assert parsed.unpinned == (
        Unpinned("lost", 46, "has no version in the lockfile", "lost"),
        Unpinned("fork", 6, "comes from a URL, not from the index", "fork"),
        Unpinned("private", 19, "comes from a plugin, not from the index", "private"),
        Unpinned("odd", 33, "has no version in the lockfile", "odd"),
    )


def test_groups_of_the_gemfile():
    text = """\
GEM
  specs:
    a (1)
    b (1)
      c
      d
    c (1)
    d (1)
DEPENDENCIES
  a
  b
  c
"""
    gemfile = "gem 'a'\ngem 'c'\ngroup :test do\n  gem 'b'\nend\n"
    assert parse(text, gemfile).pins == (
        Pin("a", "1", 3, direct=True),
        Pin("b", "1", 4, dev=True, direct=True),
        Pin("c", "1", 7, direct=True),
        Pin("d", "1", 8, dev=True, direct=False, via=("b",)),
    )
    for end in range(len(gemfile)):
        assert len(parse(text, gemfile[:end]).pins) == 4


def test_what_cannot_be_read_is_named():
    parsed = parse("GEM\n  specs:\n    a (1)\n  ?\nWHAT\n  x\nDEPENDENCIES\n   a\n")
    assert parsed.pins == (Pin("a", "1", 3, direct=False),)
    assert parsed.unpinned == tuple(
        Unpinned(f"line {line}", line, "cannot be parsed") for line in (4, 5, 8)
    )


def test_a_file_that_is_cut_off_says_so():
    parsed = parse("GEM\n  specs:\n    a (1)\n")
    assert parsed.pins == (Pin("a", "1", 3),)
    assert parsed.unpinned == (
        Unpinned("DEPENDENCIES", 1, "is missing: the lockfile may be cut off"),
    )


@pytest.mark.parametrize("text", ["", "what\n", "PLATFORMS\n  ruby\n"])
def test_something_else_is_an_error(text):
    with pytest.raises(LockfileError, match="has no section of a Gemfile"):
        parse(text)


def test_windows_lines():
    assert parse(GEMFILE_LOCK.replace("\n", "\r\n")) == parse(GEMFILE_LOCK)


def test_hostile_files():
    hostile.survives_being_cut_off(parse, GEMFILE_LOCK)
    hostile.survives_noise(parse, GEMFILE_LOCK)
    hostile.names_a_merge_conflict(parse, GEMFILE_LOCK, 24)


@given(st.text())
def test_any_text(text):
    hostile.outcome(parse, "GEM\n" + text)
