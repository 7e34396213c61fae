import re

import pytest

from shopsec.cli import profile as module
from shopsec.cli.profile import Profile
from shopsec.model import Status
from shopsec.scan.base import entry_without_scan
from shopsec.scan.registry import all_scanners
from shopsec.scan.runner import Progress
from tests.conftest import TODAY


class Clock:
    """Stands for the module time: each is set by hand."""

    wall, own, children = 100.0, 0.25, 0.0

    def monotonic(self):
        return self.wall

    def process_time(self):
        return self.own


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    monkeypatch.setattr(module, "_of_children", lambda: made.children)
    return made


def rows(table):
    return [re.split(r" {2,}", line.strip()) for line in table.splitlines()]


def test_stages_hold_the_scanners_that_ran_in_them(clock):
    bandit = next(each for each in all_scanners() if each.name == "bandit")
    outcome = entry_without_scan(bandit, Status.NOT_APPLICABLE, "")
    passed: list[Progress] = []
    profile = Profile()
    told = profile.scanners(passed.append)
    events = [Progress("bandit", "started"), Progress("bandit", "ended", 2.5, 0.5, outcome)]
    with profile.stage("scan"):
        clock.wall, clock.own, clock.children = 103.0, 1.5, 2.25
        for event in events:
            told(event)
    with profile.stage("write reports"):
        clock.wall, clock.own = 103.5, 1.75
    table = profile.table()
    *stages, memory = rows(table)
    assert stages == [
        ["where the time went", "wall s", "CPU s", "CPU s of children"],
        ["start", "0.25"],
        ["scan", "3.00", "1.25", "2.25"],
        ["bandit", "2.50", "0.50"],
        ["write reports", "0.50", "0.25", "0.00"],
        ["all", "3.50", "1.75", "2.25"],
    ]
    assert re.fullmatch(r"most memory: \d+ MB; the largest child: \d+ MB", memory[0])
    assert passed == events
    assert max(map(len, table.splitlines())) < 80


def test_the_option_says_where_the_time_went_and_changes_no_report(shopsec, tree):
    asked = ("scan", tree({"a.py": "eval(x)\n"}), "--offline", "-q", "--today", TODAY, "--no-cache")
    plain, profiled = shopsec(*asked), shopsec(*asked, "--profile")
    assert (profiled.stdout, plain.stderr) == (plain.stdout, "")
    told = rows(profiled.stderr)
    scanners = {each.name for each in all_scanners()}
    assert [row[0] for row in told if row[0] not in scanners] == [
        "where the time went", "start", "list files, read settings", "scan", "rank and decide",
        "write reports", "all", told[-1][0],
    ]  # fmt: skip
    assert {row[0] for row in told} >= scanners
    whole = next(row for row in told if row[0] == "all")
    parts = [row for row in told if row[0] not in {*scanners, "all"} and len(row) == 4][1:]
    assert sum(float(row[1]) for row in parts) <= float(whole[1]) + 0.05
    assert float(whole[3]) > 0  # of git, and of the processes that run bandit


def test_one_shard_is_not_profiled(shopsec, tree):
    ended = shopsec("scan", tree({}), "--profile", "--shard", "1/2")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--profile goes not with --shard" in ended.stderr
