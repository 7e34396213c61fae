"""``shopsec init`` end to end, in real repositories."""

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shopsec.cli import new_files
from shopsec.cli.diff import created
from shopsec.cli.new_files import NewFile, is_there, write_all
from shopsec.cli.output import write_new
from shopsec.errors import OutputError, UsageError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "bin/magento": "#!/usr/bin/env php\n",
    "compose.yaml": "services:\n  web:\n    image: php:8.3\n",
    "deploy.py": "import subprocess\nsubprocess.run('ls ' + name, shell=True)\n",
}
SETTINGS = """\
# Settings of shopsec; `shopsec schema` prints all that there are.

# When the gate fails: small-team, strict, observe, commit, or a .yaml file beside this one.
policy = "small-team"

# Recognised: magento (bin/magento).
# The kind of shop says which files money and customers' data flow through: shopsec paths
# platform = "magento"
"""
WORKFLOW = """\
# What to fix first: in each pull request what it adds, else all that the baseline does not know.
name: shopsec
on:
  pull_request:
  push:
    branches: ["trunk"]
  merge_group:
  schedule:
    - cron: "23 4 * * 1" # advisories appear without a commit
permissions: {}
concurrency:
  group: shopsec-${{ github.ref }}
  cancel-in-progress: true
jobs:
  shopsec:
    name: What to fix first
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read # check the repository out
      # security-events: write # for upload-sarif, and in a private repository actions: read
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          fetch-depth: 0 # the base of a pull request must be there
          persist-credentials: false
      - uses: acme/shopsec@0123456789abcdef0123456789abcdef01234567
        with:
          upload-sarif: false # true shows the results in code scanning, where the plan has it
"""
PRE_COMMIT = """\
# Once in each clone: pre-commit install
repos:
  - repo: "{url}"
    rev: "0123456789abcdef0123456789abcdef01234567"
    hooks:
      - id: shopsec # secrets and access in what is staged; no network
"""
GITLAB = """\
# Runs in merge requests and on the default branch; for a weekly run: Build,
# Pipeline schedules. Jobs of yours without rules: do not run in merge requests, which
# GitLab then judges by shopsec alone; its gitlab-template/README.md says how they do.
include:
  - project: "sec/shopsec"
    ref: "0123456789abcdef0123456789abcdef01234567"
    file: "/gitlab-template/shopsec.yml"
    inputs:
      source: "https://git.acme.example/sec/shopsec.git"
      commit: "0123456789abcdef0123456789abcdef01234567"
      # stage: test # one of yours, where stages: leaves test out
"""
ON_GITHUB = ("--source", "acme/shopsec", "--commit", COMMIT)


@pytest.fixture
def init(tmp_path):
    """Run ``shopsec init --offline --quiet`` with nobody at stdin."""

    def run(root, *arguments, cwd=None, **environ):
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        words = [sys.executable, "-P", "-m", "shopsec", "init", root, "--offline", "-q"]
        return subprocess.run(
            [*words, *arguments],
            env=os.environ | {"HOME": str(home)} | environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd,
        )

    return run


@pytest.fixture
def shop(tree, git):
    """A committed shop; ``origin`` and the default branch as asked."""

    def make(files=FILES, origin="https://user:s3cret@github.com/acme/shop.git", branch="trunk"):
        root = tree(files)
        git(root, "init", "-q", "-b", branch)
        git(root, "add", "-A")
        git(root, "commit", "-qm", "first")
        if origin:
            git(root, "remote", "add", "origin", origin)
            git(root, "update-ref", f"refs/remotes/origin/{branch}", "HEAD")
            git(root, "symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{branch}")
            git(root, "checkout", "-qb", "begin")
        return root

    return make


def untracked(git, root):
    return git(root, "status", "--porcelain", "-uall").splitlines()


def test_submodules_are_told_of(init, shop):
    told = "submodules: no pipeline checks them out unasked"
    root = shop(FILES | {".gitmodules": ""})
    assert told in init(root, "--dry-run", *ON_GITHUB).stderr
    (root / ".gitmodules").unlink()
    assert told not in init(root, "--dry-run", *ON_GITHUB).stderr


def test_on_github(init, shop, shopsec, scan, git):
    root = shop(FILES | {"CODEOWNERS": "* @acme/shop\n"})
    baseline = root / "shopsec-baseline.json"
    assert shopsec("baseline", "create", root, "--offline", "-q").returncode == 0
    expected = baseline.read_bytes()
    assert b'"rule": "bandit.B602"' in expected
    baseline.unlink()

    ended = init(root, "--yes", *ON_GITHUB)
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr
    assert "s3cret" not in ended.stdout + ended.stderr
    assert untracked(git, root) == [
        "?? .github/workflows/shopsec.yml",
        "?? .pre-commit-config.yaml",
        "?? shopsec-baseline.json",
        "?? shopsec.toml",
    ]
    assert (root / ".github/workflows/shopsec.yml").read_text() == WORKFLOW
    url = "https://github.com/acme/shopsec"
    assert (root / ".pre-commit-config.yaml").read_text() == PRE_COMMIT.format(url=url)
    assert (root / "shopsec.toml").read_text() == SETTINGS
    assert baseline.read_bytes() == expected
    assert ended.stderr.splitlines()[:3] == [
        "GitHub: origin is at github.com",
        "default branch: trunk",
        f"shopsec is fetched from: {url} at {COMMIT}",
    ]

    # What was written is no result itself, and the baseline knows the rest.
    git(root, "add", "-A")
    git(root, "commit", "-qm", "shopsec")
    results = scan(root, "--offline").document["results"]
    assert {each["finding"]["location"]["uri"]: each["state"] for each in results} == {
        "deploy.py": "unchanged",
    }

    again = init(root, "--yes", *ON_GITHUB)
    assert (again.returncode, again.stdout) == (0, "")
    assert "to add" not in again.stderr
    assert again.stderr.splitlines()[-1] == "nothing to write: all files are there"
    assert untracked(git, root) == []


def test_on_gitlab(init, shop, git):
    files = FILES | {"readme.txt": "teapots\n"}
    root = shop(files, origin="git@git.acme.example:shops/teapots.git")
    url = "https://git.acme.example/sec/shopsec.git"
    ended = init(root, "--gitlab", "--yes", "--source", url, "--commit", COMMIT)
    assert ended.returncode == 0, ended.stderr
    assert untracked(git, root) == [
        "?? .gitlab-ci.yml",
        "?? .pre-commit-config.yaml",
        "?? shopsec-baseline.json",
        "?? shopsec.toml",
    ]
    assert (root / ".gitlab-ci.yml").read_text() == GITLAB
    assert (root / ".pre-commit-config.yaml").read_text() == PRE_COMMIT.format(url=url)


def test_the_diff_is_what_is_written(init, shop, git):
    root = shop()
    shown = init(root, "--dry-run", *ON_GITHUB)
    assert shown.returncode == 0
    assert shown.stderr.splitlines()[-1] == "nothing was written; without --dry-run it is"
    assert untracked(git, root) == []

    (root.parent / "shown.diff").write_text(shown.stdout)
    git(root, "apply", "../shown.diff")
    names = [line.removeprefix("?? ") for line in untracked(git, root)]
    assert len(names) == 4
    applied = {name: (root / name).read_bytes() for name in names}
    git(root, "clean", "-fdq")
    assert init(root, "--yes", *ON_GITHUB).stdout == shown.stdout
    assert {name: (root / name).read_bytes() for name in names} == applied


def test_nobody_to_ask(init, shop, git):
    root = shop()
    ended = init(root, *ON_GITHUB)
    assert ended.returncode == 2
    assert ended.stdout.count("--- /dev/null\n") == 4
    assert ended.stderr.splitlines()[-1] == (
        "nothing was written, for there is nobody to ask: run with --yes"
    )
    assert untracked(git, root) == []


def test_a_closed_stdin_is_nobody(shop, git, tmp_path):
    root = shop({"a.py": "x = 1\n"})
    command = f'"{sys.executable}" -P -m shopsec init --offline -q "{root}" <&-'
    ended = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=False,
        env=os.environ | {"HOME": str(tmp_path)},
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.endswith("there is nobody to ask: run with --yes\n")
    assert untracked(git, root) == []


@pytest.mark.parametrize(
    ("answer", "code", "written"), [("y\n", 0, 4), ("\n", 0, 0), ("\4", 130, 0)]
)
def test_a_person_is_asked(shop, git, tmp_path, answer, code, written):
    root = shop()
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    command = [sys.executable, "-P", "-m", "shopsec", "init", "--offline", "-q", root, *ON_GITHUB]
    ended = subprocess.run(
        command, stdin=theirs, capture_output=True, text=True, check=False,
        env=os.environ | {"HOME": str(tmp_path)},
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert "Write these 4 files? [y/N]: " in ended.stderr
    assert ended.returncode == code, ended.stderr
    assert len(untracked(git, root)) == written


def test_what_is_there_stays(init, shop, git):
    there = {
        ".github/workflows/shopsec.yml": "name: mine\n",
        ".gitlab-ci.yml": "build: {script: [make]}\n",
        ".pre-commit-config.yaml": "repos: []\n",
        "shopsec.toml": 'policy = "observe"\n',
        "shopsec-baseline.json": '{"version": 1, "results": [\n]}\n',
    }
    root = shop(FILES | there)
    ended = init(root, "--yes", *ON_GITHUB)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert untracked(git, root) == []
    assert git(root, "status", "--porcelain") == ""
    said = ended.stderr
    assert "GitLab: .gitlab-ci.yml is there\n" in said
    assert "shopsec.toml: is there and stays as it is\n" in said
    assert "shopsec-baseline.json: is there and stays as it is\n" in said
    assert (
        ".github/workflows/shopsec.yml: is there and stays as it is; lines to add:\n"
        f"        - uses: acme/shopsec@{COMMIT}\n"
    ) in said
    assert (
        ".pre-commit-config.yaml: is there and stays as it is; lines to add:\n"
        '    - repo: "https://github.com/acme/shopsec"\n'
    ) in said
    assert (
        ".gitlab-ci.yml: is there and stays as it is; lines to add:\n  # Runs in merge requests"
    ) in said


def test_the_include_of_a_second_folder_has_jobs_of_its_own(init, shop):
    root = shop(FILES | {"apps/b c/index.html": "x", ".gitlab-ci.yml": "include: [a.yml]\n"})
    said = init(root / "apps" / "b c", "--yes", "--gitlab", *ON_GITHUB).stderr
    assert "  include: # once: with one there, add the item to it\n" in said
    assert '        job-name: "shopsec-apps-b-c"\n        path: "apps/b c"\n' in said


def test_settings_in_pyproject_are_settings(init, shop, git):
    root = shop({"pyproject.toml": '[tool.shopsec]\nbaseline = "ci/known.json"\n'})
    ended = init(root, "--yes", *ON_GITHUB)
    assert ended.returncode == 0, ended.stderr
    assert "pyproject.toml: is there and stays as it is\n" in ended.stderr
    assert untracked(git, root)[2:] == ["?? ci/known.json"]


def test_what_must_be_fixed_now_is_left_out(init, shop):
    root = shop({"requirements.txt": "pillow==8.4.0\n"})
    ended = init(root, "--yes", *ON_GITHUB)
    assert "left out, for it must be fixed now (1):\n" in ended.stderr
    assert "  1 result will fail the gate: fix first, or take in knowingly: shopsec baseline" in (
        ended.stderr
    )
    assert "CVE-2023-4863" not in (root / "shopsec-baseline.json").read_text()


def test_a_check_that_did_not_finish(init, shop):
    root = shop({"shop.py": "def (:\n"})
    ended = init(root, "--yes", *ON_GITHUB)
    assert ended.returncode == 3
    assert "not checked: bandit: " in ended.stderr
    assert (root / "shopsec.toml").is_file()
    assert init(root, "--dry-run").returncode == 0


def test_a_folder_of_the_repository(init, shop, git):
    root = shop({"apps/shop one/a.py": "x = 1\n", "apps/b/b.py": "x = 1\n"})
    ended = init(root / "apps" / "shop one", "--yes", *ON_GITHUB)
    assert ended.returncode == 0, ended.stderr
    assert untracked(git, root) == [
        "?? .github/workflows/shopsec.yml",
        "?? .pre-commit-config.yaml",
        '?? "apps/shop one/shopsec-baseline.json"',
        '?? "apps/shop one/shopsec.toml"',
    ]
    assert (root / ".github/workflows/shopsec.yml").read_text() == WORKFLOW.replace(
        "          upload-sarif", '          path: "apps/shop one"\n          upload-sarif'
    )

    second = init(root / "apps" / "b", "--yes", *ON_GITHUB)
    assert "shopsec.yml: is there and stays as it is; lines to add:\n" in second.stderr
    assert '            path: "apps/b"\n' in second.stderr
    assert (root / "apps/b/shopsec.toml").is_file()
    third = init(root / "apps" / "shop one", "--yes", *ON_GITHUB)
    assert "shopsec.yml: is there and stays as it is\n" in third.stderr


@pytest.mark.parametrize("name", ["a\nb", "${{ github.token }}", "$HOME", "-x", 'a"b', "a\x1b[2J"])
def test_a_folder_that_no_pipeline_can_be_given(init, shop, name):
    root = shop({f"{name}/a.py": "x = 1\n"})
    ended = init("./" + name, "--yes", *ON_GITHUB, cwd=root)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "a pipeline cannot be given a folder of this name" in ended.stderr
    assert "\x1b" not in ended.stderr


def test_without_git(init, tree):
    root = tree(FILES)
    ended = init(root, "--yes", *ON_GITHUB)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.splitlines()[:5] == [
        "default branch: main",
        f"not known: not a git repository: {root} is taken for its top",
        "not known: no origin with a server is known: only files can tell GitHub from GitLab",
        "not known: the default branch is not known: main is assumed",
        "no pipeline: neither GitHub nor GitLab was met; --github or --gitlab writes one",
    ]
    assert sorted(os.listdir(root)) == sorted(
        [
            "bin",
            "compose.yaml",
            "deploy.py",
            ".pre-commit-config.yaml",
            "shopsec-baseline.json",
            "shopsec.toml",
        ]
    )


@pytest.mark.parametrize(
    ("branch", "line"),
    [
        ("c++", r'    branches: ["c\\+\\+"]'),
        ('x"],y', r'    branches: ["x\"],y"]'),
        ("größe", '    branches: ["größe"]'),
        ("a\u202eb", '    branches: ["main"]'),
        ("${{github.token}}", '    branches: ["main"]'),
    ],
)
def test_a_branch_of_any_name(init, shop, branch, line):
    root = shop({"a.py": "x = 1\n"}, branch=branch)
    ended = init(root, "--dry-run", *ON_GITHUB)
    assert f"+{line}\n" in ended.stdout, ended.stderr
    assert "\u202e" not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "link",
    [
        ".github", ".github/workflows", ".github/workflows/shopsec.yml", "shopsec.toml",
        "shopsec-baseline.json", ".pre-commit-config.yaml", ".gitlab-ci.yml",
    ],
)  # fmt: skip
def test_nothing_is_written_through_a_link(init, shop, tmp_path, link):
    root, outside = shop({"a.py": "x = 1\n"}), tmp_path / "outside"
    outside.mkdir()
    (root / link).parent.mkdir(parents=True, exist_ok=True)
    target = outside if link in {".github", ".github/workflows"} else outside / "file"
    (root / link).symlink_to(target)
    before = sorted(root.rglob("*"))
    ended = init(root, "--github", "--gitlab", "--yes", *ON_GITHUB)
    assert ended.returncode == 2
    assert f"{link}: is" in ended.stderr
    assert "a symbolic link" in ended.stderr
    assert os.listdir(outside) == []
    assert sorted(root.rglob("*")) == before


def test_a_file_in_the_place_of_a_folder(tree):
    root = tree({".github": "no folder\n"})
    with pytest.raises(UsageError) as refused:
        is_there(str(root), ".github/workflows/shopsec.yml")
    assert refused.value.message == ".github: is no folder"


def test_a_failure_half_way_says_what_was_written(tree, monkeypatch):
    root = tree({"a": ""})

    def appears(path, text):
        if path.name == "second":
            path.write_text("theirs")
        write_new(path, text)

    monkeypatch.setattr(new_files, "write_new", appears)
    files = [NewFile("in/first", "1\n"), NewFile("second", "2\n"), NewFile("third", "3\n")]
    with pytest.raises(OutputError) as stopped:
        write_all(str(root), files)
    assert stopped.value.message == f"{root}/second: is there since a moment ago"
    assert stopped.value.hint == "it stays as it is: run again; written before it: in/first"
    assert (root / "in/first").read_text() == "1\n"
    assert (root / "second").read_text() == "theirs"
    assert sorted(os.listdir(root)) == ["a", "in", "second"]


@pytest.fixture
def copied(tmp_path):
    """A copy of shopsec's checkout without git, as far as it is needed to run."""
    source = Path(new_files.__file__).resolve().parents[3]
    for name in ("src", "policies"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source / name, tmp_path / "copy" / name, ignore=ignored)
    return tmp_path / "copy"


def fetched(ended):
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("shopsec is fetched")]
    return line.removeprefix("shopsec is fetched from: ")


def test_a_placeholder_where_shopsec_comes_from_nowhere(init, shop, copied):
    root = shop({"a.py": "x = 1\n"})
    ended = init(root, "--yes", PYTHONPATH=str(copied / "src"))
    assert ended.returncode == 0, ended.stderr
    assert fetched(ended) == (
        f"https://shopsec.invalid/put-the-address-of-your-copy-here.git at {'0' * 40}"
    )
    assert "  not known: the address and the commit; a placeholder" in ended.stderr
    workflow = (root / ".github/workflows/shopsec.yml").read_text()
    assert (
        f"- uses: PUT.THE.OWNER.OF.YOUR.COPY.OF.SHOPSEC.HERE/shopsec@{'0' * 40} # put the owner"
    ) in workflow


def test_a_checkout_says_where_it_comes_from(init, shop, copied, git):
    git(copied, "init", "-q")
    git(copied, "remote", "add", "origin", "https://me:s3cret@github.com/acme/shopsec.git")
    git(copied, "add", "src/shopsec/__init__.py")
    git(copied, "commit", "-qm", "shopsec")
    commit = git(copied, "rev-parse", "HEAD").strip()
    root = shop({"a.py": "x = 1\n"})
    unpushed = init(root, "--dry-run", PYTHONPATH=str(copied / "src"))
    assert fetched(unpushed) == f"https://github.com/acme/shopsec at {'0' * 40}"
    assert "  not known: the commit; a placeholder" in unpushed.stderr
    git(copied, "update-ref", "refs/remotes/origin/main", "HEAD")
    ended = init(root, "--dry-run", PYTHONPATH=str(copied / "src"))
    assert fetched(ended) == f"https://github.com/acme/shopsec at {commit}"
    assert "s3cret" not in ended.stdout + ended.stderr
    assert f"+      - uses: acme/shopsec@{commit}\n" in ended.stdout
    other = init(root, "--dry-run", "--source", "other/shopsec", PYTHONPATH=str(copied / "src"))
    assert fetched(other) == f"https://github.com/other/shopsec at {commit}"


def test_the_repository_around_a_venv_is_not_shopsecs(init, shop, copied):
    root = shop({"a.py": "x = 1\n"})
    packages = root / "venv" / "site-packages"
    shutil.move(copied / "src", packages)
    shutil.move(copied / "policies", packages / "shopsec" / "_policies")
    ended = init(root, "--dry-run", PYTHONPATH=str(packages))
    assert fetched(ended).endswith(f"here.git at {'0' * 40}")


def test_pip_keeps_where_it_installed_from(init, shop, tmp_path):
    kept = tmp_path / "packages" / "shopsec-0.1.0.dist-info"
    kept.mkdir(parents=True)
    (kept / "METADATA").write_text("Metadata-Version: 2.1\nName: shopsec\nVersion: 0.1.0\n")
    vcs = {"vcs": "git", "requested_revision": "main", "commit_id": COMMIT}
    url = "ssh://git@gitlab.com/sec/shopsec.git"
    (kept / "direct_url.json").write_text(json.dumps({"url": url, "vcs_info": vcs}))
    root = shop({"a.py": "x = 1\n"})
    ended = init(root, "--dry-run", PYTHONPATH=str(kept.parent))
    assert fetched(ended) == f"https://gitlab.com/sec/shopsec at {COMMIT}"


def test_the_diff_of_a_new_file():
    assert created("a%20b", "x\n") == "--- /dev/null\n+++ b/a b\t\n@@ -0,0 +1 @@\n+x\n"
