"""Where each package stands below the project: named by it or pulled in, and for what."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from shopsec.scan.dependencies.lockfiles.graph import reached

Node = TypeVar("Node", bound=Hashable)

LONGEST_WAY = 32
"""Longer ways keep their first package and the nearest ones.

Real ones have about ten; in a chain of 50,000 whole ways would hold a billion names.
"""


@dataclass(frozen=True)
class Place(Generic[Node]):
    """What a pin says of the project's graph, see Pin."""

    direct: bool | None = None
    dev: bool = False
    via: tuple[Node, ...] = ()


def places(
    production: Iterable[Node],
    development: Iterable[Node],
    needs: Callable[[Node], Iterable[Node]],
) -> dict[Node, Place[Node]]:
    """The place of every package that the project's own requirements pull in.

    What production needs is not for development, whoever else needs it.
    """
    roots = (tuple(dict.fromkeys(production)), tuple(dict.fromkeys(development)))
    named = {node for group in roots for node in group}
    found: dict[Node, Place[Node]] = {}
    for group, dev in zip(roots, (False, True), strict=True):
        for node, way in _ways(group, needs):
            if node not in found:
                direct = node in named
                found[node] = Place(direct, dev, () if direct else way)
    return found


def _ways(
    roots: Iterable[Node], needs: Callable[[Node], Iterable[Node]]
) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    ways: dict[Node, tuple[Node, ...]] = {}
    for node, parent in reached(roots, needs).items():  # parents come before what they need
        if parent is None:
            way: tuple[Node, ...] = ()
        else:
            way = (*ways[parent], parent)
            if len(way) > LONGEST_WAY:
                way = (way[0], *way[2:])
        ways[node] = way
        yield node, way
