"""What CI systems say a change is compared with."""

import json

import pytest

from shopsec.cli.base_ref import base_ref_of
from shopsec.errors import UsageError

SHA = "1" * 40
REMOTE = "refs/remotes/origin/main"
PULL_REQUEST = {"pull_request": {"base": {"ref": "main", "sha": SHA}, "head": {"ref": "x"}}}
MERGE_REQUEST = {
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": SHA,
}


@pytest.fixture
def github(tmp_path):
    def environ(event):
        path = tmp_path / "event.json"
        path.write_text(event if isinstance(event, str) else json.dumps(event))
        return {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(path)}

    return environ


def has(*revisions):
    return lambda revision: SHA if revision in revisions else None


def test_a_pull_request_goes_to_the_tip_of_its_base(github):
    environ = github(PULL_REQUEST)
    assert base_ref_of(environ, has(REMOTE, SHA)) == REMOTE
    assert base_ref_of(environ, has(SHA)) == SHA


def test_a_merge_queue_names_its_base(github):
    assert base_ref_of(github({"merge_group": {"base_sha": SHA}}), has(SHA)) == SHA


@pytest.mark.parametrize("event", [{}, {"ref": "refs/heads/main"}, {"pull_request": None}, []])
def test_an_event_without_a_base_is_compared_with_none(github, event):
    assert base_ref_of(github(event), has()) is None


def test_a_merge_request(github):
    assert base_ref_of(MERGE_REQUEST, has(REMOTE, SHA)) == REMOTE
    assert base_ref_of(MERGE_REQUEST, has(SHA)) == SHA
    assert base_ref_of({"CI": "true"}, has()) is None


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("pull_request", {"number": 5}),
        ("pull_request_target", {}),
        ("", {"pull_request": {"head": {"ref": "x"}}}),
        ("merge_group", {"merge_group": {"head_sha": SHA}}),
        ("merge_group", {}),
    ],
)
def test_a_change_without_a_base_does_not_judge_itself(github, name, event):
    with pytest.raises(UsageError, match="nothing says what it goes to"):
        base_ref_of(github(event) | {"GITHUB_EVENT_NAME": name}, has(REMOTE, SHA))


def test_a_merge_request_without_a_target_does_not_judge_itself():
    with pytest.raises(UsageError, match="nothing says what it goes to"):
        base_ref_of({"CI_MERGE_REQUEST_IID": "5"}, has(REMOTE, SHA))


@pytest.mark.parametrize("of_github", [True, False])
def test_a_clone_without_the_base_is_an_error(github, of_github):
    environ = github(PULL_REQUEST) if of_github else MERGE_REQUEST
    with pytest.raises(UsageError) as caught:
        base_ref_of(environ, has("main", "origin/main"))
    assert caught.value.message == f"--base-ref auto: {REMOTE} and {SHA} are not in this clone"
    assert "fetch-depth: 0" in caught.value.hint


@pytest.mark.parametrize("event", ["", "{", "[" * 100_000])
def test_an_event_that_cannot_be_read_is_an_error(github, event):
    with pytest.raises(UsageError, match="no event that can be read"):
        base_ref_of(github(event), has())


def test_the_command_takes_it(tmp_path, git, monkeypatch, github):
    from click.testing import CliRunner

    from shopsec.cli.main import cli

    root = tmp_path / "shop"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "a.py").write_text("eval(x)\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    git(root, "update-ref", REMOTE, "HEAD")
    git(root, "branch", "origin/main")
    (root / "b.py").write_text("eval(y)\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "second")
    git(root, "branch", "-f", "origin/main")
    for name, value in github(PULL_REQUEST).items():
        monkeypatch.setenv(name, value)
    only = ("--only", "bandit", "--offline", "-q", "--format", "json")
    command = ["scan", str(root), "--base-ref", "auto", *only]
    ended = CliRunner().invoke(cli, command, standalone_mode=False)
    document = json.loads(ended.stdout)
    states = {each["finding"]["location"]["uri"]: each["state"] for each in document["results"]}
    assert states == {"a.py": "unchanged", "b.py": "new"}
    assert document["compared_with"].endswith("the merge base with origin/main")
