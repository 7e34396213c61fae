"""Comments of GitHub's pull requests: https://docs.github.com/rest/issues/comments."""

from collections.abc import Mapping
from typing import Any

from shopsec.forge.comment import PAGE, Conversation


class PullRequest(Conversation):
    """A pull request; a bot's comments are taken for our own, for tokens of jobs are a bot's."""

    forge = "GitHub"
    permission = "give the job the permission pull-requests: write"

    def __init__(self, api: str, repository: str, number: str, token: str) -> None:
        super().__init__(
            f"{api}/repos/{repository}/issues",
            {
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {token}",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        self._number = number

    def ours(self, comment: Mapping[str, Any]) -> bool:
        """A bot's."""
        user = comment.get("user")
        return isinstance(user, dict) and user.get("type") == "Bot"

    def page(self, number: int) -> Any:
        """Oldest first."""
        return self.ask("GET", f"{self._number}/comments?per_page={PAGE}&page={number}")

    def create(self, body: str) -> None:
        """POST."""
        self.ask("POST", f"{self._number}/comments", body)

    def update(self, comment: int, body: str) -> None:
        """PATCH."""
        self.ask("PATCH", f"comments/{comment}", body)
