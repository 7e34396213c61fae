"""Decisions to live with something for a while, and what became of them in a run."""

from enum import StrEnum
from typing import Literal

from shopsec.model.base import Frozen
from shopsec.model.finding import Location


class Suppression(Frozen):
    """Somebody's decision to live with something for a while."""

    selector: str
    """What it speaks of: a rule, a fingerprint, a vulnerability, ``package:NAME`` or a purl."""
    also: tuple[str, ...] = ()
    """Other names of the same vulnerability, sorted."""
    paths: tuple[str, ...] = ()
    """Patterns of files, as in .gitignore, from the folder scanned; empty for everywhere."""
    at: Location | None = None
    """Of a comment: the only line that it speaks of."""
    packages: tuple[str, ...] | None = None
    """Of a VEX statement: purls of the packages that it speaks of; None for any of them."""
    reason: str
    owner: str
    until: str
    """Last day on which it holds, ISO 8601."""
    since: str = ""
    """Of a VEX statement: when it was made, ISO 8601 in UTC."""
    denies: bool = False
    """A VEX statement that the vulnerability matters: it undoes those that are not younger."""
    place: str
    """Where it is written: file and line."""
    kind: Literal["settings", "inline", "vex"]
    problem: str = ""
    """Why it cannot be used as it is written, and what to do; empty for a good one."""


class SuppressionState(StrEnum):
    """What has become of a suppression in this run."""

    USED = "used"
    UNUSED = "unused"
    EXPIRED = "expired"
    REFUSED = "refused"
    NOTED = "noted"
    """A statement that suppresses nothing by its nature."""


class SuppressionUse(Frozen):
    """A suppression with what it did; every one is in the report."""

    suppression: Suppression
    state: SuppressionState
    fingerprints: tuple[str, ...] = ()
    """Results that it suppresses, sorted."""
    refused: tuple[str, ...] = ()
    """Results that it speaks of but may not suppress for so long, sorted."""
    ends_soon: bool = False
    note: str = ""
    """Why it was refused, that it ends soon, what to do."""
