"""A unified diff that git apply and patch take, and that is safe to print."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shopsec.model import display_path, printable
from shopsec.redaction import redacted

_CONTEXT = 3
_BOM = "\ufeff"
_URL = "://"


@dataclass(frozen=True)
class Diff:
    """What is printed, and how far a tool can apply it."""

    text: str
    masked: bool = False
    """A line that changes holds a login, which is not printed: no tool finds the line."""
    bare: bool = False
    """Nothing stands below a change, because the line there holds a login."""


@dataclass(frozen=True)
class _Line:
    sign: str
    old: int
    """How many lines of the old text are above it."""
    new: int
    text: str


def unified(uri: str, old: str, new: str) -> Diff:
    """The diff of one file; control characters of its lines are escaped, ends of lines are not.

    A line that may hold a login in a URL is never among those around a change.
    """
    name = _named(uri)
    before, after = _lines(old), _lines(new)
    hunks = list(_hunks(before, after))
    if not hunks:
        return Diff("")
    changed = [line for hunk in hunks for line in hunk if line.sign != " "]
    lasts = [hunk[-1] for hunk in hunks]
    return Diff(
        f"--- a/{name}\n+++ b/{name}\n"
        + "".join(part for hunk in hunks for part in _written(hunk)),
        masked=any(_holds_login(line.text) for line in changed),
        bare=any(
            last.sign != " " and last.old + (last.sign == "-") < len(before) for last in lasts
        ),
    )


def created(uri: str, text: str) -> str:
    """The diff of a file that is new and of our own making: each of its lines is shown."""
    lines = text.splitlines()
    body = "".join(f"+{printable(line)}\n" for line in lines)
    return f"--- /dev/null\n+++ b/{_named(uri)}\n@@ -0,0 +{_range(0, len(lines))} @@\n{body}"


def _lines(text: str) -> list[str]:
    """Lines as patch counts them: a line feed ends one, and nothing else does."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + parts[-1:] * bool(parts[-1])


def _named(uri: str) -> str:
    name = display_path(uri)
    return name + "\t" * (" " in name)  # which is how patch knows where such a name ends


def _holds_login(line: str) -> bool:
    return _URL in line and not line.startswith(redacted(line))


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[list[_Line]]:
    matcher = difflib.SequenceMatcher(None, old, new)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        hunk: list[_Line] = []
        for tag, first, last, new_first, new_last in group:
            if tag == "equal":
                for step, text in enumerate(old[first:last]):
                    if _holds_login(text):
                        yield from _if_changed(hunk)
                        hunk = []
                    else:
                        hunk.append(_Line(" ", first + step, new_first + step, text))
                continue
            hunk += [_Line("-", at, new_first, old[at]) for at in range(first, last)]
            hunk += [_Line("+", last, at, new[at]) for at in range(new_first, new_last)]
        yield from _if_changed(hunk)


def _if_changed(hunk: list[_Line]) -> Iterator[list[_Line]]:
    if any(line.sign != " " for line in hunk):
        yield hunk


def _written(hunk: Sequence[_Line]) -> Iterator[str]:
    old = _range(hunk[0].old, sum(line.sign != "+" for line in hunk))
    new = _range(hunk[0].new, sum(line.sign != "-" for line in hunk))
    yield f"@@ -{old} +{new} @@\n"
    for line in hunk:
        body = line.text.removesuffix("\n")
        carriage = "\r" * body.endswith("\r")
        shown = body.removesuffix("\r")
        if _holds_login(line.text):
            shown = redacted(shown)
        # Of all that is not printable, patch needs this one where it is.
        mark = _BOM * (shown.startswith(_BOM) and _is_first(line))
        shown = mark + "\t".join(printable(part) for part in shown.removeprefix(mark).split("\t"))
        yield line.sign + shown + carriage + "\n"
        if not line.text.endswith("\n"):
            yield "\\ No newline at end of file\n"


def _is_first(line: _Line) -> bool:
    return (line.new if line.sign == "+" else line.old) == 0


def _range(start: int, count: int) -> str:
    """As diff writes it: lines count from 1, and an empty range is after the line above it."""
    if count == 1:
        return f"{start + 1}"
    return f"{start + bool(count)},{count}"
