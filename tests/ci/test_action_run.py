"""github-action/run.py by itself: what becomes of a scan that ends badly."""

import json
import os
import re
import runpy
import subprocess
import sys

import pytest

from tests.ci.conftest import ROOT

RUN = ROOT / "github-action" / "run.py"


@pytest.fixture(scope="module")
def helper():
    return runpy.run_path(str(RUN))


@pytest.fixture(autouse=True)
def without_trivy(monkeypatch):
    monkeypatch.setenv("INPUT_TRIVY", "none")


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
            "INPUT_IMPORTS": "",
            "INPUT_OFFLINE": "true",
            "INPUT_REPORT_FOLDER": "",
            "INPUT_BASE_REF": "auto",
            "INPUT_ARTIFACT": "auto",
        }
        ended = subprocess.run(
            [sys.executable, "-I", str(RUN)],
            cwd=tree(files), env=environment | inputs, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return outputs(output.read_text()), summary.read_text(), ended.stdout

    return scan


def outputs(text):
    values, lines, seen = {}, iter(text.splitlines()), set()
    for line in lines:
        name, _, delimiter = line.partition("<<")
        assert delimiter not in seen
        seen.add(delimiter)
        values[name] = "\n".join(iter(lambda: next(lines), delimiter))
    return values


def test_a_usage_error_is_no_pass(run):
    values, summary, log = run({"index.html": ""}, INPUT_POLICY="nope")
    assert (values["decision"], values["exit-code"]) == ("error", "2")
    assert (values["sarif-file"], values["fix-now"]) == ("", "")
    assert "No whole report (exit code 2)" in summary
    assert "unknown policy 'nope'" in log


def test_images_and_a_report_folder(run):
    values, summary, _ = run(
        {"index.html": ""},
        INPUT_IMAGES="\n gone.tar \n-x\n",
        INPUT_IMPORTS="\nzizmor.sarif\n",
        INPUT_REPORT_FOLDER="reports/ci",
    )
    assert "zizmor.sarif is not there" in summary
    assert values["exit-code"] == "3"
    assert values["sarif-file"].endswith("/shop/reports/ci/shopsec.sarif")


def test_everything_the_scan_prints_is_between_stop_commands(run):
    _, _, log = run({"index.html": "", "\n::error::forged.py": "eval(x)\n"})
    first, _, rest = log.partition("\n")
    token = first.removeprefix("::stop-commands::")
    printed, _, annotations = rest.partition(f"\n::{token}::\n")
    assert len(token) == 64
    assert "forged.py" in printed
    kinds = [line.partition(" ")[0] for line in annotations.splitlines()]
    assert kinds == ["::warning", "::notice"]


def report(exit_code, reasons=(), statuses=()):
    return json.dumps(
        {
            "exit_code": exit_code,
            "decision": {"outcome": "pass", "reasons": [{"outcome": each} for each in reasons]},
            "counts": {"watch": 0},
            "coverage": [{"status": each} for each in statuses],
        }
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
    for name in helper["REPORTS"].values():
        (tmp_path / name).write_text("x")
    (tmp_path / "shopsec.json").unlink()
    if text is not None:
        (tmp_path / "shopsec.json").write_text(text)
    assert helper["read_ending"](tmp_path, exit_code).exit_code == taken


@pytest.mark.parametrize(
    ("reasons", "statuses", "trivy", "complete"),
    [
        (["fail"], ["succeeded", "partial", "skipped"], "default", True),
        (["fail", "incomplete"], [], "none", False),
        ([], ["failed"], "none", False),
        ([], ["missing"], "default", False),
        ([], ["missing"], "none", True),
    ],
)
def test_what_is_not_whole_closes_no_alert(
    helper, tmp_path, monkeypatch, reasons, statuses, trivy, complete
):
    monkeypatch.setenv("INPUT_TRIVY", trivy)
    for name in helper["REPORTS"].values():
        (tmp_path / name).write_text("x")
    (tmp_path / "shopsec.json").write_text(report(0, reasons, statuses))
    ending = helper["read_ending"](tmp_path, 0)
    scan = helper["Scan"](".", tmp_path)
    assert helper["to_upload"]([scan], [ending]) == ([tmp_path] * complete, not complete)


def test_alerts_of_a_scan_that_ends_badly_stay(run):
    values, _, _ = run({"checkout.py": "def (:\n"})
    assert (values["exit-code"], values["upload"], values["held-back"]) == ("3", "", "true")
    assert values["sarif-file"].endswith("/shopsec.sarif")


def test_each_path_has_a_name_of_its_own(helper):
    """Artifacts of one run with one name would replace each other."""
    paths = [".", "apps/shop", "apps-shop", "apps/shop-", "größe", "große", "-", "a/" * 50 + "b"]
    names = [helper["slug"](path) for path in paths]
    assert names[:2] == ["", "-apps-shop"]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9-]{0,90}", name) for name in names)


def test_a_path_that_is_named_twice_is_scanned_once(helper, tmp_path):
    scans = helper["scans_of"]("apps/shop\n./apps/shop/\napps//shop\n-x\n", tmp_path)
    assert [scan.path for scan in scans] == ["apps/shop", "-x"]


def test_a_report_folder_that_leads_away_is_refused(tmp_path, tree):
    root = tree({"index.html": ""})
    (tmp_path / "elsewhere").mkdir()
    (root / "reports").symlink_to(tmp_path / "elsewhere")
    environment = {"RUNNER_TEMP": str(tmp_path), "INPUT_REPORT_FOLDER": "reports"}
    ended = subprocess.run(
        [sys.executable, "-I", str(RUN)],
        cwd=root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    said = "report-folder reports: leads out of the workspace; name another one\n"
    assert ended.stderr == said
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_several_paths_have_a_folder_each_and_one_worst_verdict(run):
    files = {"a/index.html": "", "b/requirements.txt": "pillow==8.4.0\n"}
    values, summary, _ = run(files, INPUT_PATH="a\n b \na", INPUT_REPORT_FOLDER="reports")
    assert (values["decision"], values["exit-code"]) == ("fail", "1")
    folders = values["commented"].splitlines()
    assert [os.path.basename(each) for each in folders] == ["1-a", "2-b"]
    assert sorted(os.listdir(values["sarif-file"])) == ["1-a.sarif", "2-b.sarif"]
    assert summary.count("## shopsec: ") == 2
    assert (values["artifact"], values["html-file"]) == ("shopsec", f"{folders[0]}/shopsec.html")


@pytest.mark.parametrize("name", ["shopsec.sarif", "shopsec.md", "annotations.txt"])
def test_an_empty_report_is_no_report(helper, tmp_path, name):
    for each in helper["REPORTS"].values():
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
