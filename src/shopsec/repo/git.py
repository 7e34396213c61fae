"""What git knows of a folder, with the repository's own settings disarmed.

A repository's configuration can name programs (core.fsmonitor, core.hooksPath, diff drivers) that
git starts. The variables below win over it; the user's and the system's configuration are left
out, so that the same repository gives the same answer on every machine.
"""

import os
import subprocess
from collections.abc import Iterable
from typing import NamedTuple

from shopsec.checkout_root import enclosing_repository

SYMLINK_MODE = "120000"
SUBMODULE_MODE = "160000"
_SECONDS = 120
_USUAL = ("main", "master")


class GitEntry(NamedTuple):
    """A path git lists, relative to the folder asked about, as ``os.fsdecode`` gives it."""

    path: str
    mode: str
    """Octal file mode of the index; empty for an untracked file."""
    sparse: bool = False
    """Left out of the working tree by a sparse checkout."""


class GitState(NamedTuple):
    """The commit that is checked out."""

    toplevel: str
    commit: str | None
    branch: str | None
    dirty: bool
    remote: str | None
    shallow: bool


class GitUnavailableError(Exception):
    """git cannot answer for this folder; the message says why."""


def disarmed(folder: str, filters: Iterable[str] = ()) -> dict[str, str]:
    """Environment variables under which git starts none of the programs a repository names."""
    settings = {
        "safe.directory": folder,
        "core.fsmonitor": "false",
        "core.hooksPath": os.devnull,
        "core.untrackedCache": "false",
        "core.attributesFile": os.devnull,
        "core.sshCommand": "false",
        "credential.helper": "",
        "diff.external": "",
        "protocol.allow": "never",
        "submodule.recurse": "false",
    }
    for name in filters:
        settings |= {f"filter.{name}.{key}": "" for key in ("clean", "smudge", "process")}
        settings[f"filter.{name}.required"] = "false"
    variables = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
    }
    for number, (key, value) in enumerate(settings.items()):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


# Set by a hook or a wrapper of git, these would point us at another repository.
INHERITED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")


class Git:
    """Questions to git about one folder; nothing is written, fetched or run."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        toplevel = enclosing_repository(folder)
        if toplevel is None:
            raise GitUnavailableError("not a git repository")
        self.toplevel = toplevel
        self._environment = disarmed(toplevel)
        # Programs that convert contents are named by the repository too: git runs them to tell
        # whether a file with another time has other contents.
        self._environment = disarmed(toplevel, self._filters())

    def _ask(self, *arguments: str, given: bytes = b"") -> bytes:
        environ = {key: value for key, value in os.environ.items() if key not in INHERITED}
        # core.worktree of a hostile configuration must not move us to another folder.
        where = (f"--work-tree={self.toplevel}", f"--git-dir={self._git_dir()}")
        try:
            return subprocess.run(
                ["git", *where, *arguments],  # noqa: S607 -- the user's own git
                cwd=self._folder,
                env=environ | self._environment,
                input=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=True,
            ).stdout
        except subprocess.CalledProcessError as error:
            status = error.returncode
            raise GitUnavailableError(f"git {arguments[0]} ended with {status}") from error
        except subprocess.TimeoutExpired as error:
            raise GitUnavailableError(f"git {arguments[0]} took {_SECONDS} seconds") from error
        except OSError as error:
            raise GitUnavailableError(f"git cannot be started: {error.strerror}") from error

    def _git_dir(self) -> str:
        """The repository's own .git, followed when it is a file (worktrees, submodules)."""
        marker = os.path.join(self.toplevel, ".git")
        if os.path.isdir(marker):
            return marker
        with open(marker, encoding="utf-8", errors="surrogateescape") as file:
            line = file.readline(4096).strip()
        return os.path.normpath(os.path.join(self.toplevel, line.removeprefix("gitdir: ")))

    def _filters(self) -> list[str]:
        listed = self._line("config", "--name-only", "--get-regexp", r"^filter\.") or ""
        names = {key.removeprefix("filter.").rpartition(".")[0] for key in listed.splitlines()}
        return sorted(names)

    def state(self) -> GitState:
        """Commit, branch and whether tracked files differ from it."""
        return GitState(
            toplevel=self.toplevel,
            commit=self._line("rev-parse", "--verify", "--quiet", "HEAD"),
            branch=self._line("symbolic-ref", "--short", "--quiet", "HEAD"),
            dirty=self._is_dirty(),
            remote=_without_credentials(self._line("config", "--get", "remote.origin.url")),
            shallow=self._line("rev-parse", "--is-shallow-repository") == "true",
        )

    def default_branch(self) -> str | None:
        """The branch that origin's HEAD names, else main or master, else what is checked out."""
        remote = "refs/remotes/origin/"
        named = self._line("symbolic-ref", "--quiet", f"{remote}HEAD") or ""
        if named.startswith(remote):
            return named.removeprefix(remote)
        listed = self._line(
            "for-each-ref", "--format=%(refname)", *(
                f"{folder}{name}" for folder in (remote, "refs/heads/") for name in _USUAL
            ),
        )  # fmt: skip
        there = {name.rpartition("/")[2] for name in (listed or "").splitlines()}
        current = self._line("symbolic-ref", "--short", "--quiet", "HEAD")
        return next((name for name in _USUAL if name in there), current)

    def is_published(self, commit: str) -> bool:
        """Whether a branch of origin, as it was last fetched or pushed, has a commit."""
        options = ("--count=1", "--contains", commit, "--format=%(refname)")
        return self._line("for-each-ref", *options, "refs/remotes/origin/") is not None

    def _line(self, *arguments: str) -> str | None:
        try:
            return self._ask(*arguments).decode("utf-8", "replace").strip() or None
        except GitUnavailableError:
            return None

    def _is_dirty(self) -> bool:
        # Submodules have settings of their own, which are not disarmed.
        options = ("--raw", "-z", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")
        try:
            changed = self._ask("diff-files", *options)
            if changed:
                return True
            if self._line("rev-parse", "--verify", "--quiet", "HEAD") is None:
                return bool(self._ask("ls-files", "-z"))
            return bool(self._ask("diff-index", "--cached", *options, "HEAD", "--"))
        except GitUnavailableError:
            return True

    def entries(self) -> list[GitEntry]:
        """Tracked files, then untracked files that are not ignored."""
        found: list[GitEntry] = []
        seen: set[str] = set()
        prefix = os.path.relpath(self._folder, self.toplevel)
        scope = [] if prefix == "." else [f":(top,literal){prefix}"]
        for record in self._ask(
            "ls-files", "-z", "-t", "--stage", "--full-name", "--", *scope
        ).split(b"\0"):
            if not record:
                continue
            meta, _, name = record.partition(b"\t")
            tag, mode = meta.split(b" ")[:2]
            path = self._relative(os.fsdecode(name), prefix)
            if path not in seen:  # a merge conflict lists a path up to three times
                seen.add(path)
                found.append(GitEntry(path, mode.decode("ascii"), sparse=tag == b"S"))
        others = self._ask(
            "ls-files", "-z", "--others", "--exclude-standard", "--full-name", "--", *scope
        )
        found.extend(
            GitEntry(self._relative(os.fsdecode(name), prefix), "")
            for name in others.split(b"\0")
            if name
        )
        return found

    def unmodified(self) -> dict[str, str]:
        """Ids of contents, by path, of what the working tree has as the index has it.

        As git tells by sizes and times, without a look at what its filters would make of a file;
        what somebody told git to take for unmodified is left out.
        """
        prefix = os.path.relpath(self._folder, self.toplevel)
        scope = [] if prefix == "." else [f":(top,literal){prefix}"]
        options = ("--name-only", "-z", "--no-relative", "--no-ext-diff", "--no-textconv")
        changed = self._ask("diff-files", *options, "--ignore-submodules=all", "--", *scope)
        modified = {*changed.split(b"\0")}
        found = {}
        for record in self._ask(
            "ls-files", "-z", "-v", "--stage", "--full-name", "--", *scope
        ).split(b"\0"):
            meta, _, name = record.partition(b"\t")
            if meta[:4] == b"H 10" and meta.endswith(b" 0") and name not in modified:
                path = self._relative(os.fsdecode(name), prefix)
                found[path] = meta.split(b" ")[2].decode("ascii")
        return found

    def attribute(self, name: str, paths: Iterable[str]) -> dict[str, str]:
        """What .gitattributes say of an attribute, by path, relative to the folder asked about."""
        given = b"\0".join(map(os.fsencode, paths))
        fields = self._ask("check-attr", "-z", "--stdin", name, given=given).split(b"\0")
        return {
            os.fsdecode(path): value.decode("utf-8", "replace")
            for path, value in zip(fields[::3], fields[2::3], strict=False)
        }

    def tracks(self, path: str) -> bool:
        """Whether the index has a path, relative to the folder asked about."""
        return bool(self._ask("ls-files", "-z", "--", f":(literal){path}"))

    @staticmethod
    def _relative(path: str, prefix: str) -> str:
        return path if prefix == "." else path.removeprefix(prefix + "/")


def _without_credentials(url: str | None) -> str | None:
    if url is None:
        return None
    import urllib.parse  # noqa: PLC0415 -- only here, and a hook does not come here

    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError:
        return None  # git could not use it either
    if not parts.scheme or not parts.hostname:
        # scp-like: git@host:path; any other user may be a token. A local path is nobody's business.
        user, at, rest = url.rpartition("@")
        if not at or ":" not in rest or url.startswith("/"):
            return None
        return url if user == "git" else rest
    if "@" in parts.path:
        return None  # a password with a slash in it, or one that somebody wrote behind the host
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    host = name if port is None else f"{name}:{port}"
    return urllib.parse.urlunsplit((parts.scheme, host, parts.path, "", ""))
