"""Shell scripts as lines that each hold whole commands; no attempt to run or expand anything.

Everything here, and what looks at commands with it, takes time in proportion to the text: scripts
come from repositories that may mean harm.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shopsec.scan.access.documents import lines_of

LINES = 20_000
"""Most lines of one script that are looked at; see too_long()."""
LENGTH = 16_000
"""Most characters of a logical line that are looked at."""

_CONTINUED = re.compile(r"(?<!\\)(?:\\\\)*\\$")
_HERE_DOCUMENT = re.compile(r"<<-?\s*(?:'(\w+)'|\"(\w+)\"|\\?(\w+))")
# Bodies of here-documents that somebody runs; those of cat and tee are text.
_RUNS_ITS_INPUT = re.compile(r"\b(?:ssh|sh|bash|dash|zsh|sudo|su|docker|kubectl|mysql|psql|lftp)\b")
_SEPARATOR = re.compile(
    r""""(?:[^"\\]|\\.)*+"|'[^']*+'|\\.|\$\{\{[^{}]*\}\}"""
    r"""|(&&|\|\||(?<!>)[;|](?!&)|(?<![<>&])&(?![&>\d]))""",
    re.DOTALL,
)

# No quote behind a backslash begins a text; else each of many would be tried to the end.
_QUOTED = re.compile(r""""(?P<double>(?:[^"\\]|\\.)*+)"|'(?P<single>[^']*+)'|\\.""", re.DOTALL)
# Words that may stand before a command: if, {, the name of a function or of a case, NAME=value.
_BEFORE = (
    r"^(?:[!{(@]\s*+|(?:if|elif|then|else|do|while|until|time|sudo|command|builtin)\s++"
    r"|[\w-]{1,60}\s?\(\)\s?\{\s*+|[\w.*-]{1,60}\)\s*+|\w{1,60}=\S*+\s++){0,9}"
)
_PRINTS = re.compile(
    rf"{_BEFORE}(?:echo|printf|print|:|Write-Host|Write-Output|logger|figlet|cowsay)(?=\s|$)"
)
_SEARCHES = re.compile(
    rf"{_BEFORE}(?:[efz]?grep|rg|ag|ack|git\s+(?:-\S+\s+){{0,3}}grep|findstr|Select-String)(?=\s)"
)
# What reads commands from its input, or makes them of it.
_READS_COMMANDS = re.compile(
    r"(?<![\w-])(?:(?:ba|da|z|k)?sh|ssh|xargs|parallel|su|mysql|mariadb|psql|sqlite3|redis-cli"
    r"|python3?|php|node|perl|ruby|docker|podman|kubectl|lftp|s?ftp|at|batch|crontab|iex)(?![\w-])"
)
_KEEPS = re.compile(r"(?:sudo\s+)?tee\s")
# One without its end was cut off at a sign that also separates commands.
_SUBSTITUTED = re.compile(r"\$\(((?:[^()]++|\([^()]*+\))*+)(?:\)|$)|`([^`]*+)`")
_REDIRECTED = re.compile(
    r""""(?:[^"\\]|\\.)*+"|'[^']*+'|(?<!2)(?P<to>>>?+)\s*+(?!["']?(?:\$\{?GITHUB_STEP_SUMMARY|/dev/)|&)""",
    re.DOTALL,
)


@dataclass(frozen=True)
class ShellLine:
    """A logical line: one that ends in a backslash goes on in the next."""

    offset: int
    """How many lines of the script stand before it."""
    text: str
    """Without space around it."""


@lru_cache(maxsize=1024)
def shell_lines(script: str) -> tuple[ShellLine, ...]:
    """The lines that hold commands: no comments, no text that is only written to a file."""
    return tuple(_without_here_documents(_logical(script)))


@lru_cache(maxsize=1024)
def pipelines_of(line: str) -> tuple[tuple[str, ...], ...]:
    """The pipelines of a line, split where the shell would: ``a | b && c`` is (a, b) and (c)."""
    found: list[list[str]] = [[]]
    start = 0
    for match in _SEPARATOR.finditer(line):
        if match[1]:
            found[-1].append(line[start : match.start()].strip())
            start = match.end()
            if match[1] != "|":
                found.append([])
    found[-1].append(line[start:].strip())
    return tuple(tuple(filter(None, pipeline)) for pipeline in found if any(pipeline))


def commands_of(line: str) -> tuple[str, ...]:
    """The simple commands of a line: ``a && b | c`` is three."""
    return tuple(command for pipeline in pipelines_of(line) for command in pipeline)


@lru_cache(maxsize=1024)
def pipelines_run(line: str) -> tuple[tuple[str, ...], ...]:
    """The pipelines of a line without what is only printed or searched for.

    ``echo "run curl -k"`` and ``grep -r "curl -k" .`` run no curl. What such a command puts in
    with ``$(...)`` is run, and what it prints is where a shell reads it.
    """
    return tuple(filter(None, _run(line, inside=False)))


def commands_run(line: str) -> tuple[str, ...]:
    """The simple commands of a line without what is only printed or searched for."""
    return tuple(command for pipeline in pipelines_run(line) for command in pipeline)


def written_by(line: str) -> tuple[str, ...]:
    """The commands that print a text into a file: settings, mostly."""
    found: list[str] = []
    for pipeline in pipelines_of(line):
        kept = False
        for command in reversed(pipeline):
            if _PRINTS.match(command) and (kept or _is_redirected(command)):
                found.append(command)
            kept = kept or _KEEPS.match(command) is not None
    return tuple(found)


def _is_redirected(command: str) -> bool:
    return any(match["to"] for match in _REDIRECTED.finditer(command))


def _run(line: str, *, inside: bool) -> Iterator[tuple[str, ...]]:
    for pipeline in pipelines_of(line):
        kept: list[str] = []
        read = False
        for command in reversed(pipeline):
            if _SEARCHES.match(command) or (_PRINTS.match(command) and not read):
                if not inside:
                    for match in _SUBSTITUTED.finditer(command):
                        yield from _run(match[1] or match[2] or "", inside=True)
            else:
                kept.append(command)
            read = read or _READS_COMMANDS.search(command) is not None
        yield tuple(reversed(kept))


def quoted_in(command: str) -> tuple[str, ...]:
    """The texts between quotes: commands, where another shell is to read them."""
    found = (match for match in _QUOTED.finditer(command) if match.lastgroup)
    return tuple(match["double"] or match["single"] or "" for match in found)


def in_order(text: str, patterns: Sequence[re.Pattern[str]]) -> re.Match[str] | None:
    """The match of the last of several patterns, each looked for behind the one before.

    What ``first.*second.*third`` would find, without its tries in every combination.
    """
    position, found = 0, None
    for pattern in patterns:
        found = pattern.search(text, position)
        if found is None:
            return None
        position = found.end()
    return found


def too_long(text: str) -> str:
    """What of a file of scripts is not looked at, in words; empty where all of it is."""
    lines = lines_of(text)
    if len(lines) > LINES:
        return f"its lines behind the first {LINES:,} are not looked at"
    length = 0
    for number, line in enumerate(lines, 1):
        length += len(line)
        if length > LENGTH:
            return f"line {number}: what stands behind {LENGTH:,} characters is not looked at"
        if not _CONTINUED.search(line[-LENGTH:]):
            length = 0
    return ""


def _logical(script: str) -> Iterator[ShellLine]:
    waiting, first = "", 0
    for number, line in enumerate(lines_of(script)[:LINES]):
        if not waiting:
            first = number
        if _CONTINUED.search(line[-LENGTH:]):
            waiting = (waiting + line[:-1])[:LENGTH] + " "
            continue
        yield ShellLine(first, (waiting + line).strip()[:LENGTH].rstrip())
        waiting = ""
    if waiting:
        yield ShellLine(first, waiting.strip()[:LENGTH].rstrip())


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
