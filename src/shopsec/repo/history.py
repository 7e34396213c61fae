"""What git keeps of every commit: which one brought which file, and the files' contents.

Only git's plumbing is asked. It starts no program that a repository's configuration names
(``git log`` would start gpg.program), and it is told to fetch nothing and to see the commits as
they were made, without replacements.
"""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import IO, NamedTuple

from shopsec.checkout_root import enclosing_repository
from shopsec.errors import ScannerError
from shopsec.repo.git import SUBMODULE_MODE, GitUnavailableError, disarmed

OUTPUT_LIMIT = 1_000_000_000
"""Bytes a listing may have: a few nested trees can stand for more files than there are atoms."""

_CHUNK = 1_048_576
# Seconds for what git answers at once.
_SHORT = 60
_DELETED = "000000"
_ANSWER = "%(objectname) %(objecttype) %(objectsize) %(rest)"


class Change(NamedTuple):
    """A commit that gave a path a content which none of its parents has there."""

    blob: str
    path: str
    """Relative to the folder asked about, as ``os.fsdecode`` gives it."""
    commit: str
    time: int
    """When it was committed, in seconds since 1970."""


class Tips(NamedTuple):
    """Where the history is entered: branches, tags, HEAD."""

    commits: tuple[str, ...]
    missing: int
    """References to objects that are not there."""
    other: int
    """References to a file or a folder instead of a commit."""


class Changes:
    """Changes as diff-tree wrote them; they can be gone through repeatedly."""

    def __init__(self, raw: IO[bytes], prefix: str, problem: str) -> None:
        self._raw = raw
        self._prefix = prefix
        self.problem = problem
        """Why they are not all; empty when they are."""

    def __iter__(self) -> Iterator[Change]:
        commit, seconds = "", 0
        fields = _fields(self._raw)
        for field in fields:
            # "commit time", then ":modes ids status" and a path in turn. Behind the first comes a
            # line feed, in a merge a NUL byte; nothing more where a merge brought nothing.
            for part in field.decode("ascii").split("\n"):
                if part and part[0] != ":":
                    commit, _, number = part.partition(" ")
                    seconds = int(number or 0)
            if part[:1] != ":":
                continue
            mode, blob = _result(part)
            path = os.fsdecode(next(fields, b""))
            if path and mode not in {_DELETED, SUBMODULE_MODE}:
                yield Change(blob, path.removeprefix(self._prefix), commit, seconds)


def _result(meta: str) -> tuple[str, str]:
    """Mode and id that a commit gave a path, behind those of its parents: a colon for each."""
    words = meta.split(" ")
    parents = meta.count(":")
    return words[parents], words[2 * parents + 1]


class GitHistory:
    """Questions to git about all commits. Deadlines are times of time.monotonic().

    GitUnavailableError where the folder is in no repository; what git cannot answer, or not in
    time, is a ScannerError.
    """

    def __init__(self, folder: str) -> None:
        folder = os.path.realpath(folder)
        toplevel = enclosing_repository(folder)
        if toplevel is None:
            raise GitUnavailableError("not a git repository")
        self._toplevel = toplevel
        inside = os.path.relpath(folder, toplevel)
        self._prefix = "" if inside == "." else inside + "/"
        inherited = {name: text for name, text in os.environ.items() if name[:4] != "GIT_"}
        self._environment = inherited | disarmed(toplevel) | {
            # Unlike protocol.allow, which it replaces, no repository can overrule it.
            "GIT_ALLOW_PROTOCOL": "",
            # A broken .git must not make git take the next one above it.
            "GIT_CEILING_DIRECTORIES": os.path.dirname(toplevel),
            "GIT_GRAFT_FILE": os.devnull,
            "GIT_NO_REPLACE_OBJECTS": "1",
        }  # fmt: skip

    @property
    def identity(self) -> str:
        """What tells this history from those of other clones and folders."""
        return f"{self._facts[0]}\0{self._prefix}"

    def is_shallow(self) -> bool:
        """Whether the older commits were never fetched."""
        return self._facts[1] == "true"

    def commit_of(self, revision: str) -> str | None:
        """Id of the commit a person names, or None."""
        return self._line(
            "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"
        )

    def tips(self, deadline: float) -> Tips:
        """What branches, tags and HEAD point at."""
        names = {*self._records("for-each-ref", "--format=%(objectname)", deadline=deadline)}
        asked = [name + "^{}" for name in sorted(names | {self._head or ""}) if name]
        answers = [line.split(" ") for line in self._asked(asked, "--batch-check", deadline)]
        commits = [words[0] for words in answers if words[1] == "commit"]
        missing = sum(words[1] == "missing" for words in answers)
        return Tips(tuple(sorted({*commits})), missing, len(answers) - missing - len(commits))

    def existing(self, commits: Iterable[str], deadline: float) -> list[str]:
        """Those of the commits that are there."""
        answers = self._asked(commits, "--batch-check", deadline)
        return [line.split(" ")[0] for line in answers if " commit " in line]

    def unreachable(self, commits: Iterable[str], tips: Iterable[str], deadline: float) -> set[str]:
        """Those of the commits, and of their ancestors, that no tip leads to any more."""
        with _listed([*commits, *(f"^{tip}" for tip in tips)]) as revisions:
            return {*self._records("rev-list", "--stdin", deadline=deadline, stdin=revisions)}

    @contextmanager
    def changes(
        self, known: Iterable[str], also: Iterable[str], deadline: float
    ) -> Iterator["Changes"]:
        """All changes, newest first, without those that lead to the ``known`` commits.

        ``also`` are commits that are looked at last, though known.
        """
        with (
            tempfile.TemporaryFile() as commits,
            tempfile.TemporaryFile() as raw,
            _listed(f"^{commit}" for commit in known) as left_out,
        ):
            problem = self._write(
                commits, "rev-list", "--all", "--stdin", deadline=deadline, stdin=left_out
            )
            commits.seek(0, os.SEEK_END)
            commits.writelines(commit.encode() + b"\n" for commit in also)
            commits.seek(0)
            later = self._write(
                raw,
                "diff-tree", "--stdin", "-r", "-c", "--root", "--raw", "-z", "--no-abbrev",
                "--no-renames", "--format=format:%H %ct", "--",
                *([f":(top,literal){self._prefix}"] if self._prefix else []),
                deadline=deadline, stdin=commits,
            )  # fmt: skip
            yield Changes(raw, self._prefix, problem or later)

    def sizes(
        self, blobs: Iterable[tuple[str, str]], deadline: float
    ) -> Iterator[tuple[str, str, int | None]]:
        """Yield (id, path, bytes or None for a missing one) for each (id, path)."""
        # A git before 2.45 tries to fetch what a partial clone left out, and ends when it cannot.
        promised = self._promised(deadline) if self._is_partial() else set()
        left: list[tuple[str, str]] = []

        def asked() -> Iterator[str]:
            for blob, path in blobs:
                if blob in promised:
                    left.append((blob, path))
                else:
                    yield f"{blob} {_on_one_line(path)}"

        for line in self._asked(asked(), "--batch-check=" + _ANSWER, deadline):
            blob, kind, *rest = line.split(" ", 3)
            if kind == "blob" and len(rest) == 2:
                yield blob, rest[1], int(rest[0])
            else:
                yield blob, "", None
        yield from ((blob, path, None) for blob, path in left)

    def contents(
        self, blobs: Iterable[tuple[str, str]], deadline: float
    ) -> Iterator[tuple[str, str, bytes | None]]:
        """Yield (id, path, content or None for a missing one) for each (id, path).

        One content at a time is held in memory.
        """
        form = "--batch=" + _ANSWER
        asked = _Counted(f"{blob} {_on_one_line(path)}" for blob, path in blobs)
        with (
            _listed(asked) as stdin,
            self._running("cat-file", form, "--buffer", deadline=deadline, stdin=stdin) as output,
        ):
            while header := output.readline():
                asked.count -= 1
                blob, kind, *rest = os.fsdecode(header.rstrip(b"\n")).split(" ", 3)
                if len(rest) < 2:
                    yield blob, "", None
                    continue
                size = int(rest[0])
                content = output.read(size)
                if len(content) < size or output.read(1) != b"\n":
                    raise ScannerError("git cat-file stopped in the middle of a file")
                yield blob, rest[1], content if kind == "blob" else None
        asked.check()

    def head_blobs(self, deadline: float) -> dict[str, str]:
        """A path of each content that HEAD has, by the content's id."""
        if self._head is None:
            return {}
        scope = [self._prefix] if self._prefix else []
        arguments = ("ls-tree", "-r", "-z", "--full-tree", self._head, "--", *scope)
        with tempfile.TemporaryFile() as listing:
            problem = self._write(listing, *arguments, deadline=deadline)
            if problem:
                raise ScannerError(problem)
            found = {}
            for record in _fields(listing):
                meta, _, path = record.partition(b"\t")
                mode, _, blob = meta.decode("ascii").split(" ")
                if mode != SUBMODULE_MODE:
                    found[blob] = os.fsdecode(path).removeprefix(self._prefix)
            return found

    @cached_property
    def _head(self) -> str | None:
        """The commit that is checked out; None before the first one."""
        return self._line("rev-parse", "--verify", "--quiet", "HEAD")

    @cached_property
    def _facts(self) -> list[str]:
        """Where the repository's own files are, and whether it is shallow."""
        arguments = ("rev-parse", "--absolute-git-dir", "--is-shallow-repository")
        return list(self._records(*arguments, deadline=time.monotonic() + _SHORT))

    def _line(self, *arguments: str) -> str | None:
        """The first line of a short answer; None where there is none."""
        try:
            return next(self._records(*arguments, deadline=time.monotonic() + _SHORT), None)
        except ScannerError:
            return None

    def _is_partial(self) -> bool:
        keys = r"^(extensions\.partialclone|remote\..*\.promisor)$"
        return self._line("config", "--name-only", "--get-regexp", keys) is not None

    def _promised(self, deadline: float) -> set[str]:
        """Ids of the objects that are missing, but could be fetched."""
        arguments = ("rev-list", "--objects", "--all", "--missing=print")
        return {
            line[1:] for line in self._records(*arguments, deadline=deadline) if line[:1] == "?"
        }

    def _asked(self, objects: Iterable[str], form: str, deadline: float) -> Iterator[str]:
        """What cat-file tells of objects, a line for each."""
        asked = _Counted(objects)
        with _listed(asked) as stdin:
            for line in self._records("cat-file", form, "--buffer", deadline=deadline, stdin=stdin):
                asked.count -= 1
                yield line
        asked.check()

    def _records(
        self, *arguments: str, deadline: float, stdin: IO[bytes] | None = None
    ) -> Iterator[str]:
        """The lines a git command prints."""
        with self._running(*arguments, deadline=deadline, stdin=stdin) as output:
            for line in output:
                yield os.fsdecode(line.rstrip(b"\n"))

    def _write(
        self, target: IO[bytes], *arguments: str, deadline: float, stdin: IO[bytes] | None = None
    ) -> str:
        """Write what a git command prints, and rewind; the answer is why it is not all of it."""
        try:
            with self._running(*arguments, deadline=deadline, stdin=stdin) as output:
                target.writelines(_limited(output))
        except ScannerError as error:
            return error.message
        finally:
            target.seek(0)
        return ""

    @contextmanager
    def _running(
        self, *arguments: str, deadline: float, stdin: IO[bytes] | None = None
    ) -> Iterator[IO[bytes]]:
        """Run git while its output is read; ScannerError unless it ends well and in time."""
        # core.worktree of a hostile configuration must not move us to another folder.
        command = ["git", "-C", self._toplevel, f"--work-tree={self._toplevel}"]
        left = deadline - time.monotonic()
        if left <= 0:
            raise ScannerError("ran out of time")
        try:
            child = subprocess.Popen(
                [*command, *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=_CHUNK,
            )
        except OSError as error:
            raise ScannerError(f"git cannot be started: {error.strerror}") from error
        # threading.Timer cannot wait longer than this
        timer = threading.Timer(min(left, threading.TIMEOUT_MAX), child.kill)
        timer.daemon = True
        timer.start()
        try:
            with child.stdout or tempfile.TemporaryFile() as output:
                yield output
            status = child.wait()
        finally:
            timer.cancel()
            child.kill()
            child.wait()
        if status:
            late = time.monotonic() >= deadline
            raise ScannerError(
                "ran out of time" if late else f"git {arguments[0]} ended with {status}"
            )


def _limited(output: IO[bytes]) -> Iterator[bytes]:
    size = 0
    while chunk := output.read(_CHUNK):
        size += len(chunk)
        if size > OUTPUT_LIMIT:
            raise ScannerError("git lists more than 1 GB of changes")
        yield chunk


class _Counted:
    """Counts the objects that git is asked about and those that it answered for."""

    def __init__(self, objects: Iterable[str]) -> None:
        self._objects = objects
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        for each in self._objects:
            self.count += 1
            yield each

    def check(self) -> None:
        """Complain unless all were answered for."""
        if self.count:
            raise ScannerError("git cat-file did not answer for every object")


@contextmanager
def _listed(lines: Iterable[str]) -> Iterator[IO[bytes]]:
    """A file with these lines, as a child's stdin: no child waits for us while we wait for it."""
    with tempfile.TemporaryFile() as file:
        file.writelines(os.fsencode(line) + b"\n" for line in lines)
        file.seek(0)
        yield file


def _fields(file: IO[bytes]) -> Iterator[bytes]:
    """What ends with a NUL byte in a file; a last part without one was cut off."""
    file.seek(0)
    rest = b""
    while chunk := file.read(_CHUNK):
        *fields, rest = (rest + chunk).split(b"\0")
        yield from fields


def _on_one_line(path: str) -> str:
    return path.replace("\n", "?")
