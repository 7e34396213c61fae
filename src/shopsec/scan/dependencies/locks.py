"""Which manifests the lockfiles of a repository pin: those beside them, and members they name."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError
from shopsec.scan.dependencies.lockfiles.json_lines import parse_object
from shopsec.scan.dependencies.lockfiles.toml_packages import parse_toml
from shopsec.scan.dependencies.versions import normalised_name

_MOST_GLOBS, _MOST_PARTS = 1000, 50


@dataclass
class Lock:
    """What the lockfiles of one ecosystem in one folder tell."""

    names: set[str] = field(default_factory=set)
    """Normalised names of all packages in them, of those without a version too."""
    members: set[str] = field(default_factory=set)
    """Other projects that they lock, see Lockfile.members."""
    readable: bool = True


class Locks:
    """The lockfiles of a repository, by ecosystem and folder."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Lock] = {}

    def add(self, ecosystem: str, folder: str, lockfile: Lockfile | None) -> None:
        """Book a lockfile; None for one that cannot be read, and may have any package."""
        lock = self._found.setdefault((ecosystem, folder), Lock())
        if lockfile is None:
            lock.readable = False
            return
        named = [pin.name for pin in lockfile.pins]
        for entry in lockfile.unpinned:
            named += filter(None, (entry.name, entry.text))
        lock.names.update(normalised_name(ecosystem, name) for name in named)
        lock.members.update(lockfile.members)

    def beside(self, ecosystem: str, folder: str) -> Lock | None:
        """The lockfiles in a folder."""
        return self._found.get((ecosystem, folder))

    def below(self, ecosystem: str, folder: str) -> Lock | None:
        """The lockfiles in a folder and all those inside of it, as one."""
        inside = f"{folder}/" if folder else ""
        found = [
            lock
            for (of, path), lock in self._found.items()
            if of == ecosystem and f"{path}/".startswith(inside)
        ]
        if not found:
            return None
        return Lock(set().union(*(lock.names for lock in found)))

    def above(self, ecosystem: str, folder: str) -> Iterator[tuple[str, Lock]]:
        """The folders above one that have lockfiles, the nearest first."""
        while folder:
            folder = posixpath.dirname(folder)
            lock = self.beside(ecosystem, folder)
            if lock is not None:
                yield folder, lock


def covers(lock: Lock, ecosystem: str, folder: str, name: str, texts: tuple[str, str]) -> bool:
    """True when a lockfile above locks the project in ``folder``, which counts from its own.

    ``name`` is that of the manifest; ``texts`` are the manifest beside the lockfile and that of
    the project. Ecosystems that are not here have a lockfile for each project.
    """
    beside, own = texts
    if ecosystem == "crates.io":
        return _crate_name(own) in lock.members
    if ecosystem == "RubyGems":
        return name.endswith(".gemspec") and name.removesuffix(".gemspec") in lock.members
    return folder in lock.members or (ecosystem == "npm" and _is_workspace(folder, beside))


def _crate_name(text: str) -> str:
    try:
        package = parse_toml(text).get("package")
    except LockfileError:
        return ""
    return str(package.get("name", "")) if isinstance(package, dict) else ""


def _is_workspace(folder: str, text: str) -> bool:
    """Whether a package.json has the folder among its workspaces."""
    try:
        globs = _globs(parse_object(text))
    except LockfileError:
        return False
    inside = False
    for glob in globs[:_MOST_GLOBS]:
        refused = glob.startswith("!")
        if _matches(folder.split("/"), posixpath.normpath(glob.removeprefix("!")).split("/")):
            inside = not refused
    return inside


def _globs(document: Mapping[str, Any]) -> list[str]:
    workspaces = document.get("workspaces")
    if isinstance(workspaces, dict):
        workspaces = workspaces.get("packages")
    found = workspaces if isinstance(workspaces, list) else []
    return [glob for glob in found if isinstance(glob, str)]


def _matches(folder: list[str], glob: list[str]) -> bool:
    """Part by part; ``**`` stands for any number of them."""
    if max(len(folder), len(glob)) > _MOST_PARTS:
        return False
    ends = {0}
    for part in glob:
        if part == "**":
            ends = set(range(min(ends), len(folder) + 1))
        else:
            ends = {at + 1 for at in ends if at < len(folder) and fnmatchcase(folder[at], part)}
        if not ends:
            return False
    return len(folder) in ends
