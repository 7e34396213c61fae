"""github-action/run.py by itself: what becomes of a scan that ends badly."""

import json
import os
import runpy
import subprocess
import sys

import pytest

from tests.ci.conftest import ROOT

RUN = ROOT / "github-action" / "run.py"


@pytest.fixture(scope="module")
def helper():
    return runpy.run_path(str(RUN))


@pytest.fixture
def run(tmp_path, tree):
    def scan(files, **inputs):
        output, summary = tmp_path / "output", tmp_path / "summary"
        environment = os.environ | {
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "INPUT_PATH": ".",
            "INPUT_POLICY": "",
            "INPUT_IMAGES": "",
            "INPUT_OFFLINE": "true",
            "INPUT_REPORT_FOLDER": "",
        }
        ended = subprocess.run(
            [sys.executable, "-I", str(RUN)],
            cwd=tree(files), env=environment | inputs, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return outputs(output.read_text()), summary.read_text(), ended.stdout

    return scan


def outputs(text):
    lines = text.splitlines()
    assert len({line.partition("<<")[2] for line in lines[::3]}) == len(lines) / 3
    return {
        line.partition("<<")[0]: value for line, value in zip(lines[::3], lines[1::3], strict=True)
    }


def test_a_usage_error_is_no_pass(run):
    values, summary, log = run({"index.html": ""}, INPUT_POLICY="nope")
    assert (values["decision"], values["exit-code"]) == ("error", "2")
    assert (values["sarif-file"], values["fix-now"]) == ("", "")
    assert "No whole report (exit code 2)" in summary
    assert "unknown policy 'nope'" in log


def test_images_and_a_report_folder(run):
    values, _, _ = run(
        {"index.html": ""}, INPUT_IMAGES="\n gone.tar \n-x\n", INPUT_REPORT_FOLDER="reports/ci"
    )
    assert values["exit-code"] == "3"
    assert values["sarif-file"].endswith("/shop/reports/ci/shopsec.sarif")


def test_everything_the_scan_prints_is_between_stop_commands(run):
    _, _, log = run({"index.html": ""})
    first, *_, last = log.split()
    assert first == f"::stop-commands::{last.strip(':')}"


def report(exit_code):
    return json.dumps(
        {"exit_code": exit_code, "decision": {"outcome": "pass"}, "counts": {"watch": 0}}
    )


@pytest.mark.parametrize(
    ("text", "exit_code", "taken"),
    [
        (report(0), 0, 0),
        (None, 0, 4),
        ("", 0, 4),
        ("[]", 0, 4),
        (report(0)[:-1], 0, 4),
        (report(3), 0, 4),
        (report(0), 1, 4),
        (report(0), -9, 4),
        (None, 2, 2),
        (None, 3, 3),
    ],
)
def test_an_exit_code_needs_a_report_that_agrees(helper, tmp_path, text, exit_code, taken):
    for name in ("shopsec.sarif", "shopsec.md"):
        (tmp_path / name).write_text("x")
    if text is not None:
        (tmp_path / "shopsec.json").write_text(text)
    assert helper["read_ending"](tmp_path, exit_code).exit_code == taken


@pytest.mark.parametrize("name", ["shopsec.sarif", "shopsec.md"])
def test_an_empty_report_is_no_report(helper, tmp_path, name):
    for each in ("shopsec.sarif", "shopsec.md"):
        (tmp_path / each).write_text("" if each == name else "x")
    (tmp_path / "shopsec.json").write_text(report(0))
    assert helper["read_ending"](tmp_path, 0).exit_code == 4


def test_a_long_summary_is_cut_after_a_line_and_says_so(helper):
    text = "| ä |\n" * 1000
    cut = helper["clipped"](text, 500)
    assert len(cut.encode()) <= 500
    kept, _, notice = cut.rstrip().rpartition("\n\n")
    assert set(kept.splitlines()) == {"| ä |"}
    assert (
        notice == f"**Cut off here: the report has {len(text.encode())} bytes, GitHub shows 500.**"
    )
    assert helper["clipped"](text, 7000) == text
