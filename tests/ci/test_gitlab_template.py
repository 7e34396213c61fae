"""The GitLab template, run by gitlab-ci-local in plain shells."""

import json
import re
import subprocess

import pytest

from tests.ci.conftest import GATE_SHOPS, ROOT
from tests.tools import need

pytestmark = pytest.mark.real

INCLUDE = """
  - local: templates/shopsec.yml
    inputs:
      source: {source}
      commit: {commit}
      job-name: {folder}
      path: {folder}
      options: --offline
"""


@pytest.fixture
def shop(checkout, commit, tree):
    """A project that includes the template once a folder, as in a monorepo."""

    def build(files, *folders):
        includes = [
            INCLUDE.format(source=checkout.path.as_uri(), commit=checkout.commit, folder=folder)
            for folder in folders
        ]
        template = (ROOT / "gitlab-template" / "shopsec.yml").read_text()
        pipeline = {".gitlab-ci.yml": "include:" + "".join(includes)}
        return commit(tree(files | pipeline | {"templates/shopsec.yml": template}))

    return build


@pytest.fixture
def gitlab(tmp_path, python_first):
    def run(root, *arguments):
        need("rsync")
        command = [need("gitlab-ci-local"), "--home", str(tmp_path), *arguments]
        return subprocess.run(
            command, cwd=root, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    return run


def test_verdicts_and_artifacts(gitlab, shop, planted):
    modules, trace = planted
    root = shop(GATE_SHOPS | modules, "passing", "failing", "incomplete")
    ended = gitlab(root, "--force-shell-executor", "--shell-isolation")
    # With several jobs gitlab-ci-local's own exit code says only that one failed.
    assert ended.returncode == 1
    finished = r"^(passing|failing|incomplete) +finished in [\d.]+ \w+ *(FAIL \d+|WARN \d+|)\s*$"
    said = dict(re.findall(finished, ended.stdout, re.MULTILINE))
    assert said == {"passing": "", "failing": "FAIL 1", "incomplete": "FAIL 3"}, ended.stdout
    for folder in said:
        reports = root / ".gitlab-ci-local" / "artifacts" / folder / "shopsec-report"
        assert sorted(path.name for path in reports.iterdir()) == [
            "shopsec.json",
            "shopsec.md",
            "shopsec.sarif",
        ]
        name = json.loads((reports / "shopsec.json").read_text())["repository"]["name"]
        assert name == folder
    assert not trace.exists(), "a module of the project was imported"


def test_runs_on_the_default_branch_and_in_merge_requests_only(gitlab, shop, git):
    root = shop({}, "shop")
    request = ("CI_PIPELINE_SOURCE=merge_request_event", "CI_MERGE_REQUEST_IID=5")

    def jobs(*variables):
        flags = [flag for variable in variables for flag in ("--variable", variable)]
        return "\nshop;" in gitlab(root, "--list-csv", *flags).stdout

    assert jobs()
    git(root, "checkout", "--quiet", "-b", "teapots")
    assert not jobs()
    assert jobs(*request)
