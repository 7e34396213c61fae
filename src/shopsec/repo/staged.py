"""What a commit would contain: the paths and contents of git's index, not of the working tree."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, compress
from typing import NamedTuple

from shopsec.checkout_root import enclosing_repository
from shopsec.repo.git import (
    INHERITED,
    SUBMODULE_MODE,
    SYMLINK_MODE,
    GitUnavailableError,
    disarmed,
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


def indexed_files(folder: str, names: Sequence[str], limit: int) -> list[StagedFile]:
    """Those of the files, named relative to ``folder``, that the index has, staged or not."""
    git = _Git(folder)
    entries = git.indexed(names)
    contents = git.contents([object_id for _, object_id in entries], limit)
    return [
        StagedFile(path, content, size)
        for (path, _), (content, size) in zip(entries, contents, strict=True)
    ]


def unknown_names(folder: str, names: Sequence[str]) -> list[str]:
    """Names of files or folders that are neither on disk nor in the index nor in HEAD."""
    gone = [name for name in names if not os.path.lexists(os.path.join(folder, name))]
    return _Git(folder).unknown(gone) if gone else []


class _Git:
    def __init__(self, folder: str) -> None:
        self._folder = os.path.realpath(folder)
        toplevel = enclosing_repository(self._folder)
        if toplevel is None:
            raise GitUnavailableError("not a git repository")
        self._toplevel = toplevel
        prefix = os.path.relpath(self._folder, toplevel)
        self._prefix = "" if prefix == "." else prefix
        environ = {key: value for key, value in os.environ.items() if key not in _NOT_INHERITED}
        self._environ = environ | disarmed(toplevel)

    def changed(self, only: Sequence[str]) -> list[tuple[str, str]]:
        """Path and object id of every regular file that the commit adds or changes."""
        against = ["HEAD"] if self._has_commit() else [self._empty_tree()]
        inside = [self._prefix] if self._prefix else []
        asked = self._from_top(only)
        output = self._ask(
            "diff-index", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames",
            "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--diff-filter=AMT",
            *against, "--", *_literally(asked or inside),
        )  # fmt: skip
        found = []
        for meta, name in _pairs(output.split(b"\0")):
            _, mode, _, object_id, _ = meta.decode("ascii").split(" ")
            path = self._from_folder(name)
            if mode not in {SYMLINK_MODE, SUBMODULE_MODE}:
                found.append((path, object_id))
        return found

    def indexed(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Path and object id of every regular file of these that the index has."""
        output = self._ask("ls-files", "--stage", "-z", "--", *_literally(self._from_top(names)))
        found = []
        for meta, _, name in (record.partition(b"\t") for record in output.split(b"\0") if record):
            mode, object_id, stage = meta.decode("ascii").split(" ")
            if stage == "0" and mode not in {SYMLINK_MODE, SUBMODULE_MODE}:
                found.append((self._from_folder(name), object_id))
        return found

    def unknown(self, names: Sequence[str]) -> list[str]:
        """Those of the names of which neither the index nor HEAD has anything."""
        paths = self._from_top(names)
        with_head = ["--with-tree=HEAD"] if self._has_commit() else []
        output = self._ask("ls-files", "-z", *with_head, "--", *_literally(paths))
        known: set[str] = set()
        for record in output.split(b"\0"):
            path = os.fsdecode(record)
            while path and path not in known:
                known.add(path)
                path = os.path.dirname(path)
        return [name for name, path in zip(names, paths, strict=True) if path not in known]

    def _from_top(self, names: Iterable[str]) -> list[str]:
        return [os.path.relpath(os.path.join(self._folder, name), self._toplevel) for name in names]

    def _from_folder(self, name: bytes) -> str:
        path = os.fsdecode(name)
        return path.removeprefix(self._prefix + "/") if self._prefix else path

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

    def _empty_tree(self) -> str:
        """What git calls the tree of no file at all, by the repository's own hash."""
        return self._ask("hash-object", "-t", "tree", "--stdin").decode("ascii").strip()

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


def _literally(paths: Iterable[str]) -> list[str]:
    return [f":(top,literal){path}" for path in paths]


def _lines(ids: Iterable[str]) -> str:
    return "".join(f"{each}\n" for each in ids)


def _pairs(fields: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    every = iter(fields)
    for first in every:
        if first:
            yield first, next(every)
