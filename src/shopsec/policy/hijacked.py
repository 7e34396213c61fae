"""GitHub Actions that were taken over once: policies/hijacked-actions.yaml and look-ups in it."""

import datetime
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import Field

from shopsec.errors import PolicyError
from shopsec.model.base import Frozen
from shopsec.policy.bundled import policies_folder
from shopsec.policy.text import read_policy_file

_FILE_NAME = "hijacked-actions.yaml"
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-+].*)?")
# v45 stands for the newest 45.x.y there is.
_NEWEST = 10_000


class HijackedAction(Frozen):
    """One action with the references that ran a stranger's code."""

    action: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    when: str
    all: bool = False
    below: str = ""
    tags: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
    safe: tuple[str, ...] = ()
    fixed: str
    source: str = Field(pattern=r"^https://")

    def was_moved(self, reference: str) -> bool:
        """True when the reference itself was one of those that led to a stranger's code."""
        if reference in self.commits or reference in self.tags:
            return True
        if reference in self.safe or _COMMIT.fullmatch(reference):
            return False
        if not self.below:
            return self.all
        version, limit = _version(reference), _version(self.below)
        return version is not None and limit is not None and version < limit


class HijackedFile(Frozen):
    """The shape of policies/hijacked-actions.yaml."""

    as_of: datetime.date
    actions: tuple[HijackedAction, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Hijack:
    """What is known about one reference to an action."""

    action: HijackedAction
    moved: bool
    """The reference itself was moved; otherwise it is a name that could be, once more."""


def hijack_of(uses: str) -> Hijack | None:
    """What is known about ``owner/name/path@reference``, or None."""
    name, _, reference = uses.partition("@")
    owner_and_name = "/".join(name.lower().split("/")[:2])
    action = _by_name().get(owner_and_name)
    if action is None or not reference:
        return None
    moved = action.was_moved(reference)
    if not moved and (_COMMIT.fullmatch(reference) or reference in action.safe):
        return None
    return Hijack(action, moved)


def load_hijacked(path: Path | None = None) -> HijackedFile:
    """Read the facts; PolicyError names what cannot be used."""
    path = path or policies_folder() / _FILE_NAME
    loaded = read_policy_file(path, HijackedFile)
    for each in loaded.actions:
        if each.below and _version(each.below) is None:
            raise PolicyError(f"{path}: {each.action}.below: {each.below!r} is no version")
    return loaded


@lru_cache(maxsize=1)
def _by_name() -> dict[str, HijackedAction]:
    return {each.action: each for each in load_hijacked().actions}


def _version(text: str) -> tuple[int, ...] | None:
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    return tuple(_NEWEST if part is None else int(part) for part in found.groups())
