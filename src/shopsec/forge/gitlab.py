"""Notes of GitLab's merge requests: https://docs.gitlab.com/api/notes/."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from shopsec.forge.comment import PAGE, Conversation


class MergeRequest(Conversation):
    """A merge request; our own notes are those of whose token this is."""

    forge = "GitLab"
    permission = "SHOPSEC_NOTE_TOKEN needs the scope api, and Reporter"

    def __init__(self, api: str, project: str, number: str, token: str) -> None:
        super().__init__(api, {"PRIVATE-TOKEN": token})
        self._notes = f"projects/{project}/merge_requests/{number}/notes"

    @cached_property
    def _user(self) -> int:
        return int(self.described(self.ask("GET", "user"))["id"])

    def ours(self, comment: Mapping[str, Any]) -> bool:
        """Of the token's user."""
        author = comment.get("author")
        return isinstance(author, dict) and author.get("id") == self._user

    def page(self, number: int) -> Any:
        """Oldest first."""
        asked = f"sort=asc&order_by=created_at&per_page={PAGE}&page={number}"
        return self.ask("GET", f"{self._notes}?{asked}")

    def create(self, body: str) -> None:
        """POST."""
        self.ask("POST", self._notes, body)

    def update(self, comment: int, body: str) -> None:
        """PUT."""
        self.ask("PUT", f"{self._notes}/{comment}", body)
