"""What ``shopsec init`` can know of the repository around a folder."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from shopsec.errors import UsageError
from shopsec.model import printable
from shopsec.repo.git import Git, GitUnavailableError
from shopsec.starter.source import host_of, is_github, is_gitlab

# Neither a line of its own, nor an expression of GitHub's, nor a variable of GitLab's.
_FOLDER = re.compile(r"[\w.@+](?:[\w.@+/ -]*[\w.@+])?")
_EXPRESSION = "${{"
GITLAB_FILE = ".gitlab-ci.yml"


@dataclass(frozen=True)
class Surroundings:
    """The repository, and the folder of the shop in it."""

    top: str
    """Absolute path; without git that of the folder itself."""
    folder: str
    """The shop's folder in the repository, with ``/``, or ``.``."""
    host: str
    """Server of the origin; empty where it is not known."""
    branch: str
    """The default branch."""
    unknown: tuple[str, ...]
    """What could not be told, and what is assumed instead."""
    github: str
    """What speaks for GitHub; empty where nothing does."""
    gitlab: str
    """What speaks for GitLab; empty where nothing does."""

    def name(self, file: str) -> str:
        """A file of the shop's folder, as seen from the top."""
        return file if self.folder == "." else f"{self.folder}/{file}"


def surroundings_of(path: Path) -> Surroundings:
    """Ask git about a folder; UsageError for a name that no pipeline can be given."""
    folder = os.path.realpath(path)
    unknown: list[str] = []
    try:
        git = Git(folder)
    except (GitUnavailableError, OSError) as error:
        top, remote, branch = folder, None, None
        unknown.append(f"{error}: {printable(str(path))} is taken for its top")
    else:
        top, remote, branch = git.toplevel, git.state().remote, git.default_branch()
    host = host_of(remote)
    if not host:
        unknown.append("no origin with a server is known: only files can tell GitHub from GitLab")
    if not branch or not branch.isprintable() or "\ufffd" in branch or _EXPRESSION in branch:
        unknown.append("the default branch is not known: main is assumed")
        branch = "main"
    return Surroundings(
        top=top,
        folder=_folder(os.path.relpath(folder, top)),
        host=host,
        branch=branch,
        unknown=tuple(unknown),
        github=_evidence(top, host if is_github(host) else "", ".github"),
        gitlab=_evidence(top, host if is_gitlab(host) else "", GITLAB_FILE),
    )


def _folder(name: str) -> str:
    name = name.replace(os.sep, "/")
    if not _FOLDER.fullmatch(name):
        raise UsageError(
            f"{printable(name)}: a pipeline cannot be given a folder of this name",
            "name it with letters, digits, blanks and . _ - + @, or write the files by hand",
        )
    return name


def _evidence(top: str, host: str, name: str) -> str:
    if host:
        return f"origin is at {printable(host)}"
    return f"{name} is there" if os.path.lexists(os.path.join(top, name)) else ""
