"""What a search of the past needs of git; shopsec.repo.history answers it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from shopsec.levels import Role


class Changes(Protocol):
    """Which commit brought which content; see shopsec.repo.history."""

    problem: str

    def __iter__(self) -> Iterator[tuple[str, str, str, int]]:
        """Yield (id of the content, path, commit, seconds since 1970), newest first."""


class History(Protocol):
    """What is asked of git; shopsec.repo.history answers it. Deadlines are of time.monotonic()."""

    @property
    def identity(self) -> str:
        """What tells this history from others."""

    def is_shallow(self) -> bool:
        """Whether older commits are not there."""

    def commit_of(self, revision: str) -> str | None:
        """Id of a commit."""

    def tips(self, deadline: float) -> tuple[tuple[str, ...], int, int]:
        """Commits to enter by; how many references lead nowhere; how many to no commit."""

    def existing(self, commits: Iterable[str], deadline: float) -> list[str]:
        """Those that are there."""

    def unreachable(self, commits: Iterable[str], tips: Iterable[str], deadline: float) -> set[str]:
        """Those that no tip leads to."""

    def changes(
        self, known: Iterable[str], also: Iterable[str], deadline: float
    ) -> AbstractContextManager[Changes]:
        """Changes that the known commits do not have, then those of ``also``."""

    def sizes(
        self, blobs: Iterable[tuple[str, str]], deadline: float
    ) -> Iterator[tuple[str, str, int | None]]:
        """Yield (id, path, bytes)."""

    def contents(
        self, blobs: Iterable[tuple[str, str]], deadline: float
    ) -> Iterator[tuple[str, str, bytes | None]]:
        """Yield (id, path, content)."""

    def head_blobs(self, deadline: float) -> dict[str, str]:
        """A path of each content that HEAD has, by the content's id."""


class Past(NamedTuple):
    """The commits to search as well."""

    history: History
    since: str | None
    """A revision whose history is left out."""
    role_of: Callable[[str], Role]
