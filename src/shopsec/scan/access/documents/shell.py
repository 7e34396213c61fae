"""Shell scripts as lines that each hold whole commands; no attempt to run or expand anything.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LINES = 20_000
"""Most lines of one script that are looked at."""
LENGTH = 8_000
"""Most characters of a logical line that are looked at."""

_CONTINUED = re.compile(r"(?<!\\)(?:\\\\)*\\$")
_HERE_DOCUMENT = re.compile(r"<<-?\s*(?:'(\w+)'|\"(\w+)\"|\\?(\w+))")
# Bodies of here-documents that somebody runs; those of cat and tee are text.
_RUNS_ITS_INPUT = re.compile(r"\b(?:ssh|sh|bash|dash|zsh|sudo|su|docker|kubectl|mysql|psql|lftp)\b")
_SEPARATOR = re.compile(
    r""""(?:[^"\\]|\\.)*"|'[^']*'|\\.|\$\{\{.*?\}\}|(&&|\|\||(?<!>)[;|](?!&)|(?<![<>&])&(?![&>\d]))""",
    re.DOTALL,
)


@dataclass(frozen=True)
class ShellLine:
    """A logical line: one that ends in a backslash goes on in the next."""

    offset: int
    """How many lines of the script stand before it."""
    text: str
    """Without space around it."""


def shell_lines(script: str) -> tuple[ShellLine, ...]:
    """The lines that hold commands: no comments, no text that is only written to a file."""
    return tuple(_without_here_documents(_logical(script)))


def commands_of(line: str) -> tuple[str, ...]:
    """The simple commands of a line, split where the shell would: ``a && b | c`` is three."""
    parts, start = [], 0
    for match in _SEPARATOR.finditer(line):
        if match[1]:
            parts.append(line[start : match.start()])
            start = match.end()
    parts.append(line[start:])
    return tuple(part.strip() for part in parts if part.strip())


def _logical(script: str) -> Iterator[ShellLine]:
    waiting, first = "", 0
    for number, line in enumerate(script.splitlines()[:LINES]):
        if not waiting:
            first = number
        if _CONTINUED.search(line):
            waiting = waiting[:LENGTH] + line[:-1] + " "
            continue
        yield ShellLine(first, (waiting + line).strip()[:LENGTH])
        waiting = ""
    if waiting:
        yield ShellLine(first, waiting.strip()[:LENGTH])


def _without_here_documents(lines: Iterator[ShellLine]) -> Iterator[ShellLine]:
    end = ""
    for line in lines:
        if end:
            end = "" if line.text == end else end
            continue
        if not line.text or line.text.startswith("#"):
            continue
        yield line
        begun = _HERE_DOCUMENT.search(line.text)
        if begun and not _RUNS_ITS_INPUT.search(line.text):
            end = begun[1] or begun[2] or begun[3]
