"""Conditions of an expression that are cheap enough to ask before CEL is.

Most rules begin with a comparison of one field with one text. Where such a part of a conjunction
is false, all of it is false (CEL's && does not care for the order, nor for errors beside a false
part), so nothing needs to be bound or evaluated.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shopsec.policy.cel import conjuncts

# Facts of the resource only: what the file is called is bound for CEL alone.
_FACT = r"(?!file\.)[a-z_]+\.([a-z_]+)"
_COMPARED = re.compile(rf"{_FACT} (==|!=) (?:\"([^\"\\]*)\"|'([^'\\]*)')")
_SWITCH = re.compile(rf"(!?){_FACT}")
_NOT_EMPTY = re.compile(rf"size\({_FACT}\) > 0")


@dataclass(frozen=True)
class Guard:
    """A part of a conjunction over one field."""

    field: str
    """Name of the fact, without the resource's."""
    wanted: Any
    """The value compared with; None asks only for a value that is not empty."""
    equal: bool = True

    def holds(self, view: object) -> bool:
        """What CEL would say of this part."""
        value = getattr(view, self.field)
        if self.wanted is None:
            return len(value) > 0
        return (value == self.wanted) is self.equal


def guards(expression: str) -> tuple[Guard, ...]:
    """The guards of an expression, in order; none where it is no conjunction of such parts."""
    found: list[Guard] = []
    for part in conjuncts(expression):
        if compared := _COMPARED.fullmatch(part):
            text = compared[3] if compared[3] is not None else compared[4]
            found.append(Guard(compared[1], text, equal=compared[2] == "=="))
        elif switch := _SWITCH.fullmatch(part):
            found.append(Guard(switch[2], not switch[1]))
        elif filled := _NOT_EMPTY.fullmatch(part):
            found.append(Guard(filled[1], None))
    return tuple(found)


def may_hold(conditions: Sequence[Guard], view: object) -> bool:
    """False only where the whole expression is false of a view."""
    return all(condition.holds(view) for condition in conditions)
