"""The text of one file while it is searched: lines, and windows of bounded size around a place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

# A line longer than this is searched in windows, so that one of 300 kB costs what 300 lines cost.
_LONG = 4_096
_BEFORE = 256
# What a window still has after an anchor that no window of its own is made for; longer than any
# token but a large JWT.
_AFTER = 2_048


@dataclass(frozen=True)
class Source:
    """Text of a file, one character a byte (see reading.py), and its path."""

    text: str
    path: str

    @cached_property
    def lowered(self) -> str:
        """The text with ASCII letters in lower case; offsets stay the same."""
        return self.text.encode("latin-1").lower().decode("latin-1")

    def line_start(self, offset: int) -> int:
        """Offset of the first character of the line that holds ``offset``."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Offset of the end of that line, without its line feed."""
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end

    def line_number(self, offset: int) -> int:
        """Number of that line, from 1."""
        return self.text.count("\n", 0, offset) + 1

    def places(self, word: str) -> Iterator[int]:
        """Offsets of a lower-case word, in whatever case it is written."""
        return _places(self.lowered, word)

    def windows(self, anchors: Sequence[str], words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Yield the (start, end) of texts to search: the lines, or parts of long lines, that hold
        one of ``anchors`` (as written) or ``words`` (lower case, found in any case).
        """
        offsets = [offset for anchor in anchors for offset in _places(self.text, anchor)]
        offsets += [offset for word in words for offset in self.places(word)]
        searched_to = -1
        for offset in sorted(offsets):
            if offset < searched_to:
                continue
            start, end = self.line_start(offset), self.line_end(offset)
            searched_to = end
            if end - start > _LONG:
                start, end = max(start, offset - _BEFORE), min(end, offset + 2 * _AFTER)
                searched_to = offset + _AFTER
            yield start, end


def _places(text: str, word: str) -> Iterator[int]:
    offset = text.find(word)
    while offset >= 0:
        yield offset
        offset = text.find(word, offset + 1)
