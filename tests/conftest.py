"""Fixtures that every test may use."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from shopsec.config import read_settings
from shopsec.repo.walk import read_inventory
from shopsec.scan.base import Target
from shopsec.scan.host import Host

Files = dict[str, str | bytes]
TODAY = "2026-11-24"

# How long an example takes says more of the machine than of the code.
settings.register_profile("shopsec", deadline=None)
settings.load_profile("shopsec")


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[Files], Path]:
    """Write files below a new folder ``shop`` and return it."""

    def write(files: Files) -> Path:
        root = tmp_path / "shop"
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return write


@pytest.fixture
def git() -> Callable[..., str]:
    """Run git in a folder, without the machine's own configuration."""

    def run(folder: Path, *arguments: str, **environ: str) -> str:
        environment = os.environ | {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.org",
            "GIT_AUTHOR_DATE": "2026-11-01T12:00:00Z",
            "GIT_COMMITTER_DATE": "2026-11-01T12:00:00Z",
            **environ,
        }
        command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"]
        ended = subprocess.run(
            [*command, *arguments], cwd=folder, env=environment, check=True, capture_output=True
        )
        return ended.stdout.decode()

    return run


@pytest.fixture
def target_of(tmp_path: Path) -> Callable[..., tuple[Target, Host]]:
    """A Target and a Host for a folder."""

    def build(
        root: Path,
        *,
        offline: bool = True,
        environ: dict[str, str] | None = None,
        **overrides: object,
    ) -> tuple[Target, Host]:
        settings = read_settings(root, None, dict(overrides))
        inventory = read_inventory(str(root), settings.exclude)
        host = Host(
            inventory.root,
            2,
            offline=offline,
            environ=dict(os.environ) | (environ or {}),
            cache=str(tmp_path / "cache"),
        )
        return Target(inventory, settings, TODAY), host

    return build


_FAKE_TRIVY = """#!{python} -S
import os, signal, sys, time
if "--version" in sys.argv:
    print("Version: {version}")
    raise SystemExit(0)
out = sys.stdout.buffer
{body}
"""


@pytest.fixture
def fake_trivy(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Write a program called trivy that runs ``body`` and return the variable that finds it."""

    def write(body: str, version: str = "0.76.0") -> dict[str, str]:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "trivy"
        program.write_text(_FAKE_TRIVY.format(python=sys.executable, version=version, body=body))
        program.chmod(0o755)
        return {"PATH": os.pathsep.join([str(folder), os.environ["PATH"]])}

    return write
