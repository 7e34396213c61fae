"""Directives: what nginx's and Apache's configuration is made of."""

from collections.abc import Iterator
from dataclasses import dataclass

DEPTH = 50
"""Most levels of blocks."""
DIRECTIVES = 20_000
"""Most directives a file may hold."""
LARGEST = 300_000
"""Most bytes of a server's configuration file."""


@dataclass(frozen=True)
class Directive:
    """A name with arguments and, for a block, what stands in it."""

    name: str
    """In small letters: Apache does not tell them apart."""
    arguments: tuple[str, ...]
    line: int
    block: tuple["Directive", ...] = ()

    def inside(self) -> Iterator["Directive"]:
        """Every directive below this one, at any depth."""
        waiting = list(reversed(self.block))
        while waiting:
            each = waiting.pop()
            yield each
            waiting.extend(reversed(each.block))
