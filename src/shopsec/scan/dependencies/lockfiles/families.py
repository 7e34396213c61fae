"""Packages that are released together: they need each other at exactly their own version.

Rails needs its parts so, and Shopware's storefront its core: no one of them can be raised alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set


def families(
    versions: Mapping[str, str], exact: Iterable[tuple[str, str, str]], direct: Set[str]
) -> dict[str, tuple[str, ...]]:
    """For each package of a family the names to raise: its direct members, or else its heads.

    ``exact`` has (name, needed name, needed version) of needs that admit one version only.
    A head is a member that no other member needs.
    """
    beside: dict[str, set[str]] = defaultdict(set)
    needed: set[str] = set()
    for name, other, version in exact:
        if name != other and versions.get(name) == version == versions.get(other):
            beside[name].add(other)
            beside[other].add(name)
            needed.add(other)
    found: dict[str, tuple[str, ...]] = {}
    for name in beside:
        if name not in found:
            members = _connected(name, beside)
            raised = tuple(sorted(members & direct)) or tuple(sorted(members - needed))
            found |= dict.fromkeys(members, raised)
    return {name: raised for name, raised in found.items() if raised}


def _connected(start: str, beside: Mapping[str, Set[str]]) -> set[str]:
    members, pending = {start}, [start]
    while pending:
        new = beside[pending.pop()] - members
        members |= new
        pending.extend(new)
    return members
