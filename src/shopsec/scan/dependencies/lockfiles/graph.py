"""Which packages a project needs, and through which others: the shortest way to each."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def reached(
    roots: Iterable[Node], needs: Callable[[Node], Iterable[Node]]
) -> dict[Node, Node | None]:
    """Every node that the roots pull in, with the one it was first reached from.

    Roots have None. The way is the shortest; of equal ones the first that the file names.
    """
    parents: dict[Node, Node | None] = dict.fromkeys(roots)
    pending = deque(parents)
    while pending:
        node = pending.popleft()
        for needed in needs(node):
            if needed not in parents:
                parents[needed] = node
                pending.append(needed)
    return parents


def way_to(
    node: Node, parents: Mapping[Node, Node | None], longest: int | None = None
) -> tuple[Node, ...]:
    """From a root down to the node that needs this one; empty for a root and for an unknown.

    Empty for a way of more than ``longest`` nodes too: in a file that chains all of its packages,
    the ways to each of them cost the square of its size.
    """
    way: list[Node] = []
    above = parents.get(node)
    while above is not None:
        if len(way) == longest:
            return ()
        way.append(above)
        above = parents.get(above)
    return tuple(reversed(way))
