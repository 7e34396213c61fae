"""What action.yml calls to keep one comment a path at a pull request up to date.

https://docs.github.com/rest/issues/comments. A comment is found by the mark in its first line, and
must be a bot's own: anybody may write one that looks like it. Where a report has nothing to say,
only a comment that is there already is changed. Nothing here fails the job: the gate decides.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMENT, REPORT = "comment.md", "shopsec.json"
PAGES, PAGE = 30, 100
"""Older comments than these pages hold are not looked through."""
SECONDS = 20.0
ANSWER_BYTES = 20_000_000


class RefusedError(Exception):
    """GitHub did not do what it was asked for; the text says what to do."""


@dataclass(frozen=True)
class PullRequest:
    """A pull request as GitHub's interface has it."""

    api: str
    repository: str
    number: str
    token: str

    def comments(self) -> Iterator[dict[str, Any]]:
        """Its comments, oldest first."""
        for page in range(1, PAGES + 1):
            asked = f"issues/{self.number}/comments?per_page={PAGE}&page={page}"
            found = self._ask("GET", asked)
            if not isinstance(found, list):
                raise RefusedError("GitHub's answer is no list of comments")
            yield from (each for each in found if isinstance(each, dict))
            if len(found) < PAGE:
                return

    def create(self, body: str) -> None:
        """Write a comment."""
        self._ask("POST", f"issues/{self.number}/comments", {"body": body})

    def update(self, comment: int, body: str) -> None:
        """Replace the text of a comment."""
        self._ask("PATCH", f"issues/comments/{comment}", {"body": body})

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 -- the runner's own address
            f"{self.api}/repos/{self.repository}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": "shopsec",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return json.loads(answer.read(ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            raise RefusedError(_why(error.code)) from error
        except (OSError, ValueError) as error:
            raise RefusedError(
                f"GitHub's answer could not be read ({type(error).__name__})"
            ) from error


def _why(status: int) -> str:
    if status in {401, 403, 404}:
        return f"GitHub answered {status}: give the job the permission pull-requests: write"
    if status == 429 or status >= 500:
        return f"GitHub answered {status}: run the job again later"
    return f"GitHub answered {status}"


def post(pull_request: PullRequest, folder: Path) -> str:
    """Write or update the comment of one report; return what was done."""
    body = (folder / COMMENT).read_text("utf-8")
    mark = body.partition("\n")[0]
    for each in pull_request.comments():
        user = each.get("user")
        ours = isinstance(user, dict) and user.get("type") == "Bot"
        if ours and str(each.get("body", "")).partition("\n")[0].rstrip("\r") == mark:
            if str(each["body"]).replace("\r\n", "\n").strip() == body.strip():
                return "is up to date"
            pull_request.update(int(each["id"]), body)
            return "updated"
    if not has_news(json.loads((folder / REPORT).read_bytes())):
        return "not needed: nothing new"
    pull_request.create(body)
    return "written"


def has_news(report: Any) -> bool:
    """Whether a report has something to say that was not known before."""
    results = (each for each in report["results"] if not each["suppressed_by"])
    stopped = report["decision"]["outcome"] in {"fail", "incomplete"}
    return stopped or any(each["state"] != "unchanged" for each in results)


def main() -> None:
    """Post the comment of each report."""
    number = os.environ["NUMBER"]
    pull_request = PullRequest(
        os.environ["GITHUB_API_URL"],
        os.environ["GITHUB_REPOSITORY"],
        number,
        os.environ["TOKEN"],
    )
    for folder in os.environ["REPORT_FOLDERS"].splitlines():
        try:
            print(f"shopsec: comment {post(pull_request, Path(folder))}")
        except RefusedError as error:
            print(f"::warning title=shopsec::No comment at pull request {number}. {error}.")
            return


if __name__ == "__main__":
    main()
    sys.exit(0)
