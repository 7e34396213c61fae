"""Trivy on images, and a stand-in for it, for what the real one does not do on demand."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shopsec.scan.containers.trivy_image import TrivyImage
from tests.containers.trivy_database import FRESH, write_database

_SCRIPT = """#!{python} -S
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
        program.write_text(_SCRIPT.format(python=sys.executable, version=version, body=body))
        program.chmod(0o755)
        return {"PATH": os.pathsep.join([str(folder), os.environ["PATH"]])}

    return write


@pytest.fixture
def no_trivy(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine without Trivy: neither on PATH nor beside the interpreter."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    return {"PATH": "/nowhere"}


@pytest.fixture
def trivy_image(tree, target_of, tmp_path):
    """Scan images in a shop, with a database of the given time in Trivy's cache."""

    def run(images, files=None, *, updated_at=FRESH, environ=None, offline=True):
        root = tree(files or {"a.py": ""})
        cache = tmp_path / "trivy-cache"
        if updated_at is not None and not cache.exists():
            write_database(cache, updated_at)
        target, host = target_of(
            root,
            images=tuple(map(str, images)),
            offline=offline,
            environ={"TRIVY_CACHE_DIR": str(cache)} | (environ or {}),
        )
        return TrivyImage().scan(target, host)

    return run
