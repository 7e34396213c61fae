"""Annotations, read as GitHub's runner reads workflow commands."""

import re

import pytest

from shopsec.model import BaselineState, Location, Outcome, Tier, uri_of
from shopsec.report.github import render
from tests.report.ci_reports import (
    MISSING,
    PARTIAL,
    decided,
    everything,
    fails,
    misses,
    of_secret,
)
from tests.report.reports import HOSTILE, SUPPRESSION, full, large, report, result

COMMAND = re.compile(r"::(?P<name>error|warning|notice) (?P<properties>[^:\r\n]*)::(?P<data>.*)")


def commands(text):
    """Name, properties and text of each command; every line must be one.

    https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
    """
    assert text.endswith("\n")
    found = []
    for line in text.split("\n")[:-1]:
        match = COMMAND.fullmatch(line)
        assert match, line
        pairs = [pair.split("=", 1) for pair in match["properties"].split(",")]
        properties = {key: unescaped(value) for key, value in pairs}
        found.append((match["name"], properties, unescaped(match["data"])))
    return found


def unescaped(text):
    codes = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    return re.sub("%0D|%0A|%3A|%2C|%25", lambda match: codes[match[0]], text)


def test_what_it_prints():
    assert commands(render(everything()))[:3] == [
        (
            "error",
            {"title": "shopsec: not checked"},
            "bandit: 1 file: newer syntax: shop/tax.py; next: run with Python 3.14\n"
            "trivy-config: Trivy is not installed",
        ),
        (
            "error",
            {
                "file": "requirements.txt",
                "line": "3",
                "title": "A setting is wide open (fix now, 72)",
            },
            "CVE-2023-4863: pillow 8.4.0: a crafted picture overwrites memory\n"
            "set pillow to 10.0.1",
        ),
        (
            "warning",
            {"file": "settings.py", "line": "7", "title": "A setting is wide open (sprint, 60)"},
            "secrets.stripe: Stripe key sk_live_...\nName who may come in, and nobody else.",
        ),
    ]


def test_a_clean_run_says_so():
    assert commands(render(report(()))) == [
        (
            "notice",
            {"title": "shopsec: pass"},
            "PASS  nothing stands against it\n0 results: 0 fix now, 0 sprint, 0 planned, 0 watch",
        )
    ]


def test_what_the_policy_does_not_require_is_a_warning():
    given = report((), coverage=(MISSING,), decision=decided(Outcome.WARN))
    assert commands(render(given))[0][0] == "warning"
    required = decided(Outcome.INCOMPLETE, misses("bandit"))
    given = report((), coverage=(MISSING, PARTIAL), decision=required)
    name, _, text = commands(render(given))[0]
    assert (name, text.split(":")[0]) == ("error", "bandit")


def test_the_ten_worst_and_how_many_more():
    found = commands(render(large(30_000)))
    assert [name for name, _, _ in found] == ["warning"] * 10 + ["notice"]
    # The odd ones are new and none of them is to be fixed now.
    titles = {properties["title"] for _, properties, _ in found[:10]}
    assert titles == {"A setting is wide open (sprint, 50, new)"}
    assert "29990 results more than are annotated: see the report" in found[-1][2]


def test_new_results_come_first():
    given = report(
        (
            result(1, tier=Tier.FIX_NOW, priority=90, state=BaselineState.UNCHANGED),
            result(2, tier=Tier.WATCH, priority=5, state=BaselineState.NEW),
        ),
        compared_with="main",
        decision=decided(Outcome.FAIL, fails(2)),
    )
    assert [(name, properties["title"]) for name, properties, _ in commands(render(given))] == [
        ("error", "A setting is wide open (watch, 5, new)"),
        ("warning", "A setting is wide open (fix now, 90, known)"),
        ("notice", "shopsec: fail"),
    ]


def test_suppressed_results_are_not_there():
    found = commands(render(report((result(1, suppressed=SUPPRESSION),))))
    assert [name for name, _, _ in found] == ["notice"]


def test_lines_of_the_past_are_not_those_of_the_file():
    _, properties, _ = commands(render(report((of_secret(1, past=True),))))[0]
    assert properties == {"file": "settings.py", "title": "A setting is wide open (sprint, 50)"}


@pytest.mark.parametrize(
    "text",
    [
        *HOSTILE,
        "a\n::error::forged",
        "a\r::set-output name=decision::pass",
        "100%0A::error::forged",
        "x,line=1::forged",
        "::stop-commands::x",
    ],
)
def test_hostile_text_makes_no_command(text):
    found = commands(render(full(text)))
    assert [name for name, _, _ in found] == ["warning", "error", *["warning"] * 3, "notice"]
    for name, properties, _ in found[1:5]:
        assert set(properties) == {"file", "line", "title"}, name


def test_an_odd_name_comes_back_as_it_was():
    place = Location(uri=uri_of("a,b:c%0A%.py"), start_line=2)
    _, properties, text = commands(render(report((result(1, location=place, message="5%0A"),))))[0]
    assert properties["file"] == "a,b:c%0A%.py"
    assert text.split("\n")[0] == "DEMO-001: 5%0A"
