"""How an import ends: whole, in part, of another commit, not at all."""

import json
import os

import pytest

from shopsec.model import Import, Severity, Status
from shopsec.scan.imported import scanner
from shopsec.scan.imported.imported_file import ImportedFile
from shopsec.scan.imported.scanner import Imported
from tests.imported.conftest import result, sarif


@pytest.fixture
def committed(tree, git):
    """A shop in git, and its commit."""
    root = tree({"app.py": "one\ntwo\n"})
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root, git(root, "rev-parse", "HEAD").strip()


def test_a_file_of_this_commit_is_whole(imported, committed):
    root, commit = committed
    for said in (commit, commit[:7], commit.upper()):
        outcome = imported(
            sarif(result(), versionControlProvenance=[{"revisionId": said}]), root=root
        )
        assert (outcome.run.status, outcome.run.message) == (Status.SUCCEEDED, "")


@pytest.mark.parametrize("said", ["0123456789abcdef", "main", "", "0" * 40])
def test_a_file_of_another_commit_says_nothing(imported, committed, said):
    root, commit = committed
    provenance = [{"repositoryUri": "https://example.org", "revisionId": said}]
    outcome = imported(sarif(result(), versionControlProvenance=provenance), root=root)
    if not said:
        assert outcome.run.status is Status.SUCCEEDED
        return
    assert outcome.run.status is Status.FAILED
    assert outcome.run.message == (
        f"tool.sarif is of another commit: {said[:12]}, not {commit[:12]}"
    )
    assert outcome.findings == ()


def test_a_file_that_names_no_commit_is_taken_and_that_is_said(imported, committed):
    outcome = imported(sarif(result()), root=committed[0])
    assert outcome.run.status is Status.SUCCEEDED
    assert outcome.run.message == "the tool does not say which commit it looked at"


def test_a_file_that_is_not_there_is_missing(tree, target_of, tmp_path):
    path = str(tmp_path / "none.sarif")
    target, host = target_of(tree({"app.py": ""}))
    run = Imported(ImportedFile(Import(file=path), path)).scan(target, host).run
    assert (run.status, run.message) == (Status.MISSING, "none.sarif is not there")
    assert run.scanner == "import:none"


def test_what_is_no_regular_file_is_refused(tree, target_of, tmp_path):
    target, host = target_of(tree({"app.py": ""}))
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, why in (("folder", "cannot be read: Is a directory"), ("pipe", "is no regular file")):
        file = ImportedFile(Import(file="x.sarif"), str(tmp_path / name))
        run = Imported(file).scan(target, host).run
        assert (run.status, run.message) == (Status.FAILED, f"{name} {why}")


@pytest.mark.parametrize(
    ("invocation", "message"),
    [
        ({"executionSuccessful": False}, "the tool says that it did not succeed"),
        ({"executionSuccessful": True, "exitCode": 2}, "the tool ended with exit code 2"),
        ({"executionSuccessful": True, "exitCode": -9}, "the tool ended with exit code -9"),
        (
            {"executionSuccessful": True, "exitSignalName": "SIGKILL"},
            "the tool did not run to its end: SIGKILL",
        ),
    ],
)
def test_a_tool_that_failed_has_failed_although_it_found_something(imported, invocation, message):
    outcome = imported(sarif(result(), invocations=[{"executionSuccessful": True}, invocation]))
    assert (outcome.run.status, outcome.run.message) == (Status.FAILED, message)
    assert len(outcome.findings) == 1


def test_exit_code_1_is_how_tools_say_that_they_found_something(imported):
    invocation = {"executionSuccessful": True, "exitCode": 1}
    assert imported(sarif(result(), invocations=[invocation])).run.status is Status.SUCCEEDED


def test_errors_that_a_tool_tells_of_are_what_it_did_not_look_at(imported):
    place = result()["locations"]
    notices = [
        {"level": "error", "message": {"text": "Syntax error at line 3"}, "locations": place},
        {"level": "error", "message": {"text": "rule pack missing"}},
        {"level": "warning", "message": {"text": "slow"}},
        {"level": "error"},
    ]
    outcome = imported(
        sarif(
            result(),
            invocations=[{"executionSuccessful": True, "toolExecutionNotifications": notices}],
        )
    )
    assert outcome.run.status is Status.PARTIAL
    assert {group.reason: group.items[0].name for group in outcome.run.not_covered} == {
        "the tool says: Syntax error at line 3": "app.py",
        "the tool says: rule pack missing": "the tool itself",
    }
    assert (outcome.run.handed_in, outcome.run.covered) == (3, 1)


def test_a_file_of_200_mb_is_not_read(tree, target_of, tmp_path):
    path = tmp_path / "big.sarif"
    with path.open("wb") as file:
        file.write(json.dumps(sarif(result())).encode())
        file.truncate(200_000_000)  # a hole: no disk is filled
    target, host = target_of(tree({"app.py": ""}))
    run = Imported(ImportedFile(Import(file=str(path)), str(path))).scan(target, host).run
    assert run.status is Status.FAILED
    assert run.message == "big.sarif has 200 MB; up to 50 MB are read"


def test_of_too_many_results_the_worst_are_read(imported, monkeypatch):
    monkeypatch.setattr(scanner, "RESULTS", 3)
    levels = ["note", "error", "warning", "note", "error", "note"]
    outcome = imported(
        sarif(*(result(level=level, line=number) for number, level in enumerate(levels, 1)))
    )
    assert [str(each.location) for each in outcome.findings] == ["app.py:2", "app.py:3", "app.py:5"]
    assert outcome.run.status is Status.PARTIAL
    assert outcome.run.message == "holds more than 3 results; the worst were read"
    assert {each.reason: each.count for each in outcome.run.excluded} == {
        "milder results beyond the 3 worst": 3
    }


def test_the_worst_are_those_of_all_runs_together(imported, monkeypatch):
    monkeypatch.setattr(scanner, "RESULTS", 2)
    document = sarif(*(result(level="note", line=number) for number in (1, 2, 3)))
    document["runs"] += sarif(result(level="error", line=3), tool="Other")["runs"]
    outcome = imported(document)
    assert [str(each.location) for each in outcome.findings] == ["app.py:1", "app.py:3"]
    assert {each.severity for each in outcome.findings} == {Severity.LOW, Severity.HIGH}
    assert {each.reason: each.count for each in outcome.run.excluded} == {
        "milder results beyond the 2 worst": 2
    }
