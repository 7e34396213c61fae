"""One comment a folder at a pull or merge request, kept up to date.

It is found by the mark in its first line, and must be our own: anybody may write one that looks
like it. Where a report has nothing to say, only a comment that is there already is changed.
"""

import http.client
import json
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

COMMENT, REPORT = "comment.md", "shopsec.json"
"""The reports that are read, of one folder."""
PAGES, PAGE = 30, 100
"""Older comments than these pages hold are not looked through."""
_SECONDS = 20.0
_ANSWER_BYTES = 20_000_000


class RefusedError(Exception):
    """The forge did not do what it was asked for; the text says what to do."""


class Conversation(ABC):
    """The comments of one pull or merge request, as a forge's interface has them."""

    forge: str
    """As messages call it."""
    permission: str
    """What a token needs, for messages."""

    def __init__(self, api: str, headers: Mapping[str, str]) -> None:
        self._api = api
        self._headers = {"Content-Type": "application/json", "User-Agent": "shopsec", **headers}

    @abstractmethod
    def ours(self, comment: Mapping[str, Any]) -> bool:
        """Whether a comment is our own."""

    @abstractmethod
    def page(self, number: int) -> Any:
        """The comments of a page, oldest first; pages count from 1."""

    @abstractmethod
    def create(self, body: str) -> None:
        """Write a comment."""

    @abstractmethod
    def update(self, comment: int, body: str) -> None:
        """Replace the text of a comment."""

    def comments(self) -> Iterator[Mapping[str, Any]]:
        """All comments, oldest first."""
        for number in range(1, PAGES + 1):
            found = self.page(number)
            if not isinstance(found, list):
                raise RefusedError(f"{self.forge}'s answer is no list of comments")
            yield from map(self.described, found)
            if len(found) < PAGE:
                return

    def described(self, answer: Any) -> Mapping[str, Any]:
        """An answer that describes one thing by its id; RefusedError for any other."""
        if not isinstance(answer, dict) or "id" not in answer:
            raise RefusedError(f"{self.forge}'s answer is not what its documentation says")
        return answer

    def ask(self, method: str, path: str, body: str | None = None) -> Any:
        """The answer to one request; RefusedError where there is none that can be used."""
        request = urllib.request.Request(  # noqa: S310 -- the runner's own address
            f"{self._api}/{path}",
            method=method,
            data=None if body is None else json.dumps({"body": body}).encode(),
            headers=dict(self._headers),
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return json.loads(answer.read(_ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            raise RefusedError(self._why(error.code)) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise RefusedError(
                f"{self.forge}'s answer could not be read ({type(error).__name__})"
            ) from error

    def _why(self, status: int) -> str:
        said = f"{self.forge} answered {status}"
        if status in {401, 403, 404}:
            return f"{said}: {self.permission}"
        return f"{said}: run the job again later" if status == 429 or status >= 500 else said


def keep_up(conversation: Conversation, folder: Path) -> str:
    """Write or update the comment of the reports in a folder; return what was done."""
    body = (folder / COMMENT).read_text("utf-8")
    mark = body.partition("\n")[0]
    for each in conversation.comments():
        text = str(each.get("body", "")).replace("\r\n", "\n")
        if text.partition("\n")[0] == mark and conversation.ours(each):
            if text.strip() == body.strip():
                return "is up to date"
            conversation.update(int(each["id"]), body)
            return "updated"
    if not has_news(json.loads((folder / REPORT).read_bytes())):
        return "not needed: nothing new"
    conversation.create(body)
    return "written"


def has_news(report: Any) -> bool:
    """Whether a report has something to say that was not known before."""
    results = (each for each in report["results"] if not each["suppressed_by"])
    stopped = report["decision"]["outcome"] in {"fail", "incomplete"}
    return stopped or any(each["state"] != "unchanged" for each in results)
