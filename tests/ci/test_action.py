"""The action, run by act from a commit; setup-python and upload-sarif need GitHub and are stubs."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from tests.ci.conftest import GATE_SHOPS, ROOT
from tests.ci.test_pre_commit import SECRET
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
    "actions/cache": {
        "action.yml": """
            name: stub
            description: Write down what would be kept.
            inputs:
              path: {description: as in the original}
              key: {description: as in the original}
              restore-keys: {description: as in the original}
            runs:
              using: composite
              steps:
                - shell: bash
                  env:
                    KEPT: ${{ inputs.path }} ${{ inputs.key }} ${{ inputs.restore-keys }}
                  run: echo "$KEPT" >> "$STUB_UPLOADS.cache"
        """
    },
    "actions/upload-artifact": {
        "action.yml": """
            name: stub
            description: Write down what would be kept.
            inputs:
              name: {description: as in the original}
              path: {description: as in the original}
              overwrite: {description: as in the original}
              retention-days: {description: as in the original}
            runs:
              using: composite
              steps:
                - shell: bash
                  env:
                    NAME: ${{ inputs.name }}
                    FOLDER: ${{ inputs.path }}
                  run: echo "$NAME:$(cd "$FOLDER" && find . -type f | sort | tr '\\n' ' ')" >> "$STUB_UPLOADS.artifacts"
        """
    },
    "github/codeql-action": {
        "upload-sarif/action.yml": """
            name: stub
            description: Keep the file or the files that would be uploaded.
            inputs:
              sarif_file: {description: as in the original}
            runs:
              using: composite
              steps:
                - shell: bash
                  env:
                    SARIF: ${{ inputs.sarif_file }}
                  run: |
                    find "$SARIF" -type f | sort | while read -r file; do
                      tr --delete '\\n' < "$file" >> "$STUB_UPLOADS"; echo >> "$STUB_UPLOADS"
                    done
        """
    },
}
WORKFLOW = f"""
on: {{push: , pull_request: , merge_group: , schedule: [{{cron: '0 4 * * 1'}}]}}
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
          offline: true
          trivy: none
"""


@dataclass(frozen=True)
class Ended:
    exit_code: int
    steps: dict[str, Any]
    """What the expression ``steps`` held at the end of the job."""
    log: list[dict[str, Any]]
    uploads: list[dict[str, Any]]
    artifacts: list[str]
    kept: list[str]
    """What would be cached."""

    def outputs(self, step):
        return self.steps[step]["outputs"]

    def commands(self, name):
        return [line for line in self.log if line.get("command") == name]


@pytest.fixture
def act(tmp_path, checkout, commit, tree, git):
    """Run steps of a workflow over a shop: (name, inputs, whether the job goes on)."""

    def run(files, steps, event, payload=None, branch=None):
        lines = "".join(
            STEP % (name, checkout.commit, str(go_on).lower())
            + "".join(f"          {key}: {json.dumps(value)}\n" for key, value in inputs.items())
            for name, inputs, go_on in steps
        )
        shop = commit(tree({**files, ".github/workflows/ci.yml": WORKFLOW % lines}))
        if branch is not None:
            git(shop, "update-ref", "refs/remotes/origin/main", "HEAD")
            for name, text in branch.items():
                (shop / name).parent.mkdir(parents=True, exist_ok=True)
                (shop / name).write_text(text)
            git(shop, "add", "--all")
            git(shop, "commit", "--quiet", "--message", "branch")
        (tmp_path / "event.json").write_text(json.dumps(payload or {}))
        record, uploads = tmp_path / "steps.json", tmp_path / "uploads"
        notes = [tmp_path / f"uploads{ending}" for ending in ("", ".artifacts", ".cache")]
        for note in notes:
            note.touch()
        variables = {"STUB_PYTHON": sys.executable, "STUB_UPLOADS": uploads, "RECORD": record}
        variables["NO_COLOR"] = "1"  # act gives its steps a terminal, GitHub does not
        variables["HOME"] = tmp_path  # where databases of the machine are not
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
        uploaded, artifacts, kept = (note.read_text().splitlines() for note in notes)
        return Ended(
            ended.returncode,
            json.loads(record.read_text()),
            log,
            [json.loads(line) for line in uploaded],
            artifacts,
            kept,
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


REPORTS = sorted(
    (
        "annotations.txt", "comment.md", "shopsec.cdx.json", "shopsec.decision.json",
        "shopsec.html", "shopsec.json", "shopsec.md", "shopsec.sarif",
    )
)  # fmt: skip


def test_verdicts_and_a_hostile_shop(act, planted):
    modules, trace = planted
    ended = act(
        GATE_SHOPS | HOSTILE | modules,
        [
            ("failing", {"path": "failing"}, True),
            ("incomplete", {"path": "incomplete"}, True),
            ("hostile", {"path": HOSTILE_FOLDER, "artifact": "none", "cache": "false"}, True),
            ("passing", {"path": "passing"}, False),
        ],
        "push",
    )
    failing, incomplete, hostile, passing = map(
        ended.outputs, ("failing", "incomplete", "hostile", "passing")
    )
    assert (failing["decision"], failing["exit-code"]) == ("fail", "1")
    assert (incomplete["decision"], incomplete["exit-code"]) == ("incomplete", "3")
    assert int(failing["fix-now"]) > 0
    assert all(
        ended.steps[name]["outcome"] == "failure" for name in ("failing", "incomplete", "hostile")
    )
    summaries = [line["content"] for line in ended.commands("summary")]
    assert len(summaries) == 4
    assert "Upgrade pillow" in summaries[0]
    # Of the others a check did not finish, offline: GitHub would close its alerts.
    (uploaded,) = (each["runs"][0] for each in ended.uploads)
    assert uploaded["automationDetails"]["id"] == "shopsec/passing/"
    assert uploaded["properties"]["decision"] == passing["decision"]
    warned = ["Nothing was uploaded" in line["arg"] for line in ended.commands("warning")]
    assert warned.count(True) == 3
    files = " ".join(f"./{name}" for name in REPORTS)
    assert [each.strip() for each in ended.artifacts] == [
        f"shopsec-{name}:{files}" for name in ("failing", "incomplete", "passing")
    ]
    assert len(ended.kept) == 3
    assert ended.kept[0].startswith("~/.cache/shopsec shopsec-Linux-")
    errors = [line["arg"] for line in ended.commands("error")]
    assert any(each.startswith("CVE-2023-4863") for each in errors), errors

    assert not trace.exists(), "a module of the shop was imported"
    assert hostile["exit-code"] == "1"
    assert ["forged" in line["raw"] for line in ended.commands("ignored")] == [True]
    assert not [line for line in ended.commands("set-output") if "forged" in str(line)]
    assert "\n# Forged" not in summaries[2]

    assert passing["decision"] in {"pass", "warn"}
    assert passing["exit-code"] == "0"
    assert ended.exit_code == 0


def test_a_monorepo_in_one_step(act):
    paths = {"path": "passing\nfailing\n\nincomplete\n", "cache": "false"}
    ended = act(GATE_SHOPS, [("all", paths, True)], "schedule")
    outputs = ended.outputs("all")
    assert (outputs["decision"], outputs["exit-code"]) == ("fail", "1")
    # Of the other two a check did not finish, and GitHub would close its alerts.
    assert [each["runs"][0]["automationDetails"]["id"] for each in ended.uploads] == [
        "shopsec/passing/",
    ]
    (kept,) = ended.artifacts
    assert kept.startswith("shopsec:./1-passing/annotations.txt ")
    assert kept.count("shopsec.sarif") == 3
    (summary,) = ended.commands("summary")
    assert summary["content"].count("## shopsec: ") == 3


def test_what_is_incomplete_may_be_let_through(act):
    inputs = {"path": "incomplete", "fail-on-incomplete": "false", "cache": "false"}
    ended = act(GATE_SHOPS, [("gate", inputs, False)], "push")
    assert (ended.exit_code, ended.outputs("gate")["exit-code"]) == (0, "3")
    assert ["did not finish" in line["arg"] for line in ended.commands("warning")][-1]


def pull_request(head, **base):
    return {
        "number": 5,
        "pull_request": {
            "number": 5,
            "head": {"ref": "teapots", "repo": {"full_name": head}},
            "base": {"ref": "main", "repo": {"full_name": "acme/shop"}} | base,
        },
    }


@pytest.mark.parametrize(("head", "uploaded"), [("acme/shop", 1), ("stranger/shop", 0)])
def test_a_pull_request_is_judged_by_its_base(act, head, uploaded):
    """It brings a risk, and settings that would let it pass."""
    ended = act(
        {"shop/index.html": "x"},
        [("gate", {"path": "shop"}, False)],
        "pull_request",
        pull_request(head),
        branch={
            "shop/settings.ini": f"[payments]\nstripe = {SECRET}\n",
            "shop/shopsec.toml": 'policy = "observe"\n',
        },
    )
    assert ended.exit_code == 1
    assert ended.outputs("gate")["exit-code"] == "1"
    assert len(ended.uploads) == uploaded
    notices = [line["arg"] for line in ended.commands("notice")]
    assert [("fork" in notice) for notice in notices if "token" in notice] == [True] * (
        1 - uploaded
    )
    (summary,) = [line["content"] for line in ended.commands("summary")]
    assert "merge base with origin/main" in summary
    assert "settings-changed" in summary
    errors = [line["arg"] for line in ended.commands("error")]
    assert any(each.startswith("secrets.stripe-live-key") for each in errors), errors
    assert not any(SECRET in str(line) for line in ended.log)


def test_without_the_base_nothing_passes(act):
    ended = act(
        GATE_SHOPS, [("gate", {"path": "passing"}, False)], "pull_request",
        pull_request("acme/shop", ref="gone", sha="1" * 40),
    )  # fmt: skip
    assert ended.exit_code == 1
    outputs = ended.outputs("gate")
    assert (outputs["decision"], outputs["exit-code"]) == ("error", "2")
    assert ended.uploads == []
    assert any("fetch-depth: 0" in str(line.get("msg", "")) for line in ended.log)


def test_a_merge_queue_is_compared_with_its_base(act):
    files = {"shop/checkout.py": "eval(x)\n"}
    base = {"merge_group": {"base_sha": "HEAD^"}}
    ended = act(files, [("gate", {"path": "shop"}, False)], "merge_group", base, branch={"x": "y"})
    assert (ended.exit_code, ended.outputs("gate")["exit-code"]) == (0, "0")
    (summary,) = [line["content"] for line in ended.commands("summary")]
    assert "0 new" in summary
