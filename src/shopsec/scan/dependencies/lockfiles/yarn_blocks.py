"""The blocks of yarn.lock, which both of its formats are made of.

Yarn 1 writes ``key "value"``, later ones YAML's ``key: value``; both indent by two spaces, and
neither writes anything else of YAML, whose parsers take many times as long.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from shopsec.scan.dependencies.lockfiles.base import LockfileError
from shopsec.scan.dependencies.lockfiles.conflict_markers import refuse_merge_conflict

_QUOTED = r'"(?:[^"\\]++|\\.)*+"'
_PAIR = re.compile(rf'({_QUOTED}|[^\s"]\S*?):?(?:\s+(\S.*))?')
# A string without an end runs to the end, lest every quote in it be tried as a start.
_PATTERN = re.compile(rf'{_QUOTED[:-1]}(?:"|\Z)|[^\s,"][^,"]*+', re.DOTALL)
_INDENT = 2
_LONG_KEY, _LONG_KEY_ENDS = "? ", ":"


@dataclass(frozen=True)
class Block:
    """One entry: what asks for it, its fields, and its maps of names to ranges."""

    header: str
    line: int
    fields: dict[str, str] = field(default_factory=dict)
    sections: dict[str, dict[str, str]] = field(default_factory=dict)

    def patterns(self) -> list[str]:
        """What asks for it, each as ``name@range``."""
        quoted = _PATTERN.findall(self.header)
        return [each.strip() for part in quoted for each in _unquoted(part).split(", ")]


def read_blocks(text: str) -> Iterator[Block]:
    """The blocks in order; LockfileError names a line that the format does not know."""
    if not text.strip():
        raise LockfileError("is empty")
    refuse_merge_conflict(text)
    block: Block | None = None
    section: dict[str, str] = {}
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.rstrip()
        content = line.lstrip(" ")
        if not content or content[0] == "#" or line == _LONG_KEY_ENDS:
            continue
        depth, odd = divmod(len(line) - len(content), _INDENT)
        if depth == 0 and not odd:
            if block is not None:
                yield block
            block, section = Block(_header(line, number), number), {}
        elif block is None or odd or content[0] == "\t":
            raise LockfileError(f"line {number}: is none of a lockfile of Yarn")
        elif depth == 1:
            section = _read_field(block, content, number)
        elif depth == 2:
            name, value = _pair(content, number)
            section[name] = value or ""
    if block is not None:
        yield block


def _header(line: str, number: int) -> str:
    if line.startswith(_LONG_KEY):
        return line.removeprefix(_LONG_KEY)
    if not line.endswith(":"):
        raise LockfileError(f"line {number}: is none of a lockfile of Yarn")
    return line[:-1]


def _read_field(block: Block, content: str, number: int) -> dict[str, str]:
    """Take up a field, or open the map that the next lines belong to."""
    name, value = _pair(content, number)
    section: dict[str, str] = {}
    if value is None:
        block.sections[name] = section
    else:
        block.fields[name] = value
    return section


def _pair(content: str, number: int) -> tuple[str, str | None]:
    pair = _PAIR.fullmatch(content)
    if pair is None:
        raise LockfileError(f"line {number}: is none of a lockfile of Yarn")
    return _unquoted(pair[1]), None if pair[2] is None else _unquoted(pair[2])


def _unquoted(text: str) -> str:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    if "\\" not in text:
        return text[1:-1]
    try:
        return str(json.loads(text))
    except ValueError:
        return text[1:-1]
