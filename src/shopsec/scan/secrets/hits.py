"""What was found at a place in a file. Holds the value, which never leaves this package."""

from typing import NamedTuple

from shopsec.levels import Confidence, Severity


class Place(NamedTuple):
    """Where a value stands: offsets in the text of its file."""

    start: int
    end: int
    value: str

    def __repr__(self) -> str:
        return f"Place(start={self.start}, end={self.end})"  # a traceback is printed


class Verdict(NamedTuple):
    """How sure, and how bad."""

    confidence: Confidence = Confidence.HIGH
    severity: Severity | None = None
    """None where the rule's own holds."""
    begins: int | None = None
    """Offset where the whole begins that the value is a part of: the URL, the key's first dash."""


class Hit(NamedTuple):
    """A value that a rule takes for a secret."""

    rule: str
    place: Place
    verdict: Verdict
    rank: int
    """Where two rules see one value, the lower rank speaks."""
    name: str = ""
    """What it is assigned to, where the detector knows."""
    opaque: bool = False
    """Known by what stands around it: nothing of the value itself may be shown."""

    @property
    def begins(self) -> int:
        """Offset of the place that a person is shown."""
        return self.place.start if self.verdict.begins is None else self.verdict.begins


FORMAT, SERVICE, CONNECTION, ASSIGNMENT, RANDOM = range(5)
"""Ranks: a form of its own, a service's name beside it, a URL, a name that sounds secret."""
