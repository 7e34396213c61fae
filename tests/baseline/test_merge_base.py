"""--base-ref: what a branch brings is new, by the settings of the commit it started from."""

import hashlib
import json

import pytest
from click.testing import CliRunner

from shopsec.baseline.file import FILE_NAME, render_baseline
from shopsec.cli.main import cli
from tests.baseline.conftest import ONLY, against
from tests.secrets import planted

SECRET = f'STRIPE = "{planted.stripe()}"\n'
LONG = "".join(f"def f{number}(x):\n    return x + {number}\n" for number in range(30))


def test_only_what_the_branch_brings_is_new(branch, commit, run):
    root = branch({"a.py": "eval(x)\n", "b.py": SECRET, "c.py": "exec(x)\n"})
    commit(root, {"a.py": "y = 1\neval(x)\nexec(y)\n", "c.py": "x = 1\n"})
    (root / "untracked.py").write_text("eval(z)\n")
    ended = against(run, root)
    assert ended.states() == {
        ("bandit.B307", "a.py"): "unchanged",
        ("bandit.B102", "a.py"): "new",
        ("bandit.B307", "untracked.py"): "new",
        ("secrets.stripe-live-key", "b.py"): "unchanged",
    }
    assert [each["uri"] for each in ended.document["absent"]] == ["c.py"]
    assert "merge base with base" in ended.document["compared_with"]
    assert "prune" not in run("scan", root, "--base-ref", "base", *ONLY).stdout


def test_scanners_of_single_files_look_at_what_differs(branch, commit, run, monkeypatch):
    from shopsec.scan.code.bandit import Bandit

    seen: list[list[str]] = []
    scan = Bandit.scan

    def noted(self, target, host):
        seen.append([file.uri for file in target.inventory.files])
        return scan(self, target, host)

    monkeypatch.setattr(Bandit, "scan", noted)
    root = branch({"a.py": "eval(x)\n", "b.py": "eval(x)\n", "c.py": "eval(x)\n"})
    commit(root, {"a.py": "eval(y)\n"})
    (root / "c.py").unlink()
    against(run, root)
    assert seen == [["a.py", "c.py"], ["a.py", "b.py"]]


def test_a_renamed_file_keeps_its_results(branch, git, run, commit):
    root = branch({"a.py": LONG + "eval(x)\n", "key.py": SECRET})
    git(root, "mv", "a.py", "moved.py")
    git(root, "mv", "key.py", "new-key.py")
    commit(root, {"moved.py": LONG + "# moved\neval(x)\n"})
    ended = against(run, root)
    assert set(ended.states().values()) == {"unchanged"}
    assert ended.document["absent"] == []


def test_a_rename_hides_nothing(branch, git, run, commit):
    workflow = """on: pull_request_target
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: {ref: "${{ github.event.pull_request.head.sha }}"}
      - run: npm ci && npm test
        env: {KEY: "${{ secrets.KEY }}"}
"""
    password = f'DB_PASSWORD = "{planted.password()}"\n'
    root = branch({"off/pr.yml": workflow, "tests/test_a.py": LONG + password})
    (root / ".github" / "workflows").mkdir(parents=True)
    git(root, "mv", "off/pr.yml", ".github/workflows/pr.yml")
    git(root, "mv", "tests/test_a.py", "a.py")
    commit(root, {})
    states = against(run, root, only=("--only", "access", "--only", "secrets")).states()
    assert states["DEPLOY-001", ".github/workflows/pr.yml"] == "new"
    assert states["secrets.keyword", "a.py"] == "new"


def test_scanners_of_the_whole_look_at_everything(branch, commit, run):
    root = branch({"requirements.txt": "django==3.2.0\n", "a.py": "x = 1\n"})
    commit(root, {"a.py": "x = 2\n"})
    ended = against(run, root, only=("--only", "osv"))
    assert {state for (rule, _), state in ended.states().items() if rule[:3] == "CVE"} == {
        "unchanged"
    }
    commit(root, {"requirements.txt": "django==3.2.0\npillow==8.4.0\n"})
    ended = against(run, root, only=("--only", "osv"))
    states = {
        result["finding"]["package"]["name"]: result["state"]
        for result in ended.document["results"]
        if result["finding"]["package"]
    }
    assert states == {"django": "unchanged", "pillow": "new"}


SETTINGS = 'exclude = ["skipped/"]\npolicy = "gate.yaml"\n'
GATE = """policy: ours
title: Ours.
fail:
  - {id: all, text: is there, when: "result.state == 'new'"}
"""


def test_a_pull_request_cannot_change_what_it_is_judged_by(branch, commit, run):
    root = branch({"shopsec.toml": SETTINGS, "gate.yaml": GATE, "a.py": "x = 1\n"})
    commit(
        root,
        {
            "shopsec.toml": 'exclude = ["*"]\npolicy = "observe"\nskip = ["bandit"]\n',
            "gate.yaml": GATE.replace("'new'", "'never'"),
            "a.py": "eval(x)\n",
            "skipped/b.py": "eval(x)\n",
            ".gitleaksignore": "c.py:any:1\n",
            "c.py": SECRET,
            FILE_NAME: render_baseline([]),
        },
    )
    ended = against(run, root)
    assert ended.code == 1
    assert ended.document["policy"] == "ours"
    states = ended.states()
    assert states["bandit.B307", "a.py"] == "new"
    assert states["secrets.stripe-live-key", "c.py"] == "new"
    assert ("bandit.B307", "skipped/b.py") not in states
    changed = {uri for rule, uri in states if rule == "shopsec.settings-changed"}
    assert changed == {"shopsec.toml", "gate.yaml", ".gitleaksignore", FILE_NAME}
    messages = [result["finding"]["message"] for result in ended.document["results"]]
    assert any("(exclude, policy, +skip)" in message for message in messages)
    assert any("(fail.all.when)" in message for message in messages)


def test_a_change_of_the_pipeline_that_starts_us_is_a_result(branch, commit, run):
    ours = "jobs: {gate: {steps: [{uses: acme/shopsec@v1, with: {policy: strict}}]}}\n"
    root = branch(
        {
            ".github/workflows/gate.yml": ours,
            ".github/workflows/other.yml": "jobs: {}\n",
            ".gitlab-ci.yml": "include: shopsec\n",
            ".pre-commit-config.yaml": "repos: [{repo: x/shopsec}]\n",
        }
    )
    (root / ".gitlab-ci.yml").unlink()
    changed = {
        ".github/workflows/gate.yml": ours.replace("strict", "observe"),
        ".github/workflows/other.yml": "jobs: {a: {}}\n",
    }
    commit(root, changed)
    messages = {
        each["finding"]["location"]["uri"]: each["finding"]["message"].partition(": ")[2]
        for each in against(run, root).document["results"]
    }
    assert messages == {
        ".github/workflows/gate.yml": "the file is changed (jobs.gate.steps.0.with.policy)",
        ".gitlab-ci.yml": "the file is removed (-include)",
    }


def test_a_change_of_the_pipeline_above_the_folder_is_a_result(branch, commit, git, run):
    """Of a monorepo: what chooses the folder does not lie in it."""
    ours = "jobs: {gate: {steps: [{uses: acme/shopsec@v1, with: {path: apps/shop}}]}}\n"
    root = branch(
        {
            ".github/workflows/gate.yml": ours,
            ".github/workflows/other.yml": "jobs: {}\n",
            ".gitlab-ci.yml": "include: shopsec\n",
            "apps/shop/a.py": "x = 1\n",
        }
    )
    git(root, "rm", "-q", ".gitlab-ci.yml")
    changed = {
        ".github/workflows/gate.yml": ours.replace("apps/shop", "apps/empty"),
        ".github/workflows/other.yml": "jobs: {a: {}}\n",
        "apps/empty/b.py": "x = 1\n",
    }
    commit(root, changed)
    for folder in ("apps/shop", "apps/empty"):
        found = {
            each["finding"]["location"]["uri"]: each["finding"]["message"].partition(": ")[2]
            for each in against(run, root / folder).document["results"]
        }
        assert found == {
            ".github/workflows/gate.yml": "the file is changed (jobs.gate.steps.0.with.path)",
            ".gitlab-ci.yml": "the file is removed (-include)",
        }


def test_an_old_starting_point_chooses_no_old_rules(branch, commit, git, run, tmp_path):
    files = {"gate.yaml": GATE.replace("'new'", "'never'"), "shopsec.toml": SETTINGS}
    root = branch({**files, "a.py": "x = 1\n", ".gitleaksignore": "c.py:any:1\n"})
    git(root, "checkout", "-q", "base")
    (root / ".gitleaksignore").unlink()
    commit(root, {"gate.yaml": GATE, "d.py": "eval(x)\n"})
    tip = git(root, "rev-parse", "base").strip()
    git(root, "checkout", "-q", "feature")
    commit(root, {"a.py": "eval(x)\n", "c.py": SECRET})
    record = tmp_path / "decision.json"
    ended = against(run, root, "--output", f"decision={record}")
    assert ended.code == 1
    # What came to the base later is neither the branch's nor gone, and no change of its settings.
    assert ended.states() == {
        ("bandit.B307", "a.py"): "new",
        ("secrets.stripe-live-key", "c.py"): "new",
    }
    assert ended.document["absent"] == []
    assert json.loads(record.read_text())["predicate"]["configuration"]["commit"] == tip


@pytest.mark.parametrize("in_base", [True, False])
def test_a_branch_does_not_choose_which_paths_are_business(branch, commit, git, run, in_base):
    of_magento = {"bin/magento": "#!/usr/bin/env php\n"}
    root = branch({"a.py": "x = 1\n", **(of_magento if in_base else {})})
    if in_base:
        git(root, "rm", "-q", "bin/magento")
    commit(root, {"Integration/a.py": "eval(x)\n", **({} if in_base else of_magento)})
    (result,) = against(run, root, only=("--only", "bandit")).document["results"]
    terms = {term["text"] for term in result["terms"]}
    assert ("on the path of money or of administration" in terms) is in_base


def test_flags_that_name_files_of_the_repository_take_those_of_the_base(
    branch, commit, run, monkeypatch
):
    root = branch({"ci/shop.toml": 'exclude = ["x.py"]\n', "gate.yaml": GATE, "a.py": "x = 1\n"})
    commit(root, {"ci/shop.toml": 'exclude = ["*.py"]\n', "gate.yaml": "x: 1\n"})
    (root / "a.py").write_text("eval(x)\n")
    monkeypatch.chdir(root)
    ended = against(run, root, "--config", "ci/shop.toml", "--policy", "gate.yaml")
    assert ended.code == 1
    changed = {uri for rule, uri in ended.states() if rule == "shopsec.settings-changed"}
    assert changed == {"ci/shop.toml", "gate.yaml"}
    assert ended.states()["bandit.B307", "a.py"] == "new"


def test_a_file_that_a_flag_names_above_the_folder_is_refused(branch, run):
    root = branch({"gate.yaml": GATE, "apps/a.py": "x = 1\n"})
    ended = run("scan", root / "apps", "--base-ref", "base", "--policy", root / "gate.yaml")
    assert ended.code == 2
    assert "lies outside of the folder scanned" in ended.error


def test_errors_in_the_bases_settings_name_the_commit(branch, commit, git, run):
    root = branch({"shopsec.toml": "\npolcy = 1\n"})
    commit(root, {"shopsec.toml": ""})
    ended = against(run, root)
    base = git(root, "rev-parse", "base")[:12]
    assert ended.code == 2
    assert f"{base}:shopsec.toml:2: unknown key 'polcy'" in ended.error


def test_a_folder_of_the_repository(branch, commit, run):
    root = branch({"apps/a.py": "eval(x)\n", "b.py": "eval(x)\n"})
    commit(root, {"apps/a.py": "eval(x)\nexec(y)\n", "b.py": "exec(x)\n"})
    ended = against(run, root / "apps")
    assert ended.states() == {
        ("bandit.B307", "apps/a.py"): "unchanged",
        ("bandit.B102", "apps/a.py"): "new",
    }


# What cannot be compared is an error with the next step, never an empty comparison.


def test_an_unknown_ref(branch, run):
    root = branch({"a.py": "x = 1\n"})
    for ref in ("nope", "--all", "-x", "HEAD:a.py", "base..feature", "base...feature"):
        ended = run("scan", root, f"--base-ref={ref}")
        assert ended.code == 2
        assert f"--base-ref {ref}: is no commit here" in ended.error


def test_a_shallow_clone(branch, commit, git, run, tmp_path):
    root = branch({"a.py": "x = 1\n"})
    commit(root, {"b.py": "x = 1\n"})
    git(root, "checkout", "-q", "base")
    commit(root, {"c.py": "x = 1\n"})
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", f"file://{root}", str(clone))
    ended = run("scan", clone, "--base-ref", "origin/feature")
    assert ended.code == 2
    assert "has no commit in common with HEAD" in ended.error
    assert "fetch-depth: 0" in ended.error


def test_unrelated_histories(branch, git, run):
    root = branch({"a.py": "x = 1\n"})
    other = git(root, "commit-tree", "HEAD^{tree}", "-m", "other").strip()
    ended = run("scan", root, "--base-ref", other)
    assert ended.code == 2
    assert "name the branch that this one started from" in ended.error


def test_no_repository_and_no_commit(tree, git, run):
    root = tree({"a.py": "x = 1\n"})
    assert "--base-ref needs a git repository" in run("scan", root, "--base-ref", "main").error
    git(root, "init", "-q")
    assert "there is no commit yet" in run("scan", root, "--base-ref", "main").error


@pytest.mark.parametrize("flag", ["--staged", "--history"])
def test_what_does_not_go_together(branch, run, flag, monkeypatch):
    monkeypatch.chdir(branch({"a.py": "x = 1\n"}))
    assert "--base-ref goes with neither" in run("scan", flag, "--base-ref", "base").error


def test_a_missing_content_is_incomplete_and_never_clean(branch, commit, git, run):
    root = branch({"a.py": "eval(x)\n", "b.py": "x = 1\n"})
    blob = git(root, "rev-parse", "HEAD:a.py").strip()
    commit(root, {"a.py": "exec(x)\n"})
    path = root / ".git" / "objects" / blob[:2] / blob[2:]
    path.chmod(0o600)
    path.unlink()
    ended = against(run, root)
    (entry,) = [each for each in ended.document["coverage"] if each["scanner"] == "merge-base"]
    assert entry["not_covered"][0]["reason"] == "its content is missing in this clone"
    assert ended.code == 3


def test_what_a_scanner_missed_in_the_base_is_new_and_said(branch, commit, run):
    root = branch({"a.py": "eval(x)\ndef (:\n", "b.py": "eval(x)\n"})
    commit(root, {"a.py": "eval(x)\n"})
    ended = against(run, root)
    assert ended.states() == {("bandit.B307", "a.py"): "new", ("bandit.B307", "b.py"): "unchanged"}
    (entry,) = [each for each in ended.document["coverage"] if each["scanner"] == "merge-base"]
    assert entry["status"] == "succeeded"
    (said,) = entry["excluded"]
    assert said["reason"].startswith("scanner that did not finish there (bandit)")


def test_a_baseline_is_not_asked(branch, commit, run):
    root = branch({"a.py": "eval(x)\n", FILE_NAME: render_baseline([])})
    commit(root, {"b.py": "x = 1\n"})
    ended = against(run, root)
    assert ended.states() == {("bandit.B307", "a.py"): "unchanged"}


def test_the_temporary_copy_is_removed(branch, run, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    root = branch({"a.py": "eval(x)\n"})
    document = against(run, root).document
    assert list(folder.iterdir()) == []
    assert str(folder) not in json.dumps(document)


@pytest.mark.parametrize("deleted", [False, True])
def test_a_record_names_the_bases_configuration(branch, commit, git, run, tmp_path, deleted):
    root = branch({"shopsec.toml": SETTINGS, "gate.yaml": GATE, "a.py": "x = 1\n"})
    base = git(root, "rev-parse", "base").strip()
    if deleted:
        (root / "shopsec.toml").unlink()
        (root / "gate.yaml").unlink()
    else:
        (root / "shopsec.toml").write_text("policy = 'observe'\n")
    commit(root, {"a.py": "x = 2\n"})
    record = tmp_path / "decision.json"
    assert against(run, root, "--output", f"decision={record}").code == 1
    told = json.loads(record.read_text())["predicate"]["configuration"]
    digest = hashlib.sha256(SETTINGS.encode()).hexdigest()
    assert told == {"name": "shopsec.toml", "sha256": digest, "commit": base}
    result = CliRunner().invoke(cli, ["verify", str(record), "--repository", str(root)])
    assert "as recorded: fail" in result.stdout, result.output


def test_a_branch_cannot_allow_by_a_comment_what_it_brings(branch, commit, run):
    said = "shopsec: allow bandit.B307 until 2026-12-05 by Bob because only the build runs it"
    root = branch({"apps/a.py": f"eval(x)  # {said}\n"})
    commit(root, {"apps/b.py": f"eval(x)  # {said}\n"})
    for folder in (root, root / "apps"):
        results = against(run, folder).document
        active = {
            each["finding"]["location"]["uri"]: each["suppressed_by"] is None
            for each in results["results"]
        }
        assert active == {"apps/a.py": False, "apps/b.py": True}
        (refused,) = [each for each in results["suppressions"] if each["state"] == "refused"]
        assert refused["note"] == "new or changed in this branch: it counts once it is in the base"


def test_a_link_of_the_branch_does_not_move_what_a_flag_names(branch, commit, run, monkeypatch):
    root = branch({"ci/shop.toml": "", "ci/gate.yaml": GATE, "x/y": "", "a.py": "x = 1\n"})
    commit(root, {"a.py": "eval(x)\n", "lax/gate.yaml": GATE.replace("'new'", "'never'")})
    (root / "ci" / "gate.yaml").unlink()
    (root / "ci" / "shop.toml").unlink()
    (root / "ci").rmdir()
    (root / "ci").symlink_to("lax")
    commit(root, {})
    monkeypatch.chdir(root)
    ended = against(run, root, "--policy", "ci/gate.yaml")
    assert ended.code == 1
    assert ("shopsec.settings-changed", "ci/gate.yaml") in ended.states()


def test_settings_of_the_base_that_are_a_link_are_refused(branch, commit, git, run):
    root = branch({"other.toml": "", "a.py": "x = 1\n"})
    (root / "shopsec.toml").symlink_to("other.toml")
    commit(root, {})
    git(root, "branch", "-f", "base")
    (root / "shopsec.toml").unlink()
    commit(root, {"shopsec.toml": ""})
    ended = against(run, root)
    assert ended.code == 2
    assert "shopsec.toml: is a symbolic link" in ended.error


def workflow(*uses, job="build"):
    steps = "".join(f"      - uses: {name}\n" for name in uses)
    return (
        f"on: push\npermissions: {{}}\njobs:\n  {job}:\n    runs-on: ubuntu-24.04\n"
        f"    steps:\n{steps}"
    )


HIJACKED, ALSO_HIJACKED = "tj-actions/changed-files@v44", "reviewdog/action-setup@v1"
OLD, DEPLOY = ".github/workflows/old.yml", ".github/workflows/deploy.yml"


def test_a_comment_in_the_base_does_not_allow_a_place_that_a_branch_adds(branch, commit, run):
    said = "shopsec: allow DEPLOY-005 until 2026-12-05 by Bob because its runner has no secrets"
    allowed = workflow(f"{HIJACKED}  # {said}")
    root = branch({OLD: allowed, "a.txt": "a"})

    def active():
        results = against(run, root, only=("--only", "access")).document["results"]
        return [
            each["suppressed_by"] is None
            for each in results
            if each["finding"]["rule_id"] == "DEPLOY-005"
        ]

    assert active() == [False]
    commit(root, {DEPLOY: workflow(ALSO_HIJACKED)})
    assert active() == [True]
