"""What a worker is asked and what it answers: one JSON line each, never a secret's value.

Plain dataclasses, because the worker starts in every run and pydantic would double the time that
takes; the parent validates the same classes.
"""

from dataclasses import dataclass, field
from typing import Literal

READY = b"ready\n"
"""The first line a worker prints: from here on a stall is a file's, not the start's."""

KEYWORD, HIGH_ENTROPY = "keyword", "high-entropy"
BY_NAME = frozenset({KEYWORD, HIGH_ENTROPY})
"""Rules that go by the name of a value, not by its form."""

ConfidenceWord = Literal["high", "medium", "low"]
SeverityWord = Literal["", "critical", "high", "medium", "low", "info"]


@dataclass(frozen=True)
class Order:
    """The first line to a worker: what holds for every file."""

    root: str
    """Absolute path of the folder scanned."""
    limit: int
    """Bytes; larger files are not searched."""
    today: str
    """ISO 8601 date that stands for now."""


@dataclass(frozen=True)
class Sighting:
    """One secret that was seen, in words that may leave the worker."""

    rule: str
    line: int
    """From 1."""
    confidence: ConfidenceWord
    severity: SeverityWord
    """Severity of this one, or empty where the rule's own holds."""
    name: str
    """What the value is assigned to, or empty."""
    shown: str
    """The value's first and last characters, or empty (see redaction.py)."""


@dataclass(frozen=True)
class Answer:
    """What became of one file."""

    number: int
    """Position of the file in the list that was handed in, from 0."""
    sightings: list[Sighting] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    """How many hits were left out on purpose, by reason."""
    missed: str = ""
    """Why the file, or a part of it, was not searched."""
    binary: bool = False

    @property
    def searched(self) -> bool:
        """At least a part of the file was looked at."""
        return bool(self.sightings) or not (self.missed or self.binary)
