"""A commit's files, written into a folder by us: git checks out nothing.

A checkout would run what the repository names (smudge filters, hooks) and make its symbolic links.
Only objects are read here; links and submodules stay unwritten and are counted, and every name is
looked at before it becomes a path.
"""

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shopsec.errors import ScannerError, UsageError
from shopsec.model import Item, Location, display_path, uri_of
from shopsec.repo.git import SUBMODULE_MODE, SYMLINK_MODE
from shopsec.repo.history import GitHistory

FILE_BYTES = 64_000_000
"""Larger files are not written."""
FILES = 500_000
BYTES = 8_000_000_000
LISTING_BYTES = 300_000_000
"""A listing of a commit may have as many."""

_SECONDS = 900.0
_LINK_BYTES = 4096  # PATH_MAX of Linux
_NOWHERE = "/"
# Pairs of files that are compared to tell renames: as many as this each way.
_RENAMES = 1_000


class TreeEntry(NamedTuple):
    """What a commit has at a path, relative to the folder asked about."""

    path: str
    """As ``os.fsdecode`` gives it."""
    mode: str
    object_id: str


@dataclass
class Written:
    """The files of a commit that are in a folder now."""

    root: str
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes by path."""
    ids: dict[str, str] = field(default_factory=dict)
    """Ids of the contents by path."""
    submodules: dict[str, str] = field(default_factory=dict)
    """Their commits by path; nothing of them is written."""
    links: dict[str, str] = field(default_factory=dict)
    """What symbolic links say, by their paths; nothing of them is written."""
    left_out: Counter[str] = field(default_factory=Counter)
    not_written: list[tuple[str, Item]] = field(default_factory=list)
    """Reason and file, of what should be there."""
    missing: dict[str, str] = field(default_factory=dict)
    """Why it is not written, by path, of all that has a content: what is too large is here, too."""

    def miss(self, path: str, reason: str) -> None:
        """Book a file that could not be written."""
        uri = uri_of(path)
        self.missing[path] = reason
        self.not_written.append((reason, Item(name=display_path(uri), location=Location(uri=uri))))


class Trees(GitHistory):
    """Questions to git about the files of commits; nothing is checked out, fetched or run."""

    def merge_base(self, ref: str) -> str:
        """The commit that HEAD and a revision have in common; UsageError says why there is none."""
        other, head = self.commit_of(ref), self.commit_of("HEAD")
        if head is None:
            raise UsageError("--base-ref: there is no commit yet", "commit first")
        if other is None or ".." in ref:  # a range, of which git would take one end
            raise UsageError(
                f"--base-ref {ref}: is no commit here",
                "fetch the branch first (git fetch origin), and name it as in origin/main",
            )
        found = self._line("merge-base", other, head)
        if found is None:
            raise UsageError(f"--base-ref {ref}: has no commit in common with HEAD", self._why())
        return found

    def _why(self) -> str:
        if self.is_shallow():
            return (
                "this is a shallow clone, the commit is missing: git fetch --unshallow, or in "
                "CI check out the whole history (fetch-depth: 0, GIT_DEPTH: 0)"
            )
        return "name the branch that this one started from"

    def entries(self, commit: str) -> list[TreeEntry]:
        """All paths of a commit below the folder asked about."""
        found = self._entries(commit, [self._prefix] if self._prefix else [])
        return [entry._replace(path=entry.path.removeprefix(self._prefix)) for entry in found]

    def around(self, commit: str, names: Sequence[str]) -> list[TreeEntry]:
        """What a commit has below some names of the repository's top, and not in the folder.

        Paths are those from the top.
        """
        if not self._prefix:
            return []
        found = self._entries(commit, names)
        return [entry for entry in found if not entry.path.startswith(self._prefix)]

    def _entries(self, commit: str, names: Sequence[str]) -> Iterator[TreeEntry]:
        for record in self._listing("ls-tree", "-r", "-z", "--full-tree", commit, "--", *names):
            meta, tab, name = record.partition(b"\t")
            if tab:
                mode, _, object_id = meta.decode("ascii").split(" ")
                yield TreeEntry(os.fsdecode(name), mode, object_id)

    def content_of(self, commit: str, path: str) -> bytes | None:
        """A regular file of a commit, below the folder asked about; None where there is none."""
        links = {SYMLINK_MODE, SUBMODULE_MODE}
        asked = (
            (entry.object_id, "")
            for entry in self.entries(commit)
            if entry.path == path and entry.mode not in links
        )
        return next((content for _, _, content in self.contents(asked, _deadline())), None)

    def renames(self, base: str, head: str) -> dict[str, str]:
        """Files of ``base`` that have another name in ``head``: old path to new."""
        arguments = (
            "diff-tree", "-r", "-M", f"-l{_RENAMES}", "--diff-filter=R", "--raw", "-z",
            "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", base, head,
        )  # fmt: skip
        fields = iter(self._listing(*arguments))
        moved = {}
        for meta in fields:
            if meta:
                old, new = os.fsdecode(next(fields)), os.fsdecode(next(fields))
                if old.startswith(self._prefix) and new.startswith(self._prefix):
                    moved[old.removeprefix(self._prefix)] = new.removeprefix(self._prefix)
        return moved

    def _listing(self, *arguments: str) -> list[bytes]:
        """The records of an answer; a few nested trees can stand for any number of files."""
        with self._running(*arguments, deadline=_deadline()) as output:
            answer = output.read(LISTING_BYTES + 1)
            if len(answer) > LISTING_BYTES:
                raise ScannerError(f"git {arguments[0]} lists more than we can compare")
        return answer.split(b"\0")

    def write(self, entries: Iterable[TreeEntry], folder: str) -> Written:
        """Write the regular files into an empty folder; what is not written is told."""
        written = Written(folder)
        links: dict[str, str] = {}
        wanted = _regular(entries, written, links)
        paths: dict[str, list[str]] = {}
        for blob, path, size in self._sized(wanted):
            if size is None:
                written.miss(path, "its content is missing in this clone")
            elif size > FILE_BYTES:
                reason = f"larger than {FILE_BYTES // 1_000_000} MB"
                written.left_out[reason] += 1
                written.missing[path] = f"is {reason}"
            else:
                paths.setdefault(blob, []).append(path)
                written.sizes[path] = size
        if len(wanted) > FILES or sum(written.sizes.values()) > BYTES:
            raise UsageError(
                f"--base-ref: the merge base has more than {FILES:,} files, or than "
                f"{BYTES // 1_000_000_000} GB",
                "compare with a baseline instead: shopsec baseline create",
            )
        self._write_contents(paths, written)
        self._read_links(links, written)
        return written

    def _read_links(self, links: Mapping[str, str], written: Written) -> None:
        """What links say, by the ids of their contents; one that is too long leads nowhere."""
        paths: dict[str, list[str]] = {}
        for blob, path, size in self._sized(links):
            written.links[path] = _NOWHERE
            if size is None:
                written.miss(path, "its content is missing in this clone")
            elif size <= _LINK_BYTES:
                paths.setdefault(blob, []).append(path)
        blobs = ((blob, "") for blob in sorted(paths))
        for blob, _, content in self.contents(blobs, _deadline()):
            for path in paths[blob]:
                written.links[path] = os.fsdecode(content) if content else _NOWHERE

    def _sized(self, wanted: Mapping[str, str]) -> Iterator[tuple[str, str, int | None]]:
        """(id, path, bytes) of each; a path with a line end would not come back from git."""
        ids = sorted(set(wanted.values()))
        sizes = {blob: size for blob, _, size in self.sizes(((i, "") for i in ids), _deadline())}
        for path, blob in wanted.items():
            yield blob, path, sizes.get(blob)

    def _write_contents(self, paths: Mapping[str, list[str]], written: Written) -> None:
        blobs = ((blob, "") for blob in sorted(paths))
        for blob, _, content in self.contents(blobs, _deadline()):
            for path in paths[blob]:
                problem = "its content is missing in this clone"
                if content is not None:
                    problem = _write_file(written.root, path, content)
                if problem:
                    del written.sizes[path]
                    written.miss(path, problem)
                else:
                    written.ids[path] = blob


def _deadline() -> float:
    return time.monotonic() + _SECONDS


def _regular(
    entries: Iterable[TreeEntry], written: Written, links: dict[str, str]
) -> dict[str, str]:
    """Content ids of regular files by path; of links they go into ``links``, the rest is booked."""
    wanted: dict[str, str] = {}
    for entry in entries:
        if entry.mode == SUBMODULE_MODE:
            written.submodules[entry.path] = entry.object_id
            written.left_out["submodules"] += 1
        elif entry.mode == SYMLINK_MODE:
            links[entry.path] = entry.object_id
            written.left_out["symbolic links"] += 1
        elif not _is_plain(entry.path):
            written.left_out["names that no checkout would write"] += 1
        else:
            wanted[entry.path] = entry.object_id
    return wanted


def _is_plain(path: str) -> bool:
    """A tree may hold any bytes for a name; git itself refuses these at a checkout."""
    parts = path.split("/")
    return not any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts)


def _write_file(root: str, path: str, content: bytes) -> str:
    """Write a new file; why it could not be written, or nothing."""
    full = os.path.join(root, path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    flags |= getattr(os, "O_BINARY", 0)
    try:
        os.makedirs(os.path.dirname(full), mode=0o700, exist_ok=True)
        with os.fdopen(os.open(full, flags, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        # Two names that are one here (Straße, STRASSE), or one too long for this file system.
        return f"cannot be written here: {error.strerror}"
    return ""


def checked(trees: Trees, commit: str, folder: str) -> Written:
    """Write the files of a commit; UsageError where git cannot give them."""
    try:
        return trees.write(trees.entries(commit), folder)
    except ScannerError as error:
        raise UsageError(f"--base-ref: {error.message}", "see git fsck") from error
