"""The command line as a person runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from shopsec.cli.main import cli
from shopsec.errors import ShopsecError

Run = Callable[..., subprocess.CompletedProcess[str]]
FORMATS = ("terminal", "html", "json", "sarif", "markdown")


@dataclass(frozen=True)
class Scanned:
    """One scan with all its reports."""

    returncode: int
    stderr: str
    reports: dict[str, str]
    """Text by format."""

    @property
    def document(self) -> Any:
        """The JSON report."""
        return json.loads(self.reports["json"])

    @property
    def sarif(self) -> Any:
        """The only run of the SARIF report."""
        (run,) = json.loads(self.reports["sarif"])["runs"]
        return run

    def missed(self, scanner: str) -> dict[str, str]:
        """What a scanner did not cover: reason by name."""
        (entry,) = [each for each in self.document["coverage"] if each["scanner"] == scanner]
        return {
            item["name"]: group["reason"]
            for group in entry["not_covered"]
            for item in group["items"]
        }


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


@pytest.fixture
def scan(shopsec: Run, tmp_path: Path) -> Callable[..., Scanned]:
    """Scan once and return every report; never a traceback, and the exit code the JSON names."""

    def run(root: Path, *arguments: object, **options: Any) -> Scanned:
        folder = tmp_path / "reports"
        folder.mkdir(exist_ok=True)
        outputs = [part for name in FORMATS for part in ("--output", f"{name}={folder / name}")]
        ended = shopsec("scan", root, "-q", *arguments, *outputs, **options)
        assert "Traceback" not in ended.stderr, ended.stderr
        assert ended.stderr == ""
        reports = {name: (folder / name).read_text(encoding="utf-8") for name in FORMATS}
        scanned = Scanned(ended.returncode, ended.stderr, reports)
        assert ended.stdout == reports["terminal"]
        assert ended.returncode == scanned.document["exit_code"]
        return scanned

    return run


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in this process: its exit code, and what it prints or the error."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(command, *arguments):
        words = [*command.split(), *map(str, arguments)]
        result = CliRunner().invoke(cli, words, standalone_mode=False)
        error = result.exception
        if isinstance(error, ShopsecError):
            return error.exit_code, f"{error.message}\n{error.hint}"
        if error is not None and not isinstance(error, SystemExit):
            raise error
        return result.return_value or 0, result.stdout

    return run


@pytest.fixture
def committed(git):
    def commit(root):
        git(root, "init", "-q")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "first")
        return root

    return commit
