"""Comments that allow a rule where there is no result: what they allowed is gone, or never was."""

import re
from collections.abc import Iterable, Iterator, Sequence

from shopsec.model import Location, Suppression
from shopsec.suppress.comments import MARK, Read, comment_of, suppression_of

MARKED = b"shopsec:"
"""Begins such comments, in any case."""

# What stands before the words where they are a comment; else they are a text that speaks of one.
_OPENED = re.compile(
    r"(?:#+[:!]?|//+!?|/\*+!?|^\s*\*+|<!--+|\{#-?|\{\{!?--|<%--|@\*|--+|;+|%+)\s*$"
)


def comments_elsewhere(
    near: Sequence[Suppression], uris: Iterable[str], read: Read, today: str
) -> tuple[Suppression, ...]:
    """Whole comments in files, by their references, without those ``near`` results."""
    places = {suppression.place for suppression in near}
    return tuple(
        suppression
        for uri in uris
        if (content := read(uri)) is not None and MARKED in content.lower()
        for suppression in _in_file(uri, content, today)
        if not suppression.problem and suppression.place not in places
    )


def _in_file(uri: str, content: bytes, today: str) -> Iterator[Suppression]:
    for number, line in enumerate(content.split(b"\n"), 1):
        found = comment_of(line) if MARKED in line.lower() else None
        if found is not None and _OPENED.search(_before(line)):
            about = number + 1 if found.alone else number
            yield suppression_of(found, Location(uri=uri, start_line=number), about, today)


def _before(line: bytes) -> str:
    return MARK.split(line.decode("utf-8", "replace"), maxsplit=1)[0][-200:]
