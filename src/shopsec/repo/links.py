"""Symbolic links within the folder scanned: what is another file by a link's name. Pure.

Scanners tell what a file is by its name: what is no Python file as ``app.dat`` is one through the
link ``app.py``, and what ``exclude`` leaves out as ``fixtures/a.py`` is the shop's as
``checkout/a.py``. Such a file is scanned under the link's name, too.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from shopsec.model import Role
from shopsec.repo.roles import role_of

_HOPS = 40  # as Linux follows; https://man7.org/linux/man-pages/man7/path_resolution.7.html
_LOOKED_AT, _TAKEN = 200_000, 20_000
_OF_GIT = ".git"


class Content(NamedTuple):
    """Where the content of a file is that has its name by a link."""

    path: str
    link: str


@dataclass
class Linked:
    """What has become of the links of a folder."""

    files: dict[str, Content] = field(default_factory=dict)
    """Paths of files to scan under a link's name, and where their content is."""
    alike: int = 0
    """Links to what is scanned under its own name, which says the same."""
    left_out: int = 0
    """Files that are excluded under the link's name."""
    missed: list[tuple[str, str]] = field(default_factory=list)
    """Paths of links that cannot be followed, and why."""


def follow(
    links: Mapping[str, str],
    listed: Collection[str],
    scanned: Collection[str],
    is_excluded: Callable[[str], bool],
) -> Linked:
    """Look up where links lead; all paths are relative to the folder scanned.

    ``links``: their targets, with all links in them resolved (empty for the folder itself).
    ``listed``: the regular files that there are; ``scanned``: those that are no part of what is
    excluded.
    """
    linked, known, there = Linked(), frozenset(listed), sorted(listed)
    scans = frozenset(scanned)
    left = _LOOKED_AT
    for link, target in sorted(links.items()):
        if _OF_GIT in target.split("/"):
            linked.missed.append((link, "symbolic link into git's own files"))
            continue
        below = [target] if target in known else _below(target, there)
        left -= len(below)
        if left < 0 or len(linked.files) > _TAKEN:
            linked.missed.append((link, "symbolic link to one more file than is looked at"))
        elif not below:
            linked.missed.append((link, "symbolic link to a folder of which no file is listed"))
        else:
            names = {_below_link(link, target, path): Content(path, link) for path in below}
            _take(linked, names, scans, is_excluded)
    return linked


def _take(
    linked: Linked,
    files: Mapping[str, Content],
    scanned: Collection[str],
    is_excluded: Callable[[str], bool],
) -> None:
    """Book the files that one link leads to."""
    other = {
        name: content
        for name, content in files.items()
        if name not in scanned
        and (content.path not in scanned or not _read_alike(name, content.path))
    }
    kept = {name: content for name, content in other.items() if not is_excluded(name)}
    linked.files |= kept
    linked.left_out += len(other) - len(kept)
    linked.alike += not other


def _below(folder: str, there: list[str]) -> list[str]:
    """The files of a sorted list that are in a folder."""
    if not folder:
        return there
    # The character after the slash ends what begins with the folder and a slash.
    return there[bisect_left(there, f"{folder}/") : bisect_left(there, f"{folder}0")]


def _below_link(link: str, target: str, path: str) -> str:
    """The name of a file through a link to it, or to a folder that it is in."""
    if path == target:
        return link
    return f"{link}/{path[len(target) :].lstrip('/')}"


def _read_alike(name: str, path: str) -> bool:
    """Whether scanners take a file for the same by both names."""
    return (
        name.rpartition("/")[2] == path.rpartition("/")[2]
        and _hidden(name) == _hidden(path)
        and (role_of(name) is role_of(path) or role_of(name) is not Role.PRODUCTION)
    )


def _hidden(path: str) -> list[str]:
    """Folders that give a file its meaning, such as .github: those whose names begin with a dot."""
    return [part for part in path.split("/")[:-1] if part.startswith(".")]


def resolve(link: str, texts: Mapping[str, str]) -> str | None:
    """Where a link of a commit leads, empty for its root; None for out of it or in a loop.

    ``texts``: what each link says, by its path.
    """
    pending, here, hops = deque(link.split("/")), list[str](), 0
    while pending:
        part = pending.popleft()
        if part == ".." and not here:
            return None
        if part == "..":
            here.pop()
        elif part not in {"", "."}:
            here.append(part)
            text = texts.get("/".join(here))
            if text is not None:
                hops += 1
                if hops > _HOPS or text.startswith("/"):
                    return None
                here.pop()
                pending.extendleft(reversed(text.split("/")))
    return "/".join(here)
