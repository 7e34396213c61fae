import sys

import pytest

from shopsec.cli.progress import progress
from shopsec.scan.runner import Progress


@pytest.mark.parametrize("live", [False, True])
def test_nothing_is_said_once_it_is_over(capsys, monkeypatch, live):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: live)
    with progress(0 if live else 1) as tell:
        tell(Progress("secrets", "started"))
    before = capsys.readouterr().err
    tell(Progress("bandit", "started"))
    assert "secrets" in before
    assert capsys.readouterr().err == ""
