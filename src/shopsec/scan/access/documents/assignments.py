"""What settings files have in common, whatever language they are written in: names with values."""

from dataclasses import dataclass
from typing import Any, Literal

Source = Literal["literal", "environment", "other"]

ASSIGNMENTS = 20_000
"""Most settings a file may hold."""


@dataclass(frozen=True)
class Value:
    """What is known of an expression without running it."""

    source: Source
    value: Any = None
    """The literal, or the environment reader's default; None where there is none."""
    variable: str = ""
    """Name of the environment variable."""


@dataclass(frozen=True)
class Assignment:
    """A name and the value given to it; parts of a name are joined by dots."""

    name: str
    line: int
    value: Value
    conditional: bool = False
    """Inside an ``if``, so it may not be run."""
    adds: bool = False
    """``+=``: adds to what was there."""


OTHER = Value("other")
NOTHING = Value("literal", None)


def with_default(first: Value, last: Value) -> Value:
    """``first or last``: what an environment reader gives where the environment is silent."""
    if first.source != "environment":
        return OTHER
    if first.value or last.source != "literal":
        return first
    return Value("environment", last.value, first.variable)
