"""shopsec as others use it: fetched by commit, from a repository of its own."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

GATE_SHOPS = {
    "passing/index.html": "<h1>Teapots</h1>\n",
    "failing/requirements.txt": "pillow==8.4.0\n",
    "incomplete/checkout.py": "def (:\n",
}
"""One folder for each verdict that a gate has, without a network."""


@dataclass(frozen=True)
class Checkout:
    path: Path
    commit: str


@pytest.fixture
def checkout(tmp_path, git):
    """This working tree as a commit, since what is used elsewhere is always a commit."""
    path = tmp_path / "shopsec"
    names = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)
    git(path, "init", "--quiet")
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--message", "as it is")
    return Checkout(path, git(path, "rev-parse", "HEAD").strip())


@pytest.fixture
def commit(git):
    """Make a folder a repository with one commit and a remote."""

    def make(root):
        git(root, "init", "--quiet")
        git(root, "remote", "add", "origin", "https://github.com/acme/shop.git")
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message", "shop")
        return root

    return make


@pytest.fixture
def planted(tmp_path):
    """Modules that a shop may hold, named as those we import; the file they write if they run."""
    trace = tmp_path / "was-run"
    code = f"open({str(trace)!r}, 'w').close()\n"
    names = ("click", "json", "pip", "shopsec", "sitecustomize", "venv")
    return {f"{name}.py": code for name in names}, trace


@pytest.fixture
def python_first(monkeypatch):
    """Let ``python3`` be the interpreter of the tests, as a CI image brings its own."""
    folder = os.path.dirname(sys.executable)
    monkeypatch.setenv("PATH", os.pathsep.join([folder, os.environ["PATH"]]))
