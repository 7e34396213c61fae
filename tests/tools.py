"""Real tools for real tests: here, or a visible skip on a developer's machine, a failure in CI."""

import os
import shutil
import sys
from pathlib import Path

import pytest

_BESIDE = os.path.dirname(sys.executable)  # before a test says that it is elsewhere
# `python3 dev.py tools` puts there what npm brings.
NODE_TOOLS = Path(__file__).resolve().parents[1] / ".tools" / "node_modules"


def need(program: str) -> str:
    """Absolute path of a program: on PATH, beside the interpreter, or among the npm tools."""
    folders = [_BESIDE, str(NODE_TOOLS / ".bin")]
    found = shutil.which(program, path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))
    return found or absent(program)


def absent(what: str) -> str:
    """Skip the test, or fail it where CI must have everything."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is needed in CI; .ci/run must install it", pytrace=False)
    pytest.skip(f"{what} is not installed")
