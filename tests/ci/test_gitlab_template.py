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
      trivy: none
      options: --offline{more}
"""
ORIGIN = "https://github.com/acme/shop.git"
REPORTS = [
    "code-quality.json", "comment.md", "container-scanning.json", "dependency-scanning.json",
    "gate.env", "junit.xml", "sast.json", "secret-detection.json", "shopsec.cdx.json",
    "shopsec.decision.json", "shopsec.html", "shopsec.json", "shopsec.md", "shopsec.sarif",
]  # fmt: skip


@pytest.fixture
def shop(checkout, commit, tree):
    """A project that includes the template once a folder, as in a monorepo."""

    def build(files, *folders, **inputs):
        more = "".join(f"\n      {name}: {value}" for name, value in inputs.items())
        source = checkout.path.as_uri()
        includes = [
            INCLUDE.format(source=source, commit=checkout.commit, folder=folder, more=more)
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


def ends(printed):
    """How each job ended, by name: empty where it passed."""
    finished = (
        r"^(?!pipeline )(\S+(?: \[\d/\d\])?) +finished in [\d.]+ \w+ *(FAIL \d+|WARN \d+|)\s*$"
    )
    return dict(re.findall(finished, printed, re.MULTILINE))


def reports_of(root, name):
    """The reports of the one job that begins so and kept some; its name is encoded there."""
    jobs = (root / ".gitlab-ci-local" / "artifacts").glob(f"{name}*/shopsec-report")
    (reports,) = (each for each in jobs if any(each.iterdir()))
    return reports


def test_verdicts_and_artifacts(gitlab, shop, planted):
    modules, trace = planted
    root = shop(GATE_SHOPS | modules, "passing", "failing", "incomplete")
    ended = gitlab(root, "--force-shell-executor", "--shell-isolation")
    assert ends(ended.stdout) == {
        "passing: [1/1]": "", "passing:gate": "",
        "failing: [1/1]": "", "failing:gate": "FAIL 1",
        "incomplete: [1/1]": "", "incomplete:gate": "FAIL 3",
    }, ended.stdout  # fmt: skip
    for folder in ("passing", "failing", "incomplete"):
        reports = reports_of(root, folder)
        assert sorted(path.name for path in reports.iterdir()) == REPORTS
        name = json.loads((reports / "shopsec.json").read_text())["repository"]["name"]
        assert name == folder
    worst = json.loads((reports_of(root, "failing") / "code-quality.json").read_text())[0]
    assert worst["severity"] == "blocker"
    assert worst["location"] == {"path": "failing/requirements.txt", "lines": {"begin": 1}}
    assert not trace.exists(), "a module of the project was imported"


def test_four_shards_and_what_is_let_through(gitlab, shop):
    root = shop(GATE_SHOPS, "incomplete", shards=4, **{"allow-incomplete": "true"})
    ended = gitlab(root, "--force-shell-executor", "--shell-isolation")
    assert ends(ended.stdout) == {
        **{f"incomplete: [{number}/4]": "" for number in range(1, 5)},
        "incomplete:report": "",
        "incomplete:gate": "WARN 33",
    }, ended.stdout  # fmt: skip
    merged = reports_of(root, "incomplete")
    assert sorted(path.name for path in merged.iterdir()) == REPORTS
    report = json.loads((merged / "shopsec.json").read_text())
    assert report["decision"]["outcome"] == "incomplete"


def test_what_the_project_brings_is_neither_a_report_nor_a_shard_nor_a_cache(gitlab, shop):
    """It brings a risk, and files by the names of ours that say that there is none."""
    forged = {
        "shopsec-report/exit-code": "0\n",
        "shopsec-report/gate.env": "SHOPSEC_EXIT_CODE=0\n",
        "shopsec-report/code-quality.json": "[]",
        ".shopsec-cache/shopsec/tools/trivy/current": "0.0.0",
    }
    root = shop(GATE_SHOPS | forged, "failing", shards=2)
    ended = gitlab(root, "--force-shell-executor", "--shell-isolation")
    assert ends(ended.stdout) == {
        "failing: [1/2]": "", "failing: [2/2]": "", "failing:report": "",
        "failing:gate": "FAIL 1",
    }, ended.stdout  # fmt: skip
    kept = root / ".gitlab-ci-local"
    shards = [
        path for path in kept.glob("artifacts/failing*/") if (path / "shopsec-shards").is_dir()
    ]
    assert len(shards) == 2
    assert [path for each in shards for path in each.glob("shopsec-report/*")] == []
    assert list(kept.glob("cache/**/current")) == []


def test_shards_that_the_project_brings_end_the_report(gitlab, shop):
    root = shop(GATE_SHOPS | {"shopsec-shards/9.json": "{}"}, "passing", shards=2)
    ended = gitlab(root, "--force-shell-executor", "--shell-isolation")
    assert ends(ended.stdout)["passing:report"] == "FAIL 2", ended.stdout
    assert "shopsec-shards is part of the project" in ended.stdout


def test_a_merge_request_is_judged_by_its_target(gitlab, shop, git, tmp_path):
    """It brings a risk, and settings that would let it pass."""
    root = shop({"shop/index.html": "x"}, "shop")
    git(tmp_path, "clone", "--quiet", "--bare", str(root), "origin.git")
    git(root, "config", f"url.{tmp_path.as_uri()}/origin.git.insteadOf", ORIGIN)
    git(root, "checkout", "--quiet", "-b", "teapots")
    (root / "shop" / "requirements.txt").write_text("pillow==8.4.0\n")
    (root / "shop" / "shopsec.toml").write_text('policy = "observe"\n')
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "teapots")
    variables = (
        "CI_PIPELINE_SOURCE=merge_request_event", "CI_MERGE_REQUEST_IID=5",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main",
    )  # fmt: skip
    flags = [flag for variable in variables for flag in ("--variable", variable)]
    ended = gitlab(root, "--force-shell-executor", "--shell-isolation", *flags)
    assert ends(ended.stdout) == {"shop: [1/1]": "", "shop:gate": "FAIL 1"}, ended.stdout
    report = json.loads((reports_of(root, "shop") / "shopsec.json").read_text())
    assert report["policy"] == "small-team"
    assert report["compared_with"].endswith("the merge base with origin/main")
    changed = {
        each["finding"]["location"]["uri"]
        for each in report["results"]
        if each["finding"]["rule_id"] == "shopsec.settings-changed"
    }
    assert changed == {"shop/shopsec.toml"}


def test_runs_on_the_default_branch_and_in_merge_requests_only(gitlab, shop, git):
    root = shop({}, "shop")
    request = ("CI_PIPELINE_SOURCE=merge_request_event", "CI_MERGE_REQUEST_IID=5")

    def jobs(*variables):
        flags = [flag for variable in variables for flag in ("--variable", variable)]
        return "\nshop: [1/1];" in gitlab(root, "--list-csv", *flags).stdout

    assert jobs()
    git(root, "checkout", "--quiet", "-b", "teapots")
    assert not jobs()
    assert jobs(*request)
