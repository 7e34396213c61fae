"""The action, run by act from a commit; setup-python and upload-sarif need GitHub and are stubs."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from tests.ci.conftest import GATE_SHOPS, ROOT
from tests.tools import need

pytestmark = pytest.mark.real

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
STUBS = {
    "actions/setup-python": {
        "action.yml": """
            name: stub
            description: The Python of the tests.
            inputs:
              python-version: {description: as in the original}
              update-environment: {description: as in the original}
            outputs:
              python-path: {description: as in the original, value: "${{ steps.it.outputs.path }}"}
            runs:
              using: composite
              steps:
                - id: it
                  shell: bash
                  run: echo "path=$STUB_PYTHON" >> "$GITHUB_OUTPUT"
        """
    },
    "github/codeql-action": {
        "upload-sarif/action.yml": """
            name: stub
            description: Keep the file that would be uploaded.
            inputs:
              sarif_file: {description: as in the original}
            runs:
              using: composite
              steps:
                - shell: bash
                  env:
                    SARIF: ${{ inputs.sarif_file }}
                  run: tr --delete '\\n' < "$SARIF" >> "$STUB_UPLOADS"; echo >> "$STUB_UPLOADS"
        """
    },
}
WORKFLOW = f"""
on: [push, pull_request]
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: {CHECKOUT}
%s
      - if: always()
        env:
          STEPS: ${{{{ toJson(steps) }}}}
        run: printf %%s "$STEPS" > "$RECORD"
"""
STEP = """
      - id: %s
        uses: acme/shopsec@%s
        continue-on-error: %s
        with:
          path: "%s"
          offline: true
"""


@dataclass(frozen=True)
class Ended:
    exit_code: int
    steps: dict[str, Any]
    """What the expression ``steps`` held at the end of the job."""
    log: list[dict[str, Any]]
    uploads: list[dict[str, Any]]

    def commands(self, name):
        return [line for line in self.log if line.get("command") == name]


@pytest.fixture
def act(tmp_path, checkout, commit, tree):
    def run(files, steps, event, payload=None):
        lines = "".join(
            STEP % (name, checkout.commit, str(go_on).lower(), path) for name, path, go_on in steps
        )
        shop = commit(tree({**files, ".github/workflows/ci.yml": WORKFLOW % lines}))
        (tmp_path / "event.json").write_text(json.dumps(payload or {}))
        record, uploads = tmp_path / "steps.json", tmp_path / "uploads"
        uploads.touch()
        variables = {"STUB_PYTHON": sys.executable, "STUB_UPLOADS": uploads, "RECORD": record}
        variables["NO_COLOR"] = "1"  # act gives its steps a terminal, GitHub does not
        replaced = {f"acme/shopsec@{checkout.commit}": checkout.path} | stubs(tmp_path)
        ended = subprocess.run(
            [
                need("act"), event, "--json", "--eventpath", str(tmp_path / "event.json"),
                "--workflows", ".github/workflows/ci.yml",
                "--platform", "ubuntu-latest=-self-hosted",
                "--action-cache-path", str(tmp_path / "act"),
                *(f"--env={name}={value}" for name, value in variables.items()),
                *(f"--local-repository={name}={path}" for name, path in replaced.items()),
            ],
            cwd=shop, capture_output=True, check=False,
        )  # fmt: skip
        log = [json.loads(line) for line in ended.stdout.splitlines()]
        assert record.exists(), ended.stdout.decode() + ended.stderr.decode()
        return Ended(
            ended.returncode,
            json.loads(record.read_text()),
            log,
            [json.loads(line) for line in uploads.read_text().splitlines()],
        )

    return run


def stubs(tmp_path):
    """Stubs for the very commits that action.yml names."""
    used = re.findall(
        r"uses: ([\w-]+/[\w-]+)\S*@([0-9a-f]{40}) # v", ROOT.joinpath("action.yml").read_text()
    )
    assert {name for name, _ in used} == set(STUBS)
    for name, files in STUBS.items():
        for file, text in files.items():
            path = tmp_path / "stubs" / name / file
            path.parent.mkdir(parents=True)
            path.write_text(text)
    return {f"{name}@{sha}": tmp_path / "stubs" / name for name, sha in used}


# The report's first line is broken after the sixty letters, so the next one starts with "::".
HOSTILE_FOLDER = f"{'a' * 60} ::set-output name=forged::yes"
HOSTILE = {
    f"{HOSTILE_FOLDER}/{name}.py": "eval(x)\n"
    for name in (
        "::set-output name=forged::yes",
        "a\n::set-output name=forged::yes",
        "##[set-output name=forged]yes",
        "b\n# Forged heading",
    )
} | {f"{HOSTILE_FOLDER}/requirements.txt": GATE_SHOPS["failing/requirements.txt"]}


def test_verdicts_and_a_hostile_shop(act, planted):
    modules, trace = planted
    ended = act(
        GATE_SHOPS | HOSTILE | modules,
        [
            ("failing", "failing", True),
            ("incomplete", "incomplete", True),
            ("hostile", HOSTILE_FOLDER, True),
            ("passing", "passing", False),
        ],
        "push",
    )
    failing, incomplete, hostile, passing = (
        ended.steps[name]["outputs"] for name in ("failing", "incomplete", "hostile", "passing")
    )
    assert (failing["decision"], failing["exit-code"]) == ("fail", "1")
    assert (incomplete["decision"], incomplete["exit-code"]) == ("incomplete", "3")
    assert int(failing["fix-now"]) > 0
    tiers = [int(failing[tier]) for tier in ("fix-now", "sprint", "planned", "watch")]
    assert all(
        ended.steps[name]["outcome"] == "failure" for name in ("failing", "incomplete", "hostile")
    )
    summaries = [line["content"] for line in ended.commands("summary")]
    assert len(summaries) == len(ended.uploads) == 4
    assert "Upgrade pillow" in summaries[0]
    assert sum(tiers) == len(ended.uploads[0]["runs"][0]["results"])
    assert [each["runs"][0]["properties"]["decision"] for each in ended.uploads[:2]] == [
        "fail",
        "incomplete",
    ]

    assert not trace.exists(), "a module of the shop was imported"
    assert hostile["exit-code"] == "1"
    assert ["forged" in line["raw"] for line in ended.commands("ignored")] == [True]
    assert not [line for line in ended.commands("set-output") if "forged" in str(line)]
    assert "\n# Forged" not in summaries[2]

    assert passing["decision"] in {"pass", "warn"}
    assert passing["exit-code"] == "0"
    assert ended.exit_code == 0


def pull_request(head):
    return {
        "number": 5,
        "pull_request": {
            "number": 5,
            "head": {"ref": "teapots", "repo": {"full_name": head}},
            "base": {"ref": "main", "repo": {"full_name": "acme/shop"}},
        },
    }


@pytest.mark.parametrize(("head", "uploaded"), [("acme/shop", 1), ("stranger/shop", 0)])
def test_a_pull_request_fails_after_the_upload(act, head, uploaded):
    ended = act(GATE_SHOPS, [("gate", "failing", False)], "pull_request", pull_request(head))
    assert ended.exit_code == 1
    assert ended.steps["gate"]["outputs"]["exit-code"] == "1"
    assert len(ended.uploads) == uploaded
    notices = [line["arg"] for line in ended.commands("notice")]
    assert [("fork" in notice) for notice in notices] == [True] * (1 - uploaded)
