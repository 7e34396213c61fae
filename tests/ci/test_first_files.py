"""What ``shopsec init`` writes, read by other people's linters and run by pre-commit."""

import json
import os
import subprocess
import sys
import tomllib

import pytest

from shopsec.starter.pipelines import CHECKOUT, github_workflow, gitlab_include, pre_commit_config
from shopsec.starter.settings_file import settings_text
from shopsec.starter.source import Source
from tests.ci.conftest import ROOT
from tests.ci.test_action import pull_request, stubs
from tests.ci.test_linters import clean
from tests.ci.test_pre_commit import SECRET, refusal
from tests.tools import need

pytestmark = pytest.mark.real

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SOURCES = {
    "github": Source("https://github.com/acme/shopsec", COMMIT),
    "gitlab": Source("https://gitlab.example.com/sec/shopsec.git", "7" * 40),
    "placeholder": Source(),
}
BRANCH = "größe/c++\"']#"


@pytest.fixture(params=SOURCES)
def source(request):
    return SOURCES[request.param]


@pytest.fixture(params=[".", "apps/teapot shop"])
def folder(request):
    return request.param


def test_workflow(tmp_path, source, folder):
    path = tmp_path / "shopsec.yml"
    path.write_text(github_workflow(source, BRANCH, folder))
    clean("zizmor", "--offline", "--no-config", "--persona", "auditor", path)
    clean("actionlint", path)
    clean("check-jsonschema", "--builtin-schema", "vendor.github-workflows", path)


def test_include(tmp_path, source, folder):
    for host in ("gitlab.example.com", ""):
        path = tmp_path / ".gitlab-ci.yml"
        path.write_text(gitlab_include(source, host, folder))
        clean("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", path)


def test_pre_commit(tmp_path, source):
    path = tmp_path / ".pre-commit-config.yaml"
    path.write_text(pre_commit_config(source))
    clean("pre-commit", "validate-config", path)


def test_settings(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(tomllib.loads(settings_text([("magento", "x")], ["a.min.js"]))))
    clean("check-jsonschema", "--schemafile", ROOT / "docs" / "shopsec.schema.json", path)


def test_the_workflow_pins_what_the_examples_pin():
    examples = (ROOT / "github-action" / "examples").glob("*.yml")
    assert any(f"uses: {CHECKOUT}\n" in path.read_text() for path in examples)


def test_the_hook_that_is_written_refuses_a_secret(tmp_path, monkeypatch, checkout, git, tree):
    need("pre-commit")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    root = tree({"index.html": "<h1>Teapots</h1>\n"})
    git(root, "init", "--quiet")
    command = [sys.executable, "-m", "shopsec", "init", root, "--yes", "--offline", "--quiet"]
    ended = subprocess.run(
        [*command, "--source", checkout.path.as_uri(), "--commit", checkout.commit],
        env=os.environ | {"HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    pre_commit = os.path.join(os.path.dirname(sys.executable), "pre-commit")
    subprocess.run([pre_commit, "install"], cwd=root, check=True, capture_output=True)
    git(root, "add", "--all")
    assert refusal(git, root) == ""

    (root / "settings.ini").write_text(f"[payments]\nstripe = {SECRET}\n")
    git(root, "add", "settings.ini")
    said = refusal(git, root)
    assert "settings.ini:2" in said, said
    assert SECRET not in said


@pytest.fixture
def begun(tmp_path, checkout, git, tree):
    """A shop with a known flaw that has begun with what was written, for act to run."""
    need("act")
    root = tree({"deploy.py": "import os\nos.system('ls ' + name)\n"})
    git(root, "init", "--quiet")
    git(root, "remote", "add", "origin", "https://github.com/acme/shop.git")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "shop")
    command = [sys.executable, "-m", "shopsec", "init", root, "--yes", "--offline", "--quiet"]
    subprocess.run(
        [*command, "--source", "acme/shopsec", "--commit", checkout.commit],
        env=os.environ | {"HOME": str(tmp_path)}, capture_output=True, check=True,
    )  # fmt: skip
    workflow = root / ".github" / "workflows" / "shopsec.yml"
    text = workflow.read_text()
    # Only what would use the network is added.
    inputs = "          offline: true\n          trivy: none\n          upload-sarif:"
    assert text.count("          upload-sarif:") == 1
    workflow.write_text(text.replace("          upload-sarif:", inputs))
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "begin")
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    return root


def summary_of(root, tmp_path, checkout, event, payload):
    """Run the workflow: its exit code, and the job summary."""
    (tmp_path / "event.json").write_text(json.dumps(payload))
    variables = {"STUB_PYTHON": sys.executable, "STUB_UPLOADS": tmp_path / "uploads"}
    variables |= {"NO_COLOR": "1", "HOME": tmp_path}
    replaced = {f"acme/shopsec@{checkout.commit}": checkout.path} | stubs(tmp_path)
    ended = subprocess.run(
        [
            need("act"), event, "--json", "--eventpath", str(tmp_path / "event.json"),
            "--workflows", ".github/workflows/shopsec.yml",
            "--platform", "ubuntu-latest=-self-hosted",
            "--action-cache-path", str(tmp_path / "act"),
            *(f"--env={name}={value}" for name, value in variables.items()),
            *(f"--local-repository={name}={path}" for name, path in replaced.items()),
        ],
        cwd=root, capture_output=True, check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    summaries = [line["content"] for line in lines if line.get("command") == "summary"]
    return ended.returncode, "".join(summaries)


def test_the_workflow_that_is_written_passes_what_the_baseline_knows(begun, tmp_path, checkout):
    code, summary = summary_of(begun, tmp_path, checkout, "push", {"ref": "refs/heads/main"})
    assert code == 0, summary
    assert "deploy.py" in summary


def test_the_workflow_that_is_written_refuses_what_a_pull_request_adds(
    begun, tmp_path, checkout, git
):
    (begun / "requirements.txt").write_text("pillow==8.4.0\n")
    git(begun, "add", "--all")
    git(begun, "commit", "--quiet", "--message", "branch")
    code, summary = summary_of(begun, tmp_path, checkout, "pull_request", pull_request("acme/shop"))
    assert code == 1, summary
    assert "Upgrade pillow 8.4.0" in summary
