"""What a commit would contain: the paths and contents of git's index, not of the working tree."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, compress
from typing import NamedTuple

from shopsec.repo.git import (
    INHERITED,
    SUBMODULE_MODE,
    SYMLINK_MODE,
    GitUnavailableError,
    disarmed,
    enclosing_repository,
)

_SECONDS = 60
_TOGETHER = 64_000_000
"""Bytes of staged contents that are loaded at once; what is beyond counts as too large."""
# A partial commit has an index of its own, which this variable names: it is the one that counts.
_NOT_INHERITED = frozenset(INHERITED) - {"GIT_INDEX_FILE"}


class StagedFile(NamedTuple):
    """A file that the commit adds or changes."""

    path: str
    """Relative to the folder asked about, as ``os.fsdecode`` gives it."""
    content: bytes | None
    """None where it is larger than the limit."""
    size: int
    """Bytes."""


def staged_files(folder: str, only: Sequence[str], limit: int) -> list[StagedFile]:
    """Files that the index has and the last commit has not, or not so; sorted by path.

    ``only`` names files or folders below ``folder``; all of them where it is empty.
    GitUnavailableError where git cannot tell.
    """
    git = _Git(folder)
    entries = git.changed(only)
    if not entries:
        return []
    contents = git.contents([object_id for _, object_id in entries], limit)
    return sorted(
        (
            StagedFile(path, content, size)
            for (path, _), (content, size) in zip(entries, contents, strict=True)
        ),
        key=lambda file: file.path,
    )


class _Git:
    def __init__(self, folder: str) -> None:
        self._folder = os.path.realpath(folder)
        toplevel = enclosing_repository(self._folder)
        if toplevel is None:
            raise GitUnavailableError("not a git repository")
        self._toplevel = toplevel
        environ = {key: value for key, value in os.environ.items() if key not in _NOT_INHERITED}
        self._environ = environ | disarmed(toplevel)

    def changed(self, only: Sequence[str]) -> list[tuple[str, str]]:
        """Path and object id of every regular file that the commit adds or changes."""
        against = ["HEAD"] if self._has_commit() else [_EMPTY_TREE]
        prefix = os.path.relpath(self._folder, self._toplevel)
        inside = [prefix] if prefix != "." else []
        asked = [os.path.relpath(os.path.join(self._folder, name), self._toplevel) for name in only]
        output = self._ask(
            "diff-index", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames",
            "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--diff-filter=AMT",
            *against, "--", *(f":(top,literal){path}" for path in asked or inside),
        )  # fmt: skip
        found = []
        for meta, name in _pairs(output.split(b"\0")):
            _, mode, _, object_id, _ = meta.decode("ascii").split(" ")
            path = os.fsdecode(name)
            if inside:
                path = path.removeprefix(prefix + "/")
            if mode not in {SYMLINK_MODE, SUBMODULE_MODE}:
                found.append((path, object_id))
        return found

    def contents(self, ids: Sequence[str], limit: int) -> Iterator[tuple[bytes | None, int]]:
        """Content and size of each object, in order."""
        sizes = self._sizes(ids)
        together = accumulate(size if size <= limit else 0 for size in sizes)
        loaded = [
            size <= limit and total <= _TOGETHER
            for size, total in zip(sizes, together, strict=True)
        ]
        output, at = self._ask("cat-file", "--batch", stdin=_lines(compress(ids, loaded))), 0
        for size, is_here in zip(sizes, loaded, strict=True):
            if not is_here:
                yield None, size
                continue
            begin = output.index(b"\n", at) + 1
            at = begin + size + 1
            yield output[begin : begin + size], size

    def _sizes(self, ids: Sequence[str]) -> list[int]:
        sizes = []
        for line in self._ask("cat-file", "--batch-check", stdin=_lines(ids)).splitlines():
            object_id, *rest = line.split(b" ")
            if len(rest) != 2:
                name = object_id[:12].decode("ascii", "replace")
                raise GitUnavailableError(f"object {name} is missing")
            sizes.append(int(rest[1]))
        return sizes

    def _has_commit(self) -> bool:
        try:
            self._ask("rev-parse", "--verify", "--quiet", "HEAD")
        except GitUnavailableError:
            return False
        return True

    def _ask(self, *arguments: str, stdin: str = "") -> bytes:
        try:
            completed = subprocess.run(
                ["git", "-C", self._toplevel, *arguments],  # noqa: S607 -- the user's own git
                input=stdin.encode("ascii"),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environ,
                timeout=_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise GitUnavailableError(f"git {arguments[0]} did not answer") from error
        return completed.stdout


# What git calls the tree of no file at all, in repositories of SHA-1.
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def _lines(ids: Iterable[str]) -> str:
    return "".join(f"{each}\n" for each in ids)


def _pairs(fields: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    every = iter(fields)
    for first in every:
        if first:
            yield first, next(every)
