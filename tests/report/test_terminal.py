"""The report for people: whatever a repository, its policy or a tool says stays within its line."""

import pytest

from shopsec.report.terminal import render
from tests.report.reports import HOSTILE, full

NEXT = "\n::error::forged"


def told(text):
    return render(full(text), width=80, color=False)


@pytest.mark.parametrize("text", [*HOSTILE, NEXT])
def test_nothing_of_others_is_a_control_character(text):
    assert {char for char in told(text) if not char.isprintable()} == {"\n"}


def test_nothing_of_others_begins_a_line():
    assert not [line for line in told(f"x{NEXT}").split("\n") if line.startswith("::")]
    assert told(f"x{NEXT}").count("x\\n::error::forged") >= 5
