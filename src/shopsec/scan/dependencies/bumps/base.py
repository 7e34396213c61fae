"""What every format returns, and how its text is edited."""

from collections.abc import Iterable
from dataclasses import dataclass


class ManifestError(Exception):
    """A manifest that is not edited; the message goes on from its name."""


@dataclass(frozen=True)
class Change:
    """One place of a manifest that asks for a newer version now. ``line`` counts from 1."""

    line: int
    before: str
    after: str


@dataclass(frozen=True)
class Left:
    """One place that names the package and is left to a person or another tool, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class Bumped:
    """What became of a manifest."""

    text: str | None = None
    """The new text; None where it stays as it is."""
    named: bool = False
    """The manifest names the package at all."""
    changes: tuple[Change, ...] = ()
    left: tuple[Left, ...] = ()


@dataclass(frozen=True)
class Named:
    """One place where a manifest names the package: from ``start`` to ``end`` is its range."""

    start: int
    end: int
    raised: str | None = None
    """What should stand there; None where it may stay."""
    reason: str = ""
    """Why it is left, where it should not stay and is not edited."""


def apply(text: str, places: Iterable[Named]) -> Bumped:
    """Edit a text at these places and nowhere else."""
    found = sorted(set(places), key=lambda place: place.start)
    changes: list[Change] = []
    left: list[Left] = []
    parts: list[str] = []
    position = 0
    for place in found:
        line = text.count("\n", 0, place.start) + 1
        before = text[place.start : place.end]
        if place.reason:
            left.append(Left(line, place.reason))
        elif place.raised is not None and place.raised != before:
            parts += [text[position : place.start], place.raised]
            position = place.end
            changes.append(Change(line, before, place.raised))
    new = "".join([*parts, text[position:]]) if changes else None
    return Bumped(new, bool(found), tuple(changes), tuple(left))
