"""Where reports go: files, devices, pipes, closed streams."""

import json
import os
import subprocess
import sys
import time

import pytest

from tests.dependencies.osv_stub import osv


def run(*arguments, cwd, shell_suffix):
    command = f'"$0" -P -m shopsec "$@" {shell_suffix}'
    return subprocess.run(
        ["bash", "-c", "set -o pipefail; " + command, sys.executable, *map(str, arguments)],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip


SCAN = ("scan", ".", "--offline", "-q", "--exit-zero", "--only", "access")


@pytest.mark.parametrize(
    ("suffix", "code", "message"),
    [
        ("| true", 0, ""),
        (">/dev/full", 2, "stdout: cannot be written: No space left on device"),
        (">&-", 2, "stdout is closed"),
        ("2>&-", 0, ""),
    ],
)
def test_a_stream_that_cannot_be_written_is_no_verdict(tree, suffix, code, message):
    ended = run(*SCAN, cwd=tree({"Dockerfile": "FROM php\n"}), shell_suffix=suffix)
    assert ended.returncode == code
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_device_or_pipe_is_written_to_and_a_link_followed(tree, tmp_path):
    root = tree({"a.txt": ""})
    pipe, link, file = tmp_path / "pipe", tmp_path / "link", tmp_path / "file"
    os.mkfifo(pipe)
    link.symlink_to(file)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    outputs = (
        "--output",
        f"json={pipe}",
        "--output",
        f"sarif={link}",
        "--output",
        "markdown=/dev/null",
    )
    ended = run(*SCAN, *outputs, cwd=root, shell_suffix="")
    out, _ = reader.communicate(timeout=30)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(out)["schema"] == "shopsec-report-1"
    assert json.loads(file.read_text())["version"] == "2.1.0"
    assert link.is_symlink()
    assert pipe.is_fifo()
    assert not os.path.isfile("/dev/null")


def test_two_reports_in_one_file_are_refused(shopsec, tree, tmp_path):
    same = tmp_path / ".." / tmp_path.name / "a"
    ended = shopsec("scan", tree({}), "--output", f"json={tmp_path}/a", "--output", f"sarif={same}")
    assert ended.returncode == 2
    assert "is the file of json too" in ended.stderr


def test_a_report_written_into_the_shop_is_no_part_of_it(shopsec, tree):
    root = tree({"Dockerfile": "FROM php\n"})
    texts = []
    for _ in range(2):
        ended = shopsec(
            "scan", root, "--offline", "-q", "--only", "access", "--today", "2026-11-24",
            "--output", f"sarif={root}/shop[sec] 1.sarif",
        )  # fmt: skip
        assert ended.stderr == ""
        texts.append((root / "shop[sec] 1.sarif").read_text())
    counts = [json.loads(text)["runs"][0]["invocations"][0]["properties"] for text in texts]
    assert [each["handedIn"] for each in counts] == [1, 1]


@pytest.mark.parametrize("image", ["", "https://user:word@registry/x"])
def test_an_image_that_is_no_reference(shopsec, tree, image):
    ended = shopsec("scan", tree({}), "--image", image)
    assert ended.returncode == 2
    assert "--image: is no reference or archive" in ended.stderr
    assert "word" not in ended.stderr


def test_asked_to_end_it_leaves_nothing_behind(tree, tmp_path):
    root = tree({"requirements.txt": "idna==3.7\n"})
    folder = tmp_path / "temporary"
    folder.mkdir()
    with osv("stalled") as url:
        environment = {"SHOPSEC_OSV_URL": url, "NO_PROXY": "127.0.0.1", "TMPDIR": str(folder)}
        scan = subprocess.Popen(
            [sys.executable, "-P", "-m", "shopsec", "scan", str(root), "--only", "pip-audit", "-v"],
            env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert scan.stderr is not None
        with scan.stderr as lines:
            assert any(line.startswith(b"pip-audit: started") for line in lines)
            deadline = time.monotonic() + 30
            while not any(folder.iterdir()) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert any(folder.iterdir())
            scan.terminate()
            lines.read()
        assert scan.wait(30) == 130
    assert list(folder.iterdir()) == []
