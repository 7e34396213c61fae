"""JSON (RFC 8259) with the line of every key and member.

Read without recursion and within a budget, like YAML: hostile nesting meets it first.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shopsec.scan.access.documents import DocumentError, text_of

DEPTH = 100
"""Most levels of nesting."""
NODES = 200_000
"""Most values a file may hold."""

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<text>"(?:[^"\\\n]|\\.)*")
      | (?P<literal>-?\d[\d.eE+-]{0,40}|true|false|null)
      | (?P<sign>[{}\[\],:])""",
    re.VERBOSE,
)

Pointer = tuple[str | int, ...]


@dataclass(frozen=True)
class JsonDocument:
    """``value`` is made of dict, list, str, int, float, bool, None."""

    value: Any
    lines: Mapping[Pointer, int]
    ends: Mapping[Pointer, int] = field(default_factory=dict)
    """Last line of every object and list."""

    def last_line(self, *pointer: str | int) -> int:
        """Last line of the object or list at a pointer."""
        return self.ends.get(pointer, self.line(*pointer))

    def line(self, *pointer: str | int) -> int:
        """Line of the key or member at a pointer; of the deepest part of it that is there."""
        for length in range(len(pointer), 0, -1):
            if pointer[:length] in self.lines:
                return self.lines[pointer[:length]]
        return self.lines.get((), 1)


@dataclass
class _Open:
    """An object or list that has not ended."""

    pointer: Pointer
    value: Any
    key: str | None = None
    comma: bool = True
    """A member may follow: at the start, and after a comma."""


@dataclass
class _Reading:
    """The state between two tokens."""

    open: list[_Open] = field(default_factory=list)
    lines: dict[Pointer, int] = field(default_factory=dict)
    ends: dict[Pointer, int] = field(default_factory=dict)
    root: list[Any] = field(default_factory=list)
    colon: bool = False


def parse_json(content: bytes) -> JsonDocument:
    """Parse a file; DocumentError for anything that is no JSON."""
    return parse_json_text(text_of(content))


def parse_json_text(text: str) -> JsonDocument:
    """The same for a text that has been decoded, such as a policy inside another file."""
    reading = _Reading()
    position, line = 0, 1
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise DocumentError(f"not valid JSON: {text[position]!r} is out of place", line)
        if match["sign"]:
            _sign(reading, match["sign"], line)
        elif not match["space"]:
            _scalar(reading, match, line)
        line += text.count("\n", position, match.end())
        position = match.end()
    if reading.open or len(reading.root) != 1:
        raise DocumentError("not valid JSON: it does not end, or holds nothing", line)
    return JsonDocument(reading.root[0], reading.lines, reading.ends)


def _scalar(reading: _Reading, match: re.Match[str], line: int) -> None:
    parent = reading.open[-1] if reading.open else None
    if parent and isinstance(parent.value, dict) and parent.key is None:
        if not match["text"] or not parent.comma:
            raise _out_of_place(match[0], line)
        parent.key = _text(match["text"], line)
        reading.lines[(*parent.pointer, parent.key)] = line
        return
    value = _text(match["text"], line) if match["text"] else _literal(match["literal"], line)
    _put(reading, value, line)


def _sign(reading: _Reading, sign: str, line: int) -> None:
    parent = reading.open[-1] if reading.open else None
    if sign in "{[":
        value: Any = {} if sign == "{" else []
        reading.open.append(_Open(_put(reading, value, line), value))
        if len(reading.open) > DEPTH:
            raise DocumentError(f"nested more than {DEPTH} levels deep", line)
        return
    if parent is None:
        raise _out_of_place(sign, line)
    if sign == ":" and parent.key is not None and not reading.colon:
        reading.colon = True
    elif sign == "," and not parent.comma and parent.key is None:
        parent.comma = True
    elif sign == ("}" if isinstance(parent.value, dict) else "]") and parent.key is None:
        if parent.comma and parent.value:
            raise _out_of_place(sign, line)
        reading.ends[reading.open.pop().pointer] = line
    else:
        raise _out_of_place(sign, line)


def _put(reading: _Reading, value: Any, line: int) -> Pointer:
    """Give a value to what is open, and return where it stands."""
    if len(reading.lines) > NODES:
        raise DocumentError(f"holds more than {NODES} values", line)
    if not reading.open:
        if reading.root:
            raise DocumentError("not valid JSON: something follows its end", line)
        reading.root.append(value)
        reading.lines[()] = line
        return ()
    parent = reading.open[-1]
    if isinstance(parent.value, dict):
        if parent.key is None or not reading.colon:
            raise DocumentError("not valid JSON: a value without a key", line)
        pointer = (*parent.pointer, parent.key)
        parent.value[parent.key] = value
        parent.key, reading.colon = None, False
    else:
        if not parent.comma:
            raise DocumentError("not valid JSON: a comma is missing", line)
        pointer = (*parent.pointer, len(parent.value))
        parent.value.append(value)
        reading.lines[pointer] = line
    parent.comma = False
    return pointer


def _out_of_place(what: str, line: int) -> DocumentError:
    return DocumentError(f"not valid JSON: {what[:20]!r} is out of place", line)


def _text(quoted: str, line: int) -> str:
    try:
        return str(json.loads(quoted, strict=False))
    except ValueError as error:
        raise DocumentError("not valid JSON: a text with a wrong escape", line) from error


def _literal(text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise _out_of_place(text, line) from error
