"""What every lockfile parser returns."""

from dataclasses import dataclass, field


class LockfileError(Exception):
    """A lockfile cannot be parsed; the message names the line where it can be told."""


@dataclass(frozen=True)
class Pin:
    """One exact version. ``line`` counts from 1."""

    name: str
    version: str
    line: int
    dev: bool = False
    """Needed for development or tests only."""
    direct: bool | None = None
    """The project itself names it; None where the file does not tell."""
    via: tuple[str, ...] = ()
    """Names from a direct dependency down to the one that needs this; empty for a direct one."""
    raised_with: tuple[str, ...] = ()
    """Of a package that others pin to their own version: what to raise instead (families.py)."""
    ecosystem: str = ""
    """OSV's name of the ecosystem, in files that hold packages of several (an SBOM)."""


@dataclass(frozen=True)
class Unpinned:
    """A requirement whose version nothing tells."""

    text: str
    line: int
    reason: str
    name: str = ""
    """Package name, where there is one: a constraints file may still pin it."""


@dataclass(frozen=True)
class Include:
    """``-r other.txt`` or ``-c constraints.txt``."""

    path: str
    line: int
    constraint: bool


@dataclass(frozen=True)
class Lockfile:
    """Everything one file says."""

    pins: tuple[Pin, ...] = ()
    unpinned: tuple[Unpinned, ...] = ()
    includes: tuple[Include, ...] = ()
    members: frozenset[str] = field(default=frozenset(), compare=False)
    """Other projects that it locks too: folders from its own; of Cargo and Bundler names."""


NOT_LOCKED = "is asked for by the project, and not in the lockfile"
"""Why a direct dependency that has no entry is unpinned."""


def cut_off(name: str, needed: str, line: int) -> Unpinned:
    """An entry that needs one which is not in the file: the first tells of the whole file."""
    return Unpinned(name, line, f"needs {needed}, which is not in the file: was it cut off?")
