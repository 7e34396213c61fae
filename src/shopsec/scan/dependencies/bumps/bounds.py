"""Parts that the ranges of all ecosystems have in common: bounds, and how they are raised."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shopsec.scan.dependencies.versions import Key

CANNOT = "its range is of a form that is not edited here"
_NUMBERS = re.compile(r"[vV=]*([0-9]+(?:\.[0-9]+)*)")
_MOST_NUMBERS = 8


@dataclass(frozen=True)
class Span:
    """Versions from ``low`` on and below ``high``; None has no bound."""

    low: Key | None = None
    high: Key | None = None
    low_included: bool = True
    high_included: bool = False

    def holds(self, key: Key) -> bool:
        """Whether a version lies within."""
        if self.low is not None and (key < self.low or (key == self.low and not self.low_included)):
            return False
        if self.high is None:
            return True
        return key < self.high or (key == self.high and self.high_included)


def numbers(version: str) -> list[int] | None:
    """The numbers that a version starts with; None where it starts with none, or with too many."""
    match = _NUMBERS.match(version)
    if match is None or match[1].count(".") >= _MOST_NUMBERS or len(match[1]) > 60:
        return None
    return [int(part) for part in match[1].split(".")]


def dotted(parts: Sequence[int]) -> str:
    """Numbers as a version."""
    return ".".join(map(str, parts))


def above(parts: Sequence[int], index: int) -> str:
    """The first version after all that share the numbers up to ``index``: (1.2.3, 1) -> 1.3."""
    padded = [*parts, *([0] * (index + 1 - len(parts)))]
    return dotted([*padded[:index], padded[index] + 1])


def like(version: str, pattern: Sequence[object]) -> str:
    """The version's first numbers, as many as a pattern has."""
    parts = numbers(version) or []
    return dotted([*parts, *([0] * len(pattern))][: len(pattern)])


def raised_limit(limit: str, version: str) -> str | None:
    """An upper bound (``<2.0``) of the same width above a version: (2.0, 3.1.5) -> 4.0."""
    parts, wanted = numbers(limit), numbers(version)
    if parts is None or wanted is None:
        return None
    index = max((place for place, number in enumerate(parts) if number), default=0)
    raised = above(wanted, index)
    return raised + ".0" * (len(parts) - index - 1)
