"""The one comment at a pull or merge request: written, updated, left alone, refused."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.ci.conftest import ROOT
from tests.ci.forge import Forge, running

MARK = "<!-- shopsec:. -->"
BODY = f"{MARK}\n### shopsec\n\n**FAIL**\n"
NOTES = "/projects/3/merge_requests/5/notes"
COMMENTS = "/repos/acme/shop/issues/5/comments"


@dataclass(frozen=True)
class Kind:
    """How one forge calls things."""

    script: str
    environ: Callable[[str], dict[str, str]]
    ours: dict[str, Any]
    strangers: dict[str, Any]
    list: str
    one: str
    change: str
    token: tuple[str, str]


GITHUB = Kind(
    script="github-action/comment.py",
    environ=lambda url: {
        "GITHUB_API_URL": url,
        "GITHUB_REPOSITORY": "acme/shop",
        "NUMBER": "5",
        "TOKEN": "t0ken",
    },
    ours={"user": {"type": "Bot"}},
    strangers={"user": {"type": "User"}},
    list=COMMENTS,
    one="/repos/acme/shop/issues/comments/",
    change="PATCH",
    token=("Authorization", "Bearer t0ken"),
)
GITLAB = Kind(
    script="gitlab-template/note.py",
    environ=lambda url: {
        "CI_API_V4_URL": url,
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "5",
        "SHOPSEC_NOTE_TOKEN": "t0ken",
    },
    ours={"author": {"id": 7}},
    strangers={"author": {"id": 8}},
    list=NOTES,
    one=f"{NOTES}/",
    change="PUT",
    token=("Private-Token", "t0ken"),
)


@pytest.fixture(params=[GITHUB, GITLAB], ids=["github", "gitlab"])
def kind(request):
    return request.param


@pytest.fixture
def post(tmp_path, kind):
    """Post a report's comment to a forge; what was printed."""

    def run(forge, body=BODY, outcome="fail", states=("new",)):
        results = [{"suppressed_by": None, "state": state} for state in states]
        report = {"decision": {"outcome": outcome}, "results": results}
        (tmp_path / "comment.md").write_text(body)
        (tmp_path / "shopsec.json").write_text(json.dumps(report))
        forge.mine = kind.ours
        with running(forge):
            return subprocess.run(
                [sys.executable, "-I", str(ROOT / kind.script), str(tmp_path)],
                env={"REPORT_FOLDERS": str(tmp_path), "PATH": os.environ["PATH"]}
                | kind.environ(forge.url),
                capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip

    return run


def written(forge):
    return [(method, path) for method, path in forge.asked if method != "GET"]


def test_the_first_is_written_and_the_next_updates_it(post, kind):
    forge = Forge()
    assert post(forge).endswith(" written\n")
    assert [each["body"] for each in forge.kept] == [BODY]
    changed = BODY.replace("FAIL", "PASS")
    assert post(forge, changed, outcome="pass", states=["unchanged"]).endswith(" updated\n")
    assert [each["body"] for each in forge.kept] == [changed]
    assert post(forge, changed).endswith(" is up to date\n")
    assert written(forge) == [("POST", kind.list), (kind.change, f"{kind.one}1000")]
    name, value = kind.token
    assert {each[name] for each in forge.headers} == {value}


def test_a_strangers_comment_that_looks_like_ours_is_left_alone(post, kind):
    theirs = {"id": 1, "body": BODY, **kind.strangers}
    forge = Forge(kept=[dict(theirs)])
    post(forge)
    assert forge.kept[0] == theirs
    assert len(forge.kept) == 2


def test_ours_is_found_behind_hundreds_of_others(post, kind):
    others = [{"id": number, "body": f"{number}", **kind.strangers} for number in range(250)]
    old = {"id": 999, "body": BODY.replace("\n", "\r\n").replace("FAIL", "OLD"), **kind.ours}
    forge = Forge(kept=[*others, old])
    assert post(forge).endswith(" updated\n")
    assert forge.kept[-1]["body"] == BODY
    assert len(forge.kept) == 251


def test_the_comment_about_another_folder_is_another(post, kind):
    forge = Forge(kept=[{"id": 1, "body": BODY.replace(":.", ":apps/shop"), **kind.ours}])
    post(forge)
    assert len(forge.kept) == 2


@pytest.mark.parametrize(
    ("outcome", "states", "needed"),
    [
        ("pass", [], False),
        ("warn", ["unchanged"], False),
        ("warn", ["new"], True),
        ("warn", [None], True),
        ("incomplete", [], True),
    ],
)
def test_where_there_is_nothing_new_none_is_begun(post, outcome, states, needed):
    forge = Forge()
    said = post(forge, outcome=outcome, states=states)
    assert len(forge.kept) == needed
    assert said.endswith(" written\n" if needed else " not needed: nothing new\n")


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        ({"status": 403}, "answered 403: "),
        ({"status": 404}, "answered 404: "),
        ({"status": 429}, "answered 429: run the job again later"),
        ({"status": 500}, "answered 500: run the job again later"),
        ({"garbage": b"<html>"}, "answer could not be read (JSONDecodeError)"),
        ({"garbage": b'{"message": "no"}'}, "answer is "),
        ({"raw": b"no HTTP\r\n\r\n"}, "answer could not be read (BadStatusLine)"),
        (
            {"raw": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n["},
            "answer could not be read (IncompleteRead)",
        ),
    ],
)
def test_a_refusal_is_said_and_fails_nothing(post, failure, said):
    forge = Forge(**failure)
    printed = post(forge)
    assert said in printed
    assert "t0ken" not in printed
    assert written(forge) == []


def test_without_a_token_no_note_is_written(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-I", str(ROOT / GITLAB.script), str(tmp_path)],
        env={"PATH": os.environ["PATH"], "CI_MERGE_REQUEST_IID": "3", "CI_PROJECT_ID": "3"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    missing = "CI_API_V4_URL, SHOPSEC_NOTE_TOKEN"
    assert ended.stdout == f"shopsec: no note: {missing} not set\n"
