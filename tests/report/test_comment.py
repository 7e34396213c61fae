"""Markdown: a comment on a pull request, and the job's summary."""

import re

import pytest

from shopsec.model import BaselineState, KnownResult, Location, Outcome, Repository, Tier, uri_of
from shopsec.report import comment, markdown
from shopsec.report.gfm import escape
from shopsec.report.sections import Section, fitted
from tests.report.ci_reports import (
    MISSING,
    PARTIAL,
    SUCCEEDED,
    decided,
    everything,
    fails,
    misses,
)
from tests.report.reports import HOSTILE, SUPPRESSION, full, large, report, result

GITHUB_COMMENT, GITHUB_SUMMARY = 65_536, 1024 * 1024


def test_a_comment_of_what_is_new():
    given = report(
        (
            result(1, tier=Tier.FIX_NOW, priority=90, state=BaselineState.UNCHANGED),
            result(2, tier=Tier.WATCH, priority=5, state=BaselineState.NEW),
            result(3, tier=Tier.FIX_NOW, priority=80, state=BaselineState.NEW, fix="Close it."),
        ),
        compared_with="main",
        absent=(KnownResult(fingerprint="a", rule="r", scanner="s", uri="u", tier=Tier.WATCH),),
        decision=decided(Outcome.FAIL, fails(3), misses("bandit", outcome=Outcome.WARN)),
        coverage=(SUCCEEDED, PARTIAL),
    )
    assert comment.render(given) == (
        "<!-- shopsec:. -->\n"
        "### shopsec: shop @\u200b c0ffee1\n"
        "\n"
        "**FAIL  1 risk must be fixed now**\n"
        "\n"
        "3 results: 2 new \\(1 fix now, 1 watch\\); 1 known \\(1 fix now\\) · compared with main"
        " · 1 known result is gone\n"
        "\n"
        "#### New\n"
        "\n"
        "1. **fix now, 80** shop/settings\\_3.py:3  \n"
        "   DEMO-001: Setting 3 lets everybody in  \n"
        "   Do: Close it.\n"
        "1. **watch, 5** shop/settings\\_2.py:3  \n"
        "   DEMO-001: Setting 2 lets everybody in  \n"
        "   Do: Name who may come in, and nobody else.\n"
        "\n"
        "#### Not checked\n"
        "\n"
        "- **bandit** 1 file: newer syntax: shop/tax.py; next: run with Python 3.14\n"
        "\n"
        "<sub>shopsec 0.1.0 · policy small-team</sub>\n"
    )


def test_a_comment_without_a_comparison_has_the_actions():
    given = large(1).model_copy(update={"compared_with": ""})
    assert (
        "#### Fix these first\n\n"
        "1. **Close the last one** (watch, 5)  \n"
        "   shop/last.py: it is far down the list  \n"
        "   Do: follow the link\n"
    ) in comment.render(given)


@pytest.mark.parametrize(
    ("compared", "coverage", "heading"),
    [
        ("main", (SUCCEEDED,), "#### Nothing new\n"),
        ("main", (MISSING,), "#### Nothing new in what was checked\n"),
        ("", (SUCCEEDED,), "#### Nothing to fix\n"),
        ("", (MISSING,), "#### Nothing to fix in what was checked\n"),
    ],
)
def test_nothing_is_said_of_what_was_checked(compared, coverage, heading):
    assert heading in comment.render(report((), compared_with=compared, coverage=coverage))


def test_the_rest_is_counted():
    text = comment.render(large(30_000))
    assert text.count("1. **sprint, 50**") == 10
    # Half of them are new: the odd ones.
    assert "\nand 14990 more\n" in text


@pytest.mark.parametrize(
    ("folder", "mark"),
    [
        ("", "<!-- shopsec:. -->"),
        ("apps/shop", "<!-- shopsec:apps/shop -->"),
        ("a--b", "<!-- shopsec:a%2D%2Db -->"),
        (uri_of("--><img src=x>"), "<!-- shopsec:%2D%2D%3E%3Cimg%20src=x%3E -->"),
    ],
)
def test_the_mark_is_of_the_folder(folder, mark):
    given = report((), repository=Repository(name="shop", path_in_repository=folder))
    assert comment.mark(given) == mark
    assert comment.render(given).startswith(f"{mark}\n### shopsec: shop")


def test_suppressed_results_are_only_counted():
    given = report((result(1, suppressed=SUPPRESSION),), compared_with="main")
    for render in (comment.render, markdown.render):
        text = render(given)
        assert "settings" not in text.replace("### Suppressed", "")
        assert "; 1 suppressed" in text


@pytest.mark.parametrize("render", [comment.render, markdown.render])
@pytest.mark.parametrize(
    "text",
    [
        *HOSTILE,
        "@everyone #1 !2 ~bug www.example.org https://example.org $x$",
        "![x](https://example.org/track.png)",
        "/close",
        "| a | b |",
        "</sub> --> <!-- shopsec:. -->",
    ],
)
def test_hostile_text_is_text(render, text):
    rendered = render(full(text))
    body = rendered.removeprefix("<!-- shopsec:. -->\n").replace("<sub>", "").replace("</sub>", "")
    assert re.search(r"<[a-z!/]", body, re.IGNORECASE) is None
    assert re.search(r"@\w|#\d|://|www\.|(?<!\\)[!~`$]|(?<!\\)\]\(", body) is None
    assert all(char.isprintable() or char in "\n\u200b" for char in body)
    # GitLab takes a slash at the start of a line for a command.
    assert re.search(r"^\s*/", body, re.MULTILINE) is None
    tables = [line for line in body.splitlines() if line.startswith("| ")]
    columns = {len(re.findall(r"(?<!\\)\|", line)) for line in tables}
    assert columns <= {5, 6}


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a*b_c`d", "a\\*b\\_c\\`d"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("@me", "@\u200bme"),
        ("#1", "\\#\u200b1"),
        ("https://x", "https:\u200b//x"),
        ("WWW.x", "WWW\u200b.x"),
        ("/merge", "\\/merge"),
        ("a/b", "a/b"),
        ("a\nb", "a\\\\nb"),
    ],
)
def test_escape(text, escaped):
    assert escape(text) == escaped


def test_escape_cuts_before_it_escapes():
    assert escape("****", 2) == "\\*\\* ..."
    assert escape("**", 2) == "\\*\\*"


def wide(count):
    """Results with the longest names there can be, of what takes most room when escaped."""
    name = "/".join(["&" * 255] * 15)
    return report(
        [
            result(
                number,
                tier=list(Tier)[number % 4],
                message="&" * 5000,
                fix="&" * 5000,
                location=Location(uri=uri_of(f"{name}/{number}")),
                state=BaselineState.NEW,
            )
            for number in range(count)
        ],
        compared_with="main",
        coverage=[
            MISSING.model_copy(update={"scanner": f"s{number}", "message": "&" * 5000})
            for number in range(count)
        ],
    )


@pytest.mark.parametrize(
    ("render", "limit"),
    [(comment.render, GITHUB_COMMENT), (markdown.render, GITHUB_SUMMARY)],
)
def test_the_limit_is_kept_and_the_rest_is_counted(render, limit):
    text = render(wide(300))
    assert len(text.encode()) <= limit
    shown = text.count("DEMO-001")
    assert shown >= 5
    assert f"\nand {300 - shown} more\n" in text
    assert re.search(r"^- \*\*s0\*\* &amp;", text, re.MULTILINE)
    assert text.index("fix now" if render is comment.render else "fix-now") < text.index("DEMO")


def test_the_summary_shows_the_worst_of_many():
    text = markdown.render(large(30_000))
    rows = [line for line in text.splitlines() if line.startswith(("| fix-now", "| sprint", "| p"))]
    assert len(rows) == 50
    assert all(row.startswith("| fix-now | known | 50 |") for row in rows)
    assert text.endswith("\nand 29950 more\n")


def test_entries_without_room_are_counted_in_their_section():
    parts = [Section(("# a",), ["x" * 30] * 5, 9), Section(("# b",), [], 0)]
    whole = fitted(parts, 1000)
    assert whole == "# a\n" + ("x" * 30 + "\n") * 5 + "\nand 4 more\n\n# b\n"
    cut = fitted(parts, 260)
    assert cut == "# a\n" + ("x" * 30 + "\n") * 2 + "\nand 7 more\n\n# b\n"


def test_sections_without_room_are_counted_at_the_end():
    parts = [Section(("# a",), [], 0), Section(("b" * 200,), [], 0)]
    text = fitted(parts, 200)
    assert text == "# a\n\n**Parts of this report that found no room here: 1**\n"


def test_the_summary_of_everything():
    text = markdown.render(everything())
    assert text.startswith(
        "## shopsec: shop @\u200b c0ffee1\n\n"
        "**FAIL  1 risk must be fixed now · INCOMPLETE  1 check that the policy requires did not "
        "finish**\n\n### Not checked\n\n- **bandit** 1 file: newer syntax: shop/tax.py; "
        "next: run with Python 3.14\n- **trivy-config** Trivy is not installed\n\n5 results: "
    )
