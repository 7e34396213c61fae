"""Configuration of one setting a line, as Redis, MySQL, RabbitMQ, Memcached and others have it.

``name value``, ``name = value`` or ``name: value``; comments start with ``#`` or ``;``; a line
such as ``[mysqld]`` begins a section.
"""

import re
from dataclasses import dataclass

from shopsec.scan.access.documents import DocumentError, lines_of

LINES = 50_000
"""Most lines a file may hold."""
LENGTH = 1_000
"""Most characters of a line that are looked at."""

_LINE = re.compile(r"\s*([^\s=:#;\[]+)(?:\s*[=:]\s*|\s+|$)(.*)")
_SECTION = re.compile(r"\s*\[([^\]\n]{1,100})\]")
_COMMENT = re.compile(r"(?<!\s)\s++[#;].*$")


@dataclass(frozen=True)
class FlatSetting:
    """One line."""

    section: str
    name: str
    value: str
    """What follows the name, without a comment or quotes; empty for a bare switch."""
    line: int


def parse_flat_settings(content: bytes) -> tuple[FlatSetting, ...]:
    """Every setting in order. Any text can be read; bytes that are no UTF-8 stand for nothing."""
    lines = lines_of(content.decode("utf-8-sig", "replace"))
    if len(lines) > LINES:
        raise DocumentError(f"holds more than {LINES} lines", LINES)
    found: list[FlatSetting] = []
    section = ""
    for number, line in enumerate(lines, 1):
        heading = _SECTION.match(line)
        if heading:
            section = heading[1].strip()
            continue
        match = _LINE.match(line[:LENGTH])
        if match:
            value = _COMMENT.sub("", match[2]).strip().strip("\"'")
            name = match[1].strip("\"'")
            if name:
                found.append(FlatSetting(section, name, value, number))
    return tuple(found)
