"""What a detector says of a place in a file. Holds the value, so it stays in the worker."""

from collections.abc import Callable
from dataclasses import dataclass

from shopsec.scan.secrets.protocol import ConfidenceWord, SeverityWord
from shopsec.scan.secrets.source import Source


@dataclass(frozen=True)
class Place:
    """Where a value stands: offsets in the text of its file."""

    start: int
    end: int
    value: str


@dataclass(frozen=True)
class Verdict:
    """How sure, and how bad; an empty severity is the rule's own."""

    confidence: ConfidenceWord = "high"
    severity: SeverityWord = ""
    begins: int | None = None
    """Offset where the whole begins that the value is a part of: the URL, the key's first dash."""


Judge = Callable[[Source, Place], Verdict | None]
"""Looks at what stands around a value; None when it is no secret."""


@dataclass(frozen=True)
class Hit:
    """A value that a rule takes for a secret."""

    rule: str
    place: Place
    verdict: Verdict
    name: str = ""
    """What it is assigned to, where the detector knows."""
    is_format: bool = False
    """True where the value's form tells what it is, so that its first characters may be shown."""
