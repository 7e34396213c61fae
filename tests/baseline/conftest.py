"""A shop in a git repository, and the command line in this process."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from shopsec.cli.main import cli
from shopsec.errors import ShopsecError
from tests.conftest import TODAY


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    stdout: str
    error: str
    """Message and hint of an error that a person can mend."""

    @property
    def document(self) -> Any:
        """What ``--format json`` printed."""
        return json.loads(self.stdout)

    def states(self) -> dict[tuple[str, str], str]:
        """State of each result by rule and file."""
        return {
            (result["finding"]["rule_id"], result["finding"]["location"]["uri"]): result["state"]
            for result in self.document["results"]
        }


Run = Callable[..., Ended]
ONLY = ("--only", "bandit", "--only", "secrets")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command, offline and quietly; never a traceback."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(command: str, *arguments: object) -> Ended:
        words = command.split()
        if words != ["baseline", "show"]:
            words += ["--offline", "-q", "--today", TODAY]
        result = CliRunner().invoke(cli, [*words, *map(str, arguments)], standalone_mode=False)
        error = result.exception
        if isinstance(error, ShopsecError):
            return Ended(error.exit_code, result.stdout, f"{error.message}\n{error.hint}")
        if error is not None and not isinstance(error, SystemExit):
            raise error
        return Ended(result.return_value or 0, result.stdout, "")

    return run


@pytest.fixture
def shop(tree: Callable[..., Path], git: Callable[..., str]) -> Callable[..., Path]:
    """A repository whose first commit has these files."""

    def make(files: dict[str, str | bytes]) -> Path:
        root = tree(files)
        git(root, "init", "-q")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "first")
        return root

    return make


@pytest.fixture
def branch(shop, git):
    """A shop with a base branch, and a branch that is checked out."""

    def make(files):
        root = shop(files)
        git(root, "branch", "base")
        git(root, "checkout", "-qb", "feature")
        return root

    return make


@pytest.fixture
def commit(git):
    def run(root, files):
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
        git(root, "add", "-A")
        git(root, "commit", "-qm", "more")

    return run


def against(run, root, *arguments, only=ONLY):
    return run("scan", root, "--base-ref", "base", "--format", "json", *only, *arguments)
