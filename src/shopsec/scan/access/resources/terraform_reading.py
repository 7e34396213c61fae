"""Reading Terraform blocks: literal values, nested blocks, and the lines they stand on."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shopsec.scan.access.documents.hcl import Block, Call, Expression, Value

ANYWHERE = frozenset({"0.0.0.0/0", "::/0", "*", "Internet", "Any", "any"}) | {
    "0.0.0.0"  # noqa: S104 -- read, not bound
}
"""How clouds write every address."""


@dataclass(frozen=True)
class Spot:
    """Something about a block that a rule speaks of, with its line."""

    text: str
    line: int


Reader = Callable[[Block], Iterator[Spot]]


def read_by_type(block: Block, readers: Mapping[str, Reader]) -> tuple[Spot, ...]:
    """What the reader for this type of resource finds; nothing where there is none for it."""
    reader = readers.get(block.first_label)
    return tuple(reader(block)) if reader else ()


def text_of(block: Block, name: str) -> str:
    """A literal attribute as a text, ``true`` and ``false`` for booleans; else an empty text."""
    return as_text(block.plain(name))


def as_text(value: Any) -> str:
    """A literal as a text; empty for a list, an object and what only Terraform knows."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int, float)) else ""


def texts_of(block: Block, *names: str) -> tuple[str, ...]:
    """The literal members of one or more list attributes; a single text counts as a list."""
    found: list[str] = []
    for name in names:
        value = block.plain(name)
        found += [as_text(each) for each in (value if isinstance(value, list) else [value])]
    return tuple(filter(None, found))


def number_of(block: Block, name: str) -> int | None:
    """A literal attribute as a whole number; texts such as ``"22"`` count."""
    text = text_of(block, name)
    return int(text) if text.lstrip("-").isdigit() and len(text) < 12 else None


def is_on(block: Block, name: str) -> bool:
    """True for a literal ``true`` (or ``"true"``)."""
    return text_of(block, name) == "true"


def is_off(block: Block, name: str) -> bool:
    """True for a literal ``false`` (or ``"false"``)."""
    return text_of(block, name) == "false"


def is_unset(block: Block, name: str) -> bool:
    """True where the attribute is absent, null, or ``false``: not where a reference decides."""
    value = block.plain(name)
    return value is None or as_text(value) == "false"


def line_of(block: Block, name: str) -> int:
    """Line of an attribute, or of the block."""
    found = block.attributes.get(name)
    return found.line if found else block.line


def inner(block: Block, name: str) -> Iterator[Block]:
    """Blocks of a type inside, and objects of a list attribute of that name as if they were.

    ``ingress { }`` and ``ingress = [{ }]`` mean the same. The block that a ``dynamic`` block
    makes counts as one whose values are known as far as they are literal.
    """
    yield from block.all(name)
    for dynamic in block.all("dynamic"):
        if dynamic.labels[:1] == (name,):
            yield from dynamic.all("content")
    value = block.attributes.get(name)
    if value is not None:
        members = value.value if isinstance(value.value, tuple) else (value,)
        for member in members:
            if isinstance(member.value, dict):
                yield Block(name, (), member.line, attributes=member.value)


def flattened(block: Block) -> dict[str, str]:
    """Every literal by its dotted path, those of nested blocks and objects too.

    The first of several blocks of a type counts. References stand as they are written.
    """
    found: dict[str, str] = {}
    _flatten_block(block, "", found)
    return found


def _flatten_block(block: Block, prefix: str, found: dict[str, str]) -> None:
    for name, value in block.attributes.items():
        _flatten(value, prefix + name, found)
    for each in block.blocks:
        _flatten_block(each, f"{prefix}{each.type}.", found)


def _flatten(value: Value, path: str, found: dict[str, str]) -> None:
    match value.value:
        case dict() as members:
            for name, member in members.items():
                _flatten(member, f"{path}.{name}", found)
        case tuple() as members:
            texts = (as_text(each.plain()) for each in members)
            found.setdefault(path, ", ".join(filter(None, texts)))
        case Expression(text=text):
            found.setdefault(path, text)
        case Call(name=name, arguments=arguments):
            found.setdefault(path, f"{name}(...)")
            for argument in arguments:
                if isinstance(argument.value, dict):
                    _flatten(argument, path, found)
        case literal:
            found.setdefault(path, as_text(literal))


def leaves(block: Block) -> Iterator[tuple[str, str, int]]:
    """Name, literal text and line of every value at any depth."""
    waiting: list[tuple[str, Value]] = list(block.attributes.items())
    blocks = list(block.blocks)
    while blocks:
        each = blocks.pop()
        waiting.extend(each.attributes.items())
        blocks.extend(each.blocks)
    while waiting:
        name, value = waiting.pop()
        if isinstance(value.value, Mapping):
            waiting.extend(value.value.items())
        elif isinstance(value.value, tuple):
            waiting.extend((name, each) for each in value.value)
        elif isinstance(value.value, Call):
            waiting.extend((name, each) for each in value.value.arguments)
        elif isinstance(value.value, str):
            yield name, value.value, value.line
