"""The command line as a person runs it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shopsec(tmp_path: Path) -> Run:
    """Run shopsec in a process of its own, with an empty HOME and never a service beyond loopback."""

    def run(*arguments: object, environ: dict[str, str] | None = None, cwd: Path | None = None):
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        environment = os.environ | {"HOME": str(home), "NO_PROXY": "127.0.0.1"}
        command = [sys.executable, "-P", "-m", "shopsec", *map(str, arguments)]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment | (environ or {}),
            cwd=cwd,
            check=False,
        )

    return run
