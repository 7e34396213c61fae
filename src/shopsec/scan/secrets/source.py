"""The text of one file while it is searched."""

from functools import cached_property

FAR = 4_096
"""How far a line is followed: one of 5 MB must not cost what 5 million lines would."""


class Source:
    """Text of a file, one character a byte (see reading.py), and its path."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path

    @cached_property
    def lowered(self) -> bytes:
        """The bytes with ASCII letters in lower case; offsets stay the same."""
        return self.text.encode("latin-1").lower()

    def line_start(self, offset: int) -> int:
        """Offset of the first character of the line that holds ``offset``, or FAR before it."""
        earliest = max(0, offset - FAR)
        found = self.text.rfind("\n", earliest, offset)
        return found + 1 if found >= 0 else earliest

    def line_end(self, offset: int) -> int:
        """Offset of the end of that line, without its line feed, or FAR behind it."""
        latest = min(len(self.text), offset + FAR)
        found = self.text.find("\n", offset, latest)
        return found if found >= 0 else latest

    def line_number(self, offset: int) -> int:
        """Number of that line, from 1."""
        return self.text.count("\n", 0, offset) + 1
