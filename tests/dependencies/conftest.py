"""Audits of the lockfiles in a folder."""

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from shopsec.scan import web
from shopsec.scan.base import Outcome
from shopsec.scan.dependencies.osv import Osv
from shopsec.scan.dependencies.packages import Packages

Reasons = dict[str, tuple[int | None, str]]


def reasons(outcome: Outcome) -> Reasons:
    """What was not covered: line and reason by name."""
    return {
        item.name: (item.location.start_line if item.location else None, group.reason)
        for group in outcome.run.not_covered
        for item in group.items
    }


@pytest.fixture
def audit(tree, target_of) -> Callable[..., Outcome]:
    """Write files and look their packages up: offline, or at the address of a stub."""

    def run(files, url=None, *, seconds=60, **environ) -> Outcome:
        toml = f"[limits]\nscanner_seconds = {seconds}\n"
        root = tree({"shopsec.toml": toml} | files)
        environ |= {"SHOPSEC_OSV_URL": url} if url else {}
        target, host = target_of(root, offline=url is None, environ=environ)
        return Osv(Packages()).scan(target, host)

    return run


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """The seconds that retries would have waited, in place of the waiting."""
    waited: list[float] = []
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=waited.append)
    monkeypatch.setattr(web, "time", clock)
    return waited
