"""Finds which of many short texts stand where, in one pass over a file."""

from collections.abc import Iterator, Sequence
from typing import Any

try:
    import ahocorasick_rs as _aho_corasick
except ImportError:  # no wheel for this platform
    _aho_corasick = None  # type: ignore[assignment]

CHUNK = 262_144
"""Bytes looked at in one go: a file made of anchors alone must not fill the memory."""


class Anchors:
    """A set of texts in lower case; with ahocorasick_rs and without, the answers are the same."""

    def __init__(
        self, keys: Sequence[bytes], *, automaton: bool = True, much: bool = False
    ) -> None:
        """``much`` text ahead: a faster automaton that takes longer to build is worth it."""
        self._keys = tuple(keys)
        self._longest = max(map(len, self._keys))
        self._automaton: Any = None
        if automaton and _aho_corasick is not None:
            kinds = _aho_corasick.Implementation
            self._automaton = _aho_corasick.BytesAhoCorasick(
                list(self._keys), implementation=kinds.DFA if much else kinds.ContiguousNFA
            )

    def places(self, lowered: bytes) -> Iterator[tuple[int, int]]:
        """Yield (offset, number of the key) for every occurrence, in that order."""
        for begin in range(0, len(lowered), CHUNK):
            end = begin + CHUNK
            part = lowered[begin : end + self._longest - 1]
            found = self._within(part)
            found.sort()
            for offset, key in found:
                if offset >= CHUNK:
                    break
                yield begin + offset, key

    def _within(self, part: bytes) -> list[tuple[int, int]]:
        if self._automaton is not None:
            matches = self._automaton.find_matches_as_indexes(part, overlapping=True)
            return [(start, key) for key, start, _ in matches]
        return [(at, number) for number, key in enumerate(self._keys) for at in _all(part, key)]


def _all(part: bytes, key: bytes) -> Iterator[int]:
    at = part.find(key)
    while at >= 0:
        yield at
        at = part.find(key, at + 1)
