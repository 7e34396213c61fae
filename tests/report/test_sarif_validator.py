"""Real scans' SARIF before the official validator, with the rules of GitHub's code scanning."""

import datetime
import json
import os
import subprocess
import sys

import pytest

from shopsec.cli.output import TEXT_FORMATS
from shopsec.model import BaselineState
from tests.ci.conftest import ROOT
from tests.report.reports import HOSTILE, SUPPRESSION, full, large, report, result
from tests.tools import NODE_TOOLS, absent, need

pytestmark = pytest.mark.real

PACKAGE = NODE_TOOLS / "@microsoft" / "sarif-multitool-linux"
NO_FETCHING = """<?xml version="1.0" encoding="utf-8"?>
<Properties>
  <Properties Key="SARIF2006.UrisShouldBeReachable.Options">
    <Property Key="RuleEnabled" Value="Disabled" />
  </Properties>
</Properties>
"""
FORMS = ("sarif", "sarif-all", "sarif-gitlab")
TOLERATED = {
    # shopsec has no address of its own yet that informationUri could name.
    "SARIF2005",
}

# In two parts, so that no scanner takes this file for a leak.
SECRET = "sk_live_" + "51HqVbRt8mKpLzX3wNcYdE7fG"
EVERYTHING = {
    "requirements.txt": "pillow==8.4.0\nnot-pinned>=1\n",
    "settings.py": f"STRIPE_KEY = '{SECRET}'\n",
    "shop/checkout.py": "import subprocess\nsubprocess.run(order, shell=True)\n",
    "shop/broken.py": "def (:\n",
    "Dockerfile": "FROM python:3.6\nADD https://example.org/a.tar.gz /\nCMD python shop.py\n",
    ".github/workflows/preview.yml": """
on: pull_request_target
jobs:
  preview:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: {ref: "${{ github.event.pull_request.head.sha }}"}
      - run: make preview
        env: {TOKEN: "${{ secrets.DEPLOY_TOKEN }}"}
""",
}
NAMES = (
    "a\nb",
    "sp ace",
    "100%",
    "%41",
    "ü",
    "::error::",
    "a#b?c",
    "-rf",
    "[x](y)",
    "a\\b",
    "…" * 70,
)


@pytest.fixture
def scan(tmp_path, tree, git):
    """Scan a folder with the installed scanners and return the SARIF file of each form."""

    def run(root):
        targets = {form: tmp_path / f"{form}.sarif" for form in FORMS}
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
        command = ["-m", "shopsec", "scan", "--offline", "--exit-zero"]
        command += [f"--output={form}={target}" for form, target in targets.items()]
        subprocess.run(
            [sys.executable, "-P", *command, "--", str(root)],
            env=os.environ | {"PATH": path}, check=True, capture_output=True,
        )  # fmt: skip
        return targets

    return run


@pytest.fixture
def scanned(scan):
    """Scan a folder and return the SARIF file of one form."""
    return lambda root, form="sarif": scan(root)[form]


def complaints(file, folder):
    """Rules of the validator that a file breaks, at level warning or error."""
    validator = PACKAGE / "Sarif.Multitool"
    if not os.access(validator, os.X_OK):
        absent("the SARIF validator")
    schema = [need("check-jsonschema"), "--schemafile", PACKAGE / "sarif-2.1.0.json", file]
    shaped = subprocess.run(schema, capture_output=True, text=True, check=False)
    assert shaped.returncode == 0, shaped.stdout
    policy, answer = folder / "policy.xml", folder / "answer.sarif"
    policy.write_text(NO_FETCHING)
    ended = subprocess.run(
        [
            validator, "validate", file, "--rule-kind", "Sarif;Gh", "--config", policy,
            "--level", "Error;Warning", "--output", answer, "--log", "ForceOverwrite",
            "--max-file-size-in-kb", "100000",
        ],
        env={"HOME": str(folder), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    # It exits 0 whatever it finds; only its own report counts.
    (run,) = json.loads(answer.read_text("utf-8-sig"))["runs"]
    assert run["invocations"][0]["executionSuccessful"], ended.stdout
    return {result["ruleId"] for result in run["results"]} - TOLERATED


@pytest.mark.parametrize("name", ["shop", "magento", "medusa", "oscar"])
def test_the_examples(scan, tmp_path, name):
    for form, file in scan(ROOT / "examples" / name).items():
        assert json.loads(file.read_text())["runs"][0]["results"], form
        assert complaints(file, tmp_path) == set(), form


def written(folder, form, made):
    file = folder / "made.sarif"
    file.write_text("".join(TEXT_FORMATS[form](made)))
    return file


@pytest.mark.parametrize("form", FORMS)
def test_hostile_texts_in_every_place(tmp_path, form):
    text = "\n".join(HOSTILE)
    assert complaints(written(tmp_path, form, full(text, text)), tmp_path) == set()


def test_a_report_of_30_000_results(tmp_path):
    file = written(tmp_path, "sarif", large(30_000))
    (run,) = json.loads(file.read_text())["runs"]
    assert len(run["results"]) == 5_000
    assert run["properties"]["counts"]["leftOut"] == {
        "fix-now": 2_500, "sprint": 7_500, "planned": 7_500, "watch": 7_500,
    }  # fmt: skip
    assert complaints(file, tmp_path) == set()


@pytest.mark.parametrize("form", FORMS)
def test_what_is_known_suppressed_and_gone(tmp_path, form):
    made = full()
    more = [
        result(number, state=state, suppressed=SUPPRESSION if number % 2 else None)
        for number, state in enumerate([*BaselineState, None], 10)
        if state is not BaselineState.ABSENT
    ]
    made = report([*made.results, *more], rules=made.rules, absent=made.absent)
    assert complaints(written(tmp_path, form, made), tmp_path) == set()


def test_a_clean_shop(scanned, tmp_path, tree):
    assert complaints(scanned(tree({"index.html": "<h1>Teapots</h1>\n"})), tmp_path) == set()


def test_findings_in_every_area_and_hostile_names(scan, tmp_path, tree, git):
    need("trivy")
    names = {f"{name}/{name}.py": "eval(x)\nimport telnetlib\n" for name in NAMES}
    root = tree(EVERYTHING | names)
    (root / os.fsdecode(b"latin-\xe9.py")).write_text("eval(x)\n")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "shop")
    git(root, "remote", "add", "origin", f"https://ben:{SECRET}@github.com/acme/shop.git")
    files = scan(root)
    (run,) = json.loads(files["sarif"].read_text())["runs"]
    rules = " ".join(result["ruleId"] for result in run["results"])
    scanners = {result["properties"]["scanner"] for result in run["results"]}
    assert {"osv", "secrets", "bandit", "trivy-config", "access"} <= scanners, rules
    (origin,) = run["versionControlProvenance"]
    assert origin["repositoryUri"] == "https://github.com/acme/shop.git"
    assert any("snippet" in str(result["locations"]) for result in run["results"])
    for form, file in files.items():
        assert SECRET[8:] not in file.read_text()
        assert complaints(file, tmp_path) == set(), form


def test_what_is_suppressed(scanned, tmp_path, tree):
    said = "# shopsec: allow bandit.B307 until {} by Anna because it is an example of ours"
    today = datetime.datetime.now(tz=datetime.UTC).date()
    root = tree({"a.py": f"eval(x)  {said.format(today + datetime.timedelta(days=2))}\neval(x)\n"})
    file = scanned(root, "sarif-all")
    results = json.loads(file.read_text())["runs"][0]["results"]
    assert sorted(len(each["suppressions"]) for each in results) == [0, 1]
    assert complaints(file, tmp_path) == set()


def test_the_validator_would_notice(scanned, tmp_path, tree):
    file = scanned(tree({"a.py": "eval(x)\n"}))
    document = json.loads(file.read_text())
    (result,) = document["runs"][0]["results"]
    result["locations"] = []
    file.write_text(json.dumps(document))
    assert "GH1015" in complaints(file, tmp_path)
