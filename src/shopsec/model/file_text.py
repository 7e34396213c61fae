"""The text of a file of the repository, and what of it may be shown."""

import re
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class FileText:
    """Two versions of one text, line by line."""

    lines: tuple[str, ...]
    shown: tuple[str, ...] | None
    """The lines with every known secret masked; None where that could not be told in time."""


def lines_of(text: str) -> tuple[str, ...]:
    """Lines as scanners count them: no form feed or other separator of Unicode ends one."""
    return tuple(_LINE_END.split(text))
