"""Conditions that no subject can meet: a clause with one is never heard of, and looks like a rule.

A condition is worked out for every combination of the values that make a difference to it. What
cannot be told (functions, loops, fields beside fields) is taken to hold or not, so that nothing is
refused that could hold. It is not asked which values go together.
"""

import itertools
import math
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from shopsec.policy.cel_tree import Call, Constant, Expr, Loop, Name, Tree, walk
from shopsec.policy.cel_words import Words, is_word

Bounds = Mapping[str, tuple[int, int | None]]
"""Least and greatest value of fields that are numbers; None where there is no greatest."""

_MOST = 4_096
"""Combinations; a condition with more is taken as it is."""
_OTHER = "some other text"
_UNKNOWN: Any = object()
_ORDER: Mapping[str, Callable[[int, int], bool]] = {
    "_<_": operator.lt,
    "_<=_": operator.le,
    "_>_": operator.gt,
    "_>=_": operator.ge,
}


def names_in(expression: Expr) -> Iterator[str]:
    """Names of the fields that an expression reads, and of what its macros bind."""
    return (each.name for each in walk(expression) if isinstance(each, Name))


def never_holds(tree: Tree, kinds: Mapping[str, str], words: Words, bounds: Bounds) -> bool:
    """Whether it is false of everything. ``kinds``: STRING, INT or BOOL by field."""
    constants = [each.value for each in walk(tree.root) if isinstance(each, Constant)]
    fields = sorted(set(names_in(tree.root)) & set(kinds))
    domains = [
        sorted(_domain(kinds[field], constants, words.get(field), bounds.get(field)), key=repr)
        for field in fields
    ]
    if math.prod(map(len, domains)) > _MOST:
        return False
    return all(
        _value(tree.root, dict(zip(fields, values, strict=True))) is False
        for values in itertools.product(*domains)
    )


def _domain(
    kind: str,
    constants: Collection[Any],
    words: Collection[str] | None,
    bounds: tuple[int, int | None] | None,
) -> set[Any]:
    """Values of a field, one of each sort that the constants tell apart."""
    if kind == "BOOL":
        return {True, False}
    if kind == "STRING":
        texts = {each for each in constants if isinstance(each, str) and each}
        if words is None:
            return {*texts, _OTHER}
        told = {each for each in constants if isinstance(each, str) and is_word(each, words)}
        return told | set(sorted(set(words) - told)[:1])
    numbers = [each for each in constants if type(each) is int]
    low, high = bounds or (None, None)
    near = {each + step for each in (*numbers, low or 0, high or 0) for step in (-1, 0, 1)}
    return {
        each for each in near if (low is None or low <= each) and (high is None or each <= high)
    }


def _value(expression: Expr, values: Mapping[str, Any]) -> Any:
    """What an expression is of these values; _UNKNOWN where that cannot be told."""
    if isinstance(expression, Constant):
        return _UNKNOWN if expression.value is None else expression.value
    if isinstance(expression, Name):
        return values.get(expression.name, _UNKNOWN)
    if isinstance(expression, Loop):
        return _UNKNOWN
    return _of_call(expression, values)


def _of_call(call: Call, values: Mapping[str, Any]) -> Any:
    name, parts = call.function, call.arguments
    if name in {"_&&_", "_||_"}:
        decides = name == "_||_"
        sides = [_value(part, values) for part in parts]
        if any(side is decides for side in sides):
            return decides
        return _UNKNOWN if _UNKNOWN in sides else not decides
    if name == "!_":
        inner = _value(parts[0], values)
        return _UNKNOWN if inner is _UNKNOWN else not inner
    if name == "_?_:_":
        condition = _value(parts[0], values)
        return _UNKNOWN if condition is _UNKNOWN else _value(parts[1 if condition else 2], values)
    if name == "@in":
        return _is_in(parts[0], parts[1], values)
    if name in {"_==_", "_!=_"}:
        equal = _is_equal(parts[0], parts[1], values)
        return equal if name == "_==_" or equal is _UNKNOWN else not equal
    if name in _ORDER and not all(isinstance(part, Name) for part in parts):
        left, right = (_value(part, values) for part in parts)
        known = isinstance(left, int) and isinstance(right, int)
        return _ORDER[name](left, right) if known else _UNKNOWN
    return _UNKNOWN


def _is_in(one: Expr, among: Expr, values: Mapping[str, Any]) -> Any:
    if not isinstance(among, Call) or among.function != "[]":
        return _UNKNOWN
    found = [_is_equal(one, each, values) for each in among.arguments]
    if True in found:
        return True
    return _UNKNOWN if _UNKNOWN in found else False


def _is_equal(one: Expr, other: Expr, values: Mapping[str, Any]) -> Any:
    if isinstance(one, Name) and isinstance(other, Name):
        return _UNKNOWN if one.name != other.name else True
    left, right = _value(one, values), _value(other, values)
    return _UNKNOWN if _UNKNOWN in (left, right) else left == right
