"""Dealing files and scanners among shards, and joining what they say."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.config import Settings
from shopsec.errors import ScannerError
from shopsec.model import (
    Area,
    Inventory,
    Repository,
    Role,
    ScannerRun,
    SourceFile,
    Status,
)
from shopsec.scan.base import Ledger, Outcome, Target
from shopsec.scan.parts import Parts, join_runs, part_of
from shopsec.scan.registry import ByFile, Deferred, all_scanners
from shopsec.scan.runner import run_scanners
from shopsec.scan.shares import Share

SETTINGS = Settings()
REASONS = ("covered", "too large", "ran out of time", "silenced", "binary")

names = st.from_regex(r"[a-d]{1,3}(\.py|\.txt|)", fullmatch=True)
shops = st.dictionaries(names, st.sampled_from(REASONS), max_size=30)


def inventory_of(files):
    run = ScannerRun(scanner="inventory", area=Area.REPOSITORY, status=Status.SUCCEEDED)
    sources = tuple(
        SourceFile(uri, len(uri) * 10, Role.PRODUCTION, tracked=True) for uri in sorted(files)
    )
    return Inventory("/shop", Repository(name="shop"), sources, run)


class Booking:
    """A scanner whose books say of each file what the test made up."""

    name = "booking"
    area = Area.CODE

    def __init__(self, answers):
        self.answers = answers

    def scan(self, target, host):
        ledger = Ledger(self.name, self.area, version="1", next_step="look")
        for file in target.files:
            answer = self.answers[file.uri]
            ledger.handed_in += answer != "binary"
            if answer in {"too large", "ran out of time"}:
                ledger.miss(file.as_item(), answer)
            elif answer in {"silenced", "binary"}:
                ledger.exclude(answer, item=file.as_item(1) if answer == "silenced" else None)
        run = ledger.close()
        if run.handed_in and not run.covered:
            run = ledger.close("no file could be read", Status.FAILED)
        return Outcome(run)


def by_file(make):
    everything = ByFile(lambda target, _: target.files, lambda findings, *_: tuple(findings))
    return Deferred("booking", Area.CODE, make, everything)


@given(shops, st.integers(1, 6))
def test_the_books_of_all_shards_are_those_of_one_scan(files, total):
    inventory = inventory_of(files)
    target, scanner = Target(inventory, SETTINGS, "2026-11-24"), Booking(files)
    runs = [
        scanner.scan(replace(target, share=Share(index, total)), None).run
        for index in range(1, total + 1)
    ]
    assert join_runs(runs, (), found=False) == scanner.scan(target, None).run


@given(shops, st.integers(1, 6))
def test_every_file_is_dealt_once_and_each_ending_evenly(files, total):
    inventory = inventory_of(files)
    shares = [Share(index, total).files(inventory) for index in range(1, total + 1)]
    assert sorted(file.uri for share in shares for file in share) == sorted(files)
    for share in shares:
        assert list(share) == sorted(share, key=lambda file: file.uri)
    for ending in (".py", ".txt"):
        counts = [sum(file.uri.endswith(ending) for file in share) for share in shares]
        assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("total", range(1, 9))
def test_every_scanner_is_dealt_once_or_by_file(total):
    scanners = all_scanners()
    parts = [part_of(scanners, Share(index, total), SETTINGS) for index in range(1, total + 1)]
    for scanner in scanners:
        runs = sum(scanner.name in {each.name for each in part} for part in parts)
        assert runs == (total if scanner.by_file else 1)
    skipped = SETTINGS.model_copy(update={"skip": ("access", "secrets")})
    names = {each.name for each in part_of(scanners, Share(1, 1), skipped)}
    assert names == {
        "bandit", "image-packages", "osv", "pip-audit", "trivy-config", "trivy-image",
        "unread-code",
    }  # fmt: skip


def test_with_a_history_the_secrets_are_one_shards(tmp_path, git):
    from shopsec.repo.history import GitHistory
    from shopsec.repo.roles import role_of
    from shopsec.scan.secrets.past import Past

    git(tmp_path, "init", "-q")
    scanners = all_scanners(Past(GitHistory(str(tmp_path)), None, role_of))
    parts = [part_of(scanners, Share(index, 3), SETTINGS) for index in (1, 2, 3)]
    assert [[each.name for each in part if each.name == "secrets"] for part in parts].count(
        ["secrets"]
    ) == 1


class Broken(Booking):
    """It breaks where it meets a file."""

    def scan(self, target, host):
        if any(file.uri == "b.py" for file in target.files):
            raise ScannerError("met b.py")
        return super().scan(target, host)


def test_what_broke_on_one_shard_is_lost_there_only(tree, target_of):
    target, host = target_of(tree({f"{name}.py": "x" for name in "abcd"}))
    scanner = by_file(lambda: Broken(dict.fromkeys(("a.py", "b.py", "c.py", "d.py"), "covered")))
    outcomes = {
        index: {
            "booking": run_scanners(
                [scanner], replace(target, share=Share(index, 2)), host, lambda _: None
            )[0]
        }
        for index in (1, 2)
    }
    (joined,) = Parts(2, outcomes).joined([scanner], target, host)
    assert (joined.run.status, joined.run.covered) == (Status.PARTIAL, 2)
    (group,) = joined.run.not_covered
    assert group.reason == "met b.py"
    assert [item.name for item in group.items] == ["b.py", "d.py"]
    (alone,) = Parts(1, {1: outcomes[2]}).joined([scanner], target, host)
    assert alone.run == outcomes[2]["booking"].run
