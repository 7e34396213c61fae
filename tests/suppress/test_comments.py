"""Comments that allow a rule: where they count, what is wrong with others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.model import Location, Role
from shopsec.suppress.comments import comments_near
from tests.secrets import planted
from tests.suppress.made import TODAY, result

SAID = "shopsec: allow R-1 until 2027-01-31 by Anna Ode because only the build runs it"


def near(text, *lines, path="a.py"):
    """Suppressions that are found for results on lines of one file."""
    content = text.encode() if isinstance(text, str) else text
    results = [result(path=path, line=line, number=line) for line in lines]
    return comments_near(results, {path: content}.get, TODAY)


ALONE = [
    "# {}", "## {}", "    # {}", "#{}", "// {}", "/* {} */", "/** {} */", " * {}", "<!-- {} -->",
    "<!--{}-->", "{{# {} #}}", "{{#- {} -#}}", "{{{{-- {} --}}}}", "{{{{!-- {} --}}}}", "-- {}",
    "; {}", "% {}", "<%-- {} --%>", "<%# {} %>", "@* {} *@", "{{/* {} */}}", "<?php // {} ?>",
    "<?php # {}", "REM {}", "' {}", "dnl {}", "\t// {}\r",
]  # fmt: skip
BEHIND = [
    "eval(x)  # {}", "eval($x); // {}", "eval($x); /* {} */", "<b>x</b> <!-- {} -->",
    "{{{{ x|raw }}}} {{# {} #}}", "key: value # {}", "FROM php:5 # {}", "/* {} */ eval(x)",
    "}}  // {}", "SELECT 1; -- {}",
]  # fmt: skip


@pytest.mark.parametrize("line", ALONE)
def test_a_comment_alone_speaks_of_the_next_line(line):
    text = "x\n" + line.format(SAID) + "\neval(x)\nx\n"
    (found,) = near(text, 3)
    assert (found.problem, found.selector, found.until) == ("", "R-1", "2027-01-31")
    assert (found.owner, found.reason) == ("Anna Ode", "only the build runs it")
    assert (found.place, found.at, found.kind) == (
        "a.py:2",
        Location(uri="a.py", start_line=3),
        "inline",
    )
    assert near(text, 1) == near(text, 2) == near(text, 4) == ()


@pytest.mark.parametrize("line", BEHIND)
def test_a_comment_behind_something_speaks_of_its_own_line(line):
    text = "x\n" + line.format(SAID) + "\nx\n"
    (found,) = near(text, 2)
    assert (found.problem, found.reason) == ("", "only the build runs it")
    assert found.at == Location(uri="a.py", start_line=2)
    assert near(text, 1) == near(text, 3) == ()


def test_places_that_go_with_a_result_are_read_too():
    there = result(line=9, related=(Location(uri="b.py", start_line=1),))
    read = {"b.py": f"x # {SAID}".encode()}.get
    (found,) = comments_near([there], read, TODAY)
    assert found.at == Location(uri="b.py", start_line=1)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("R-1", "names no last day: write shopsec: allow RULE until 2027-01-31 by NAME because"),
        ("", "names no rule: name a rule,"),
        ("until 2027-01-31 by anna because the build runs it", "names no rule"),
        ("R-1 until 2027-01-31 because the build runs it", "names nobody: write shopsec: allow"),
        ("R-1 until 2027-01-31 by anna", "gives no reason: write shopsec: allow"),
        ("R-1 until 2027-01-31 by anna because", "gives no reason"),
        ("R-1 until 2027-01-31 by anna because ok", "'ok' is no reason: say in 10 characters"),
        ("R-1 until 2027-01-31 by anna because TODO explain this", "'TODO explain this' is no reason"),
        ("R-1 until 2027-01-31 by anna because ................", "gives no reason"),
        ("R-1 until 2027-01-31 by anna because aaaaaaaaaaaaa", "'aaaaaaaaaaaaa' is no reason"),
        ("R-1 until 2027-01-31 by TODO because the build runs it", "has no owner"),
        ("R-1 until 2027-02-30 by anna because the build runs it", "'2027-02-30' is no date"),
        ("R-1 until tomorrow by anna because the build runs it", "'tomorrow' is no date"),
        ("R-1 until 20270131 by anna because the build runs it", "'20270131' is no date"),
        ("R-1 until 2027-11-26 by anna because the build runs it", "2027-11-26 is more than 366 days"),
        ("R-1, R-2 until 2027-01-31 by anna because the build runs it", "is no name of a rule"),
        ("* until 2027-01-31 by anna because the build runs it", "'*' would match everything"),
        ("R-* until 2027-01-31 by anna because the build runs it", "'R-*' would match everything"),
        ("all until 2027-01-31 by anna because the build runs it", "'all' would match everything"),
        (f"R-1 until 2027-01-31 by anna because of {SAID}", "two comments on one line"),
    ],
)  # fmt: skip
def test_one_that_is_broken_is_named_with_what_to_do(said, problem):
    (found,) = near(f"eval(x)  # shopsec: allow {said}\n", 1)
    assert problem in found.problem
    assert found.place == "a.py:1"


def test_an_expired_one_is_not_broken():
    (found,) = near(f"eval(x)  # {SAID.replace('2027', '2025')}\n", 1)
    assert (found.problem, found.until) == ("", "2025-01-31")


def test_words_count_in_any_case_and_once():
    text = (
        "x // ShopSec:  ALLOW R-1 Until 2027-01-31 BY a by b Because it is by and until because\n"
    )
    (found,) = near(text, 1)
    assert (found.owner, found.reason) == ("a by b", "it is by and until because")


def test_code_of_others_allows_nothing():
    content = f"eval(x) # {SAID}".encode()
    there = result(path="vendor/a.py", line=1, role=Role.VENDORED)
    (found,) = comments_near([there], lambda uri: content, TODAY)
    assert found.problem.startswith("stands in code of others")


def test_what_is_not_there_says_nothing():
    assert near("x # shopsec: allowed\n", 1) == ()
    assert near("x # workshopsec: allow\n", 1) == ()
    assert near("", 1) == near("x", 7) == ()
    assert comments_near([result()], lambda uri: None, TODAY) == ()


def test_lines_without_end_are_read_in_bounded_parts():
    far = "x" * 3_000_000
    (found,) = near(f"{far} /* {SAID} */ {far}\n", 1)
    assert found.problem == ""
    (found,) = near(f"# shopsec: allow R-1 until 2027-01-31 by a because {far}\neval(x)", 1)
    assert len(found.reason) < 1_000
    assert near(f"# {SAID}{' ' * 2_000}eval(x)\n\n", 2) == ()


@given(st.binary(max_size=200), st.text(max_size=80), st.integers(1, 4))
def test_nothing_raises(noise, text, line):
    content = noise + b"# shopsec: allow " + text.encode("utf-8", "surrogatepass") + b"\n" + noise
    for found in near(content, line):
        assert found.problem or found.reason


@given(st.text("shopec: allwunti by2#/*-<>!{}01\n", max_size=120))
def test_nothing_is_made_of_noise(text):
    assert all(found.problem for found in near(text, 1, 2))


KEY = planted.stripe()
PART = KEY[12:]


@pytest.mark.parametrize(
    "line",
    [
        f'"a": "{SAID}", "k": "{KEY}"',
        f"'a': '{SAID}', 'k': '{KEY}'",
        f"a: `{SAID}`, k: `{KEY}`",
        f"x # {SAID} {KEY}",
        f"x # {SAID} k={KEY}, that is it",
        f"x # shopsec: allow R-1 until 2027-01-31 by {KEY} because the build runs it",
        f"x # shopsec: allow R-1 until 2027-01-31 by {KEY}",
        f"x # shopsec: allow {KEY} until 2027-01-31 by anna because the build runs it",
        f"x # shopsec: allow R-1 {KEY} until 2027-01-31 by anna because the build runs it",
        f"x # shopsec: allow {PART} until 2027-01-31 by anna because the build runs it",
        f"x # shopsec: allow {PART}* until 2027-01-31 by anna because the build runs it",
        f"x # shopsec: allow R-1 until {KEY} by anna because the build runs it",
        f"x # shopsec: allow R-1 until 2027-01-31 by anna because {KEY}",
        f"x # {SAID} # {SAID} {KEY}",
        f"x # shopsec: allow {KEY}",
    ],
)
def test_no_key_is_kept_of_a_comment(line):
    (found,) = near(f"{line}\n", 1)
    assert not [part for part in planted.parts() if part in found.model_dump_json()]


@pytest.mark.parametrize(
    "name",
    [
        "secrets.stripe-live-key", "bandit.B602", "CVE-2026-0001", "GHSA-jfh8-c2jp-5v3q",
        "0123456789abcdef", "DEPLOY-007", "package:@scope/some-name", "package:lodash",
        "pkg:npm/lodash@4.17.21", "PYSEC-2023-117", "RUSTSEC-2021-0001", "ALPINE-CVE-2026-0001",
    ],
)  # fmt: skip
def test_names_that_reports_print_are_kept(name):
    (found,) = near(f"x # {SAID.replace('R-1', name)}\n", 1)
    assert (found.problem, found.selector) == ("", name)


def test_a_text_ends_at_its_quote():
    (found,) = near(f'"a": "{SAID}", "k": "other words"\n', 1)
    assert found.reason == "only the build runs it"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("R-1", "R-\u0661", "has letters that look like others"),
        ("Anna", "An\u200bna", "has characters that nobody sees"),
        ("build", "\u202ebuild", "has characters that nobody sees"),
    ],
)
def test_what_looks_like_something_else_is_refused(old, new, problem):
    (found,) = near(f"x # {SAID.replace(old, new)}\n", 1)
    assert found.problem.startswith(problem)
