"""What one of several runners scans: a share of the files, and some of the scanners.

The same commit gives the same deal on every runner, so that runners need not speak to each other.
"""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from shopsec.model import Inventory, SourceFile

Dealt = TypeVar("Dealt")


@dataclass(frozen=True)
class Share:
    """Shard ``index`` of ``total``, counted from 1."""

    index: int
    total: int

    def __str__(self) -> str:
        return f"{self.index} of {self.total}"

    @property
    def leads(self) -> bool:
        """It also looks at what is no shard's own."""
        return self.index == 1

    def files(self, inventory: Inventory) -> tuple[SourceFile, ...]:
        """Its files of an inventory, in the inventory's order.

        Files of one ending are dealt one by one from the largest to the smallest: each shard gets
        about as many bytes of each language as the others.
        """
        own = {file.uri for file in self.dealt(sorted(inventory.files, key=_by_weight))}
        return tuple(file for file in inventory.files if file.uri in own)

    def dealt(self, things: Sequence[Dealt]) -> Sequence[Dealt]:
        """Every ``total``-th of some things that stand in one order on all runners."""
        return things[self.index - 1 :: self.total]


def _by_weight(file: SourceFile) -> tuple[str, int, str]:
    return posixpath.splitext(file.name)[1], -file.size, file.uri
