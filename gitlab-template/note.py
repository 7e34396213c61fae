"""What the template calls to keep one note at a merge request up to date.

https://docs.gitlab.com/api/notes/. A note is found by the mark in its first line, and must be the
token's own: anybody may write one that looks like it. Where a report has nothing to say, only a
note that is there already is changed. Nothing here fails the job: the gate decides.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMMENT, REPORT = "comment.md", "shopsec.json"
PAGES, PAGE = 30, 100
"""Older notes than these pages hold are not looked through."""
SECONDS = 20.0
ANSWER_BYTES = 20_000_000


class RefusedError(Exception):
    """GitLab did not do what it was asked for; the text says what to do."""


class GitLab:
    """A merge request as GitLab's interface has it."""

    def __init__(self, api: str, project: str, number: str, token: str) -> None:
        self._api = api
        self._notes = f"projects/{project}/merge_requests/{number}/notes"
        self._token = token

    def user(self) -> int:
        """Whose token this is."""
        return int(self._table(self._ask("GET", "user"))["id"])

    def notes(self) -> Iterator[dict[str, Any]]:
        """All notes, oldest first."""
        for page in range(1, PAGES + 1):
            asked = f"{self._notes}?sort=asc&order_by=created_at&per_page={PAGE}&page={page}"
            found = self._ask("GET", asked)
            if not isinstance(found, list):
                raise RefusedError("GitLab's answer is no list of notes")
            yield from map(self._table, found)
            if len(found) < PAGE:
                return

    def create(self, body: str) -> None:
        """Write a note."""
        self._ask("POST", self._notes, {"body": body})

    def update(self, note: int, body: str) -> None:
        """Replace the text of a note."""
        self._ask("PUT", f"{self._notes}/{note}", {"body": body})

    @staticmethod
    def _table(answer: Any) -> dict[str, Any]:
        if not isinstance(answer, dict) or "id" not in answer:
            raise RefusedError("GitLab's answer is not what its documentation says")
        return answer

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 -- the runner's own address
            f"{self._api}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "PRIVATE-TOKEN": self._token,
                "User-Agent": "shopsec",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return json.loads(answer.read(ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            raise RefusedError(_why(error.code)) from error
        except (OSError, ValueError) as error:
            raise RefusedError(
                f"GitLab's answer could not be read ({type(error).__name__})"
            ) from error


def _why(status: int) -> str:
    if status in {401, 403, 404}:
        return f"GitLab answered {status}: SHOPSEC_NOTE_TOKEN needs the scope api, and Reporter"
    if status == 429 or status >= 500:
        return f"GitLab answered {status}: run the job again later"
    return f"GitLab answered {status}"


def post(gitlab: GitLab, folder: Path) -> str:
    """Write or update the note of a report; return what was done."""
    body = (folder / COMMENT).read_text("utf-8")
    mark = body.partition("\n")[0]
    user = gitlab.user()
    for note in gitlab.notes():
        author = note.get("author")
        ours = isinstance(author, dict) and author.get("id") == user
        if ours and str(note.get("body", "")).partition("\n")[0].rstrip("\r") == mark:
            if str(note["body"]).replace("\r\n", "\n").strip() == body.strip():
                return "is up to date"
            gitlab.update(int(note["id"]), body)
            return "updated"
    if not has_news(json.loads((folder / REPORT).read_bytes())):
        return "not needed: nothing new"
    gitlab.create(body)
    return "written"


def has_news(report: Any) -> bool:
    """Whether a report has something to say that was not known before."""
    results = (each for each in report["results"] if not each["suppressed_by"])
    stopped = report["decision"]["outcome"] in {"fail", "incomplete"}
    return stopped or any(each["state"] != "unchanged" for each in results)


def main() -> None:
    """Post the note of the report in the folder that is named."""
    variables = ("CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID", "SHOPSEC_NOTE_TOKEN")
    missing = [name for name in variables if not os.environ.get(name)]
    if missing and not os.environ.get("CI_MERGE_REQUEST_IID"):
        return
    if missing:
        print(f"shopsec: no note: {', '.join(missing)} not set")
        return
    try:
        done = post(GitLab(*(os.environ[name] for name in variables)), Path(sys.argv[1]))
        print(f"shopsec: note {done}")
    except RefusedError as error:
        print(f"shopsec: no note: {error}")


if __name__ == "__main__":
    main()
