import json
import os
import subprocess
import sys

import pytest

from shopsec.scan.secrets.protocol import READY
from tests.secrets import planted


def run(root, *paths, limit=5_000_000):
    order = {"root": str(root), "limit": limit, "today": "2026-11-24"}
    lines = "".join(json.dumps(each) + "\n" for each in (order, *paths))
    command = [sys.executable, "-P", "-m", "shopsec.scan.secrets.worker"]
    return subprocess.run(
        command, input=lines.encode(), capture_output=True, cwd=os.path.sep, check=False
    )


def test_one_line_a_file_in_order(tree):
    root = tree({"a.py": f'K = "{planted.stripe()}"\n', "b.png": b"\x89PNG\0", "c.txt": "x" * 20})
    ended = run(root, "a.py", "b.png", "c.txt", "gone", limit=100)
    first, *lines = ended.stdout.splitlines(keepends=True)
    assert first == READY
    answers = [json.loads(line) for line in lines]
    key = planted.stripe()
    assert answers[0] == {
        "number": 0,
        "sightings": [
            {
                "rule": "stripe-live-key",
                "line": 1,
                "confidence": "high",
                "severity": "",
                "name": "K",
                "shown": f"{key[:4]}...{key[-2:]}",
            }
        ],
        "left_out": {},
        "missed": "",
        "binary": False,
    }
    assert (answers[1]["binary"], answers[2]["missed"]) == (True, "")
    assert answers[3]["missed"] == "cannot be read: No such file or directory"
    assert [answer["number"] for answer in answers] == [0, 1, 2, 3]
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_no_value_leaves_the_worker(tree):
    lines = planted.one_of_each()
    root = tree({"a.env": "\n".join(lines.values()), "b.json": f'{{"{planted.password()}": 1}}'})
    output = run(root, "a.env", "b.json").stdout.decode()
    assert output.count('"rule"') == len(lines)
    assert [part for part in planted.parts() if part in output] == []


@pytest.mark.parametrize("order", ["{}", "nonsense", '{"root": 1}'])
def test_a_crash_tells_its_kind_and_nothing_else(order):
    command = [sys.executable, "-P", "-m", "shopsec.scan.secrets.worker"]
    text = f"{order}\n{planted.stripe()}\n".encode()
    ended = subprocess.run(command, input=text, capture_output=True, check=False)
    assert ended.returncode == 1
    assert ended.stdout == b""
    assert ended.stderr in {b"TypeError\n", b"JSONDecodeError\n"}
