"""Real scans' SARIF before the official validator, with the rules of GitHub's code scanning."""

import datetime
import json
import os
import subprocess
import sys

import pytest

from tests.ci.conftest import ROOT
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
def scanned(tmp_path, tree, git):
    """Scan a folder with the installed scanners and return the SARIF file."""

    def scan(root, form="sarif"):
        target = tmp_path / "shopsec.sarif"
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
        command = [
            "-m",
            "shopsec",
            "scan",
            "--offline",
            "--exit-zero",
            "--output",
            f"{form}={target}",
        ]
        subprocess.run(
            [sys.executable, "-P", *command, "--", str(root)],
            env=os.environ | {"PATH": path}, check=True, capture_output=True,
        )  # fmt: skip
        return target

    return scan


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
        ],
        env={"HOME": str(folder), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    # It exits 0 whatever it finds; only its own report counts.
    (run,) = json.loads(answer.read_text("utf-8-sig"))["runs"]
    assert run["invocations"][0]["executionSuccessful"], ended.stdout
    return {result["ruleId"] for result in run["results"]} - TOLERATED


def test_the_example_shop(scanned, tmp_path):
    assert complaints(scanned(ROOT / "examples" / "shop"), tmp_path) == set()


def test_a_clean_shop(scanned, tmp_path, tree):
    assert complaints(scanned(tree({"index.html": "<h1>Teapots</h1>\n"})), tmp_path) == set()


def test_findings_in_every_area_and_hostile_names(scanned, tmp_path, tree, git):
    need("trivy")
    names = {f"{name}/{name}.py": "eval(x)\nimport telnetlib\n" for name in NAMES}
    root = tree(EVERYTHING | names)
    (root / os.fsdecode(b"latin-\xe9.py")).write_text("eval(x)\n")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "shop")
    file = scanned(root)
    (run,) = json.loads(file.read_text())["runs"]
    rules = " ".join(result["ruleId"] for result in run["results"])
    scanners = {result["properties"]["scanner"] for result in run["results"]}
    assert {"osv", "secrets", "bandit", "trivy-config", "access"} <= scanners, rules
    assert complaints(file, tmp_path) == set()


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
