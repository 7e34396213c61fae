"""Regular expressions that are compiled when they are first used: a hook needs few of them."""

import re
from collections.abc import Iterator


class Pattern:
    """A regular expression over text, with the methods of re.Pattern that are used here."""

    def __init__(self, text: str, flags: int = 0) -> None:
        self.pattern = text
        self._flags = flags
        self._compiled: re.Pattern[str] | None = None

    @property
    def compiled(self) -> re.Pattern[str]:
        """The expression itself."""
        if self._compiled is None:
            self._compiled = re.compile(self.pattern, self._flags)
        return self._compiled

    def search(self, text: str, start: int = 0, end: int = 2**62) -> re.Match[str] | None:
        """The first match within bounds."""
        return self.compiled.search(text, start, end)

    def match(self, text: str, start: int = 0, end: int = 2**62) -> re.Match[str] | None:
        """A match that begins at ``start``."""
        return self.compiled.match(text, start, end)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """A match of all of the text."""
        return self.compiled.fullmatch(text)

    def finditer(self, text: str, start: int = 0, end: int = 2**62) -> Iterator[re.Match[str]]:
        """All matches within bounds, one behind the other."""
        return self.compiled.finditer(text, start, end)

    def findall(self, text: str) -> list[str]:
        """All matches as texts."""
        return self.compiled.findall(text)

    def sub(self, replacement: str, text: str) -> str:
        """The text with every match replaced."""
        return self.compiled.sub(replacement, text)
