"""The syntax tree of a compiled CEL expression, read from the bytes it serializes to.

The runtime hands out no tree, but a ``cel.expr.CheckedExpr`` in protobuf's wire format:
https://github.com/google/cel-spec/blob/master/proto/cel/expr/checked.proto and syntax.proto;
https://protobuf.dev/programming-guides/encoding/. The compiler bounds its depth.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Union


@dataclass(frozen=True)
class Constant:
    """A text (also of bytes), or None for any other constant.

    ``value`` is a text, a whole number or a truth value, and None for any other constant.
    """

    id: int
    text: str | None
    value: str | int | bool | None = None


@dataclass(frozen=True)
class Name:
    """A variable: a field, or one that a macro binds."""

    id: int
    name: str


@dataclass(frozen=True)
class Call:
    """A function or operator (``_+_``) with its arguments, a method's subject first.

    Fields of a value, lists and maps are calls too: ``.``, ``[]``, ``{}``.
    """

    id: int
    function: str
    arguments: tuple["Expr", ...]


@dataclass(frozen=True)
class Loop:
    """What a macro such as ``all`` or ``map`` becomes."""

    id: int
    variables: tuple[str, ...]
    over: "Expr"
    accumulator: str
    start: "Expr"
    step: "Expr"
    result: "Expr"


Expr = Union[Constant, Name, Call, Loop]  # noqa: UP007 -- forward references need it


@dataclass(frozen=True)
class Tree:
    """An expression and where its parts begin: characters from 0 by id."""

    root: Expr
    offsets: Mapping[int, int]


def parts_of(expression: Expr) -> tuple[Expr, ...]:
    """What an expression is made of, one level down."""
    if isinstance(expression, Call):
        return expression.arguments
    if isinstance(expression, Loop):
        return expression.over, expression.start, expression.step, expression.result
    return ()


def walk(expression: Expr) -> Iterator[Expr]:
    """An expression and all that it is made of, from the outside in."""
    yield expression
    for part in parts_of(expression):
        yield from walk(part)


_Message = Mapping[int, list[int | bytes]]


def read_tree(serialized: bytes) -> Tree:
    """Read what ``Expression.serialize`` returns: a CheckedExpr in an Any."""
    checked = _fields(_bytes(_fields(serialized), 2))
    offsets = (_fields(each) for each in _all(_fields(_bytes(checked, 5)), 4))
    return Tree(_expression(_bytes(checked, 4)), {_int(each, 1): _int(each, 2) for each in offsets})


def _expression(data: bytes) -> Expr:
    """An Expr: id 2, constant 3, ident 4, select 5, call 6, list 7, struct 8, comprehension 9."""
    fields = _fields(data)
    number = _int(fields, 2)
    kind = next((each for each in range(3, 10) if each in fields), 0)
    inner = _fields(_bytes(fields, kind))
    if kind == 4:
        return Name(number, _text(inner, 1))
    if kind == 5:
        return Call(number, ".", _expressions(inner, 1))
    if kind == 6:
        return Call(number, _text(inner, 2), _expressions(inner, 1) + _expressions(inner, 3))
    if kind == 7:
        return Call(number, "[]", _expressions(inner, 1))
    if kind == 8:
        entries = [_fields(each) for each in _all(inner, 2)]
        parts = tuple(
            part for each in entries for key in (3, 4) for part in _expressions(each, key)
        )
        return Call(number, "{}", parts)
    if kind == 9:
        return _loop(number, inner)
    text = next((_text(inner, each) for each in (6, 7) if each in inner), None)
    return Constant(number, text, _constant(inner))


def _constant(fields: _Message) -> str | int | bool | None:
    """The value of a Constant: bool 2, int64 3, string 6."""
    if 2 in fields:
        return bool(_int(fields, 2))
    if 3 in fields:
        value = _int(fields, 3)
        return value - (1 << 64) if value >> 63 else value
    return _text(fields, 6) if 6 in fields else None


def _loop(number: int, fields: _Message) -> Loop:
    """A Comprehension: variables 1 and 8, range 2, accumulator 3, start 4, step 6, result 7."""
    over, start, step, result = (_expression(_bytes(fields, each)) for each in (2, 4, 6, 7))
    variables = tuple(_text(fields, each) for each in (1, 8) if each in fields)
    return Loop(number, variables, over, _text(fields, 3), start, step, result)


def _expressions(fields: _Message, number: int) -> tuple[Expr, ...]:
    return tuple(_expression(each) for each in _all(fields, number))


def _fields(data: bytes) -> _Message:
    """The fields of a message by number, each with all its values."""
    found: dict[int, list[int | bytes]] = {}
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        kind, value = tag & 7, 0
        if kind == 0:
            value, position = _varint(data, position)
            found.setdefault(tag >> 3, []).append(value)
            continue
        if kind == 2:
            length, position = _varint(data, position)
        else:
            length = 8 if kind == 1 else 4
        found.setdefault(tag >> 3, []).append(data[position : position + length])
        position += length
    return found


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _all(fields: _Message, number: int) -> list[bytes]:
    return [each for each in fields.get(number, ()) if isinstance(each, bytes)]


def _bytes(fields: _Message, number: int) -> bytes:
    return next(iter(_all(fields, number)), b"")


def _text(fields: _Message, number: int) -> str:
    return _bytes(fields, number).decode("utf-8", "replace")


def _int(fields: _Message, number: int) -> int:
    return next((each for each in fields.get(number, ()) if isinstance(each, int)), 0)
