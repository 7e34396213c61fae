"""The hook, installed by pre-commit from a commit of this working tree."""

import os
import subprocess
import sys

import pytest

from tests.tools import need

pytestmark = pytest.mark.real

# In two parts, so that no scanner takes this file for a leak.
SECRET = "sk_live_" + "51HqVbRt8mKpLzX3wNcYdE7fG"
UNSAFE_WORKFLOW = """
on: pull_request_target
jobs:
  preview:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          ref: ${{ github.event.pull_request.head.sha }}
      - run: npm ci && npm run deploy
        env:
          TOKEN: ${{ secrets.DEPLOY_TOKEN }}
"""


@pytest.fixture
def hooked(tmp_path, monkeypatch, checkout, git, tree):
    """A repository with the hook; committing in it runs the hook."""
    need("pre-commit")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    root = tree(
        {
            "index.html": "<h1>Teapots</h1>\n",
            ".pre-commit-config.yaml": (
                f"repos:\n  - repo: {checkout.path.as_uri()}\n    rev: {checkout.commit}\n"
                "    hooks: [{id: shopsec}, {id: shopsec-full, args: [--offline]}]\n"
            ),
        }
    )
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    command = [os.path.join(os.path.dirname(sys.executable), "pre-commit"), "install"]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return root


def test_blocks_a_secret_and_an_unsafe_workflow(hooked, git):
    assert refusal(git, hooked) == ""

    settings = hooked / "settings.ini"
    settings.write_text("[payments]\n")
    git(hooked, "add", "settings.ini")
    assert refusal(git, hooked) == ""
    settings.write_text(f"[payments]\nstripe = {SECRET}\n")
    # --all makes git hand the hook an index of its own (GIT_INDEX_FILE).
    said = refusal(git, hooked, "--all")
    assert "exit code: 1" in said, said
    assert "settings.ini:2" in said
    assert SECRET not in said
    git(hooked, "checkout", "--", "settings.ini")

    # In a linked worktree git hands the hook GIT_DIR.
    linked = hooked.parent / "linked"
    git(hooked, "worktree", "add", "--quiet", str(linked))
    workflow = linked / ".github" / "workflows" / "preview.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(UNSAFE_WORKFLOW)
    git(linked, "add", "--all")
    said = refusal(git, linked)
    assert "exit code: 1" in said, said
    assert ".github/workflows/preview.yml:" in said


def test_the_staged_content_counts_and_odd_names_are_names(hooked, git):
    odd = hooked / "-rf.txt"
    odd.write_text("nothing\n")
    git(hooked, "add", "--all")
    assert refusal(git, hooked) == ""
    # The secret is in one staged hunk; the working tree has it taken out again, or not yet staged.
    odd.write_text(f"a\nstripe = {SECRET}\nb\n")
    git(hooked, "add", "--", "-rf.txt")
    odd.write_text("a\nb\n")
    said = refusal(git, hooked)
    assert "-rf.txt:2" in said, said
    assert SECRET not in said
    git(hooked, "add", "--", "-rf.txt")
    odd.write_text(f"a\nb\nstripe = {SECRET}\n")
    assert refusal(git, hooked) == ""


def test_the_whole_shop_before_a_push(hooked, git):
    pre_commit = os.path.join(os.path.dirname(sys.executable), "pre-commit")
    command = [pre_commit, "run", "shopsec-full", "--hook-stage", "pre-push"]
    (hooked / "requirements.txt").write_text("pillow==8.4.0\n")
    git(hooked, "add", "--all")
    ended = subprocess.run(command, cwd=hooked, check=False, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "Upgrade pillow 8.4.0" in ended.stdout
    assert "exit code: 1" in ended.stdout


def refusal(git, root, *arguments):
    """What git said when the hook refused a commit; empty where it did not."""
    try:
        git(root, "commit", "--quiet", "--message", "change", *arguments)
    except subprocess.CalledProcessError as refused:
        return (refused.stdout + refused.stderr).decode()
    return ""
