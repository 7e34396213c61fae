"""Markdown in sections that keep to a size."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SUMMARY_BYTES = 1024 * 1024
"""What GitHub takes as the summary of a step; it drops a longer one whole."""


@dataclass(frozen=True)
class Section:
    """A part of a document: a head, and entries of which the last may be left out."""

    head: tuple[str, ...]
    """Lines that are there whenever the section is."""
    entries: Sequence[str]
    """Those to show where there is room, one or more lines each, the most important first."""
    total: int
    """How many there are; the rest is counted."""


def fitted(sections: Iterable[Section], limit: int) -> str:
    """Return sections, the most important first, in at most ``limit`` bytes of UTF-8.

    Each takes at most half of the room that is left, so that none takes all from the next. Entries
    that find no room are counted in their section, sections without room at the end.
    """
    room = limit - len(_cut(999))
    parts: list[str] = []
    left_out = 0
    for section in sections:
        text = _section(section, room // 2)
        if not text:
            left_out += 1
            continue
        parts.append(text)
        room -= _size(text)
    return "\n".join([*parts, *([_cut(left_out)] if left_out else [])])


def _section(section: Section, room: int) -> str:
    """The section with as many entries as there is room for; empty where not even its head fits."""
    lines = [*section.head]
    room -= sum(map(_size, lines)) + _size(_rest(section.total)) + 1
    if room < 0:
        return ""
    shown = 0
    for entry in section.entries:
        room -= _size(entry)
        if room < 0:
            break
        lines.append(entry)
        shown += 1
    if shown < section.total:
        lines.append(_rest(section.total - shown))
    return "".join(f"{line}\n" for line in lines)


def _rest(count: int) -> str:
    return f"\nand {count} more"


def _cut(count: int) -> str:
    return f"**Parts of this report that found no room here: {count}**\n"


def _size(line: str) -> int:
    return len(line.encode()) + 1
