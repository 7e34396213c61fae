"""Versions of Maven artifacts, as ``ComparableVersion`` of Maven 3.9 orders them.

https://maven.apache.org/pom.html#version-order-specification,
https://github.com/apache/maven/blob/maven-3.9.x/maven-artifact/src/main/java/org/apache/maven/artifact/versioning/ComparableVersion.java

Maven nests lists, but a list is always the last item of the one around it: so a version is a flat
row of items here, with a mark where a list begins. Maven's own order has circles among odd
versions (1 < 1.sp.1 < 1-alpha < 1), so the key compares in pairs as Maven does.
"""

import re
from functools import cmp_to_key
from itertools import zip_longest

from shopsec.scan.dependencies.versions.base import Key

_UNIT = re.compile(r"([.-])|([0-9]+)|([^0-9.-]+)(?=([0-9])?)")
_QUALIFIERS = {
    "alpha": 0,
    "beta": 1,
    "milestone": 2,
    "rc": 3,
    "cr": 3,
    "snapshot": 4,
    "ga": 5,
    "final": 5,
    "release": 5,
    "sp": 6,
}
_RELEASE, _UNKNOWN = 5, 7
_BEFORE_DIGIT = {"a": "alpha", "b": "beta", "m": "milestone"}

Item = tuple[int, int, str]
"""Kind, number or rank of the word, the word where it has no rank of its own."""

_WORD, _INT = 0, 2
_LIST: Item = (1, 0, "")
_NOTHING = {(_INT, 0, ""), (_WORD, _RELEASE, "")}


def key(version: str) -> Key:
    """Key of one version; Maven gives every text a place."""
    return (_AS_MAVEN(_normalised(_items(version.lower()))),)


def _items(version: str) -> list[Item]:
    """A list begins at a hyphen, between digits and letters, and before a word that no dot ends."""
    items: list[Item] = []
    separated = True
    for unit in _UNIT.finditer(version):
        separator, number, word, digit = unit.groups()
        if separator:
            items += [(_INT, 0, "")] * separated + [_LIST] * (separator == "-")
            separated = True
            continue
        opens_list = word and (digit or unit.end() == len(version))
        if items and items[-1] != _LIST and (opens_list or not separated):
            items.append(_LIST)
        items.append((_INT, int(number), "") if number else _word(word, digit))
        separated = False
    return items


def _word(word: str, digit: str | None) -> Item:
    name = _BEFORE_DIGIT.get(word, word) if digit else word
    rank = _QUALIFIERS.get(name, _UNKNOWN)
    return (_WORD, rank, name if rank == _UNKNOWN else "")


def _normalised(items: list[Item]) -> tuple[Item, ...]:
    """Without zeros and names of the release at the end of a list, and without empty lists."""
    kept: list[Item] = []
    for item in reversed(items):
        ends_list = not kept or kept[-1] == _LIST
        if (ends_list and item in _NOTHING) or (item == _LIST and not kept):
            continue
        kept.append(item)
    return tuple(reversed(kept))


def _compare(left: tuple[Item, ...], right: tuple[Item, ...]) -> int:
    for one, other in zip_longest(left, right):
        if one is None:
            result = -_against_nothing(other)
        elif other is None:
            result = _against_nothing(one)
        else:
            result = (one > other) - (one < other)
        if result:
            return result
    return 0


_AS_MAVEN = cmp_to_key(_compare)


def _against_nothing(item: Item) -> int:
    """1-rc is below 1, 1-sp above; in a list, its first item that is not nothing tells."""
    kind, number, _ = item
    if kind == _WORD:
        return (number > _RELEASE) - (number < _RELEASE)
    return int(kind == _INT and number > 0)
