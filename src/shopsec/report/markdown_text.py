"""Markdown in which nothing of the repository becomes markup, and which keeps to a size."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shopsec.model import printable

# A slash at the start of a line is a command to GitLab.
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+|!~$]|^/)")
# Broken by a space of no width, since GitHub and GitLab look for references in the text that
# Markdown has become, where a backslash is gone: @user, #1, www.example.org, https://example.org.
_REFERENCE = re.compile(r"@|#|://|www(?=\.)", re.IGNORECASE)
_SPACE = "\u200b"


@dataclass(frozen=True)
class Section:
    """A part of a document: a head, and entries of which the last may be left out."""

    head: tuple[str, ...]
    """Lines that are there whenever the section is."""
    entries: Sequence[str]
    """Those to show where there is room, one or more lines each, the most important first."""
    total: int
    """How many there are; the rest is counted."""


def escape(text: str, limit: int | None = None) -> str:
    """Escape what Markdown, HTML, GitHub or GitLab would act on; cut to so many characters."""
    shown = printable(text)
    if limit is not None and len(shown) > limit:
        shown = f"{shown[:limit]} ..."
    escaped = _MARKUP.sub(r"\\\1", shown)
    escaped = escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _REFERENCE.sub(_broken, escaped)


def _broken(match: re.Match[str]) -> str:
    found = match[0]
    return f":{_SPACE}//" if found == "://" else f"{found}{_SPACE}"


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
