"""JSON whose objects know their lines, for lockfiles written in it.

Python's parser keeps no positions. It does tell when each object ends, so one scan of the same
text for braces and keys, in step with it, finds the lines. The scan never runs ahead of what the
parser has accepted: it needs no error handling of its own, and the whole costs linear time.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from shopsec.scan.dependencies.lockfiles.base import LockfileError
from shopsec.scan.dependencies.lockfiles.conflict_markers import refuse_merge_conflict

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_KEY, _OPEN, _CLOSE = 1, 2, 3
_TOKEN = re.compile(rf"{_STRING}(\s*+:)?|({{)|(}})", re.DOTALL)
_COMMENT = r"//[^\n]*+|/\*.*?(?:\*/|\Z)"
# A string without an end runs to the end of the text, lest every quote in it be tried as a start.
_COMMENT_OR_COMMA = re.compile(
    rf"{_STRING[:-1]}(?:\"|\Z)|(,(?=(?:\s|{_COMMENT})*+[}}\]])|{_COMMENT})", re.DOTALL
)


class JsonObject(dict[str, Any]):
    """A JSON object; lines count from 1."""

    __slots__ = ("key_lines", "line")

    def __init__(self, pairs: list[tuple[str, Any]], line: int, key_lines: list[int]) -> None:
        super().__init__(pairs)
        self.line = line
        """Where it opens."""
        # Of a repeated key the last one counts, for the values (as in JavaScript) and here.
        self.key_lines = dict(zip((key for key, _ in pairs), key_lines, strict=True))

    def line_of(self, key: str) -> int:
        """Line of a key; of the object itself where it has no such key."""
        return self.key_lines.get(key, self.line)


def parse_json(text: str) -> Any:
    """Parse JSON, every object of it as a JsonObject; LockfileError names the line."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise LockfileError("is empty")
    objects = _objects(text)

    def build(pairs: list[tuple[str, Any]]) -> JsonObject:
        return JsonObject(pairs, *next(objects))

    try:
        return json.loads(text, object_pairs_hook=build)
    except json.JSONDecodeError as error:
        refuse_merge_conflict(text)
        raise LockfileError(f"line {error.lineno}: not valid JSON: {error.msg}") from error
    except RecursionError as error:
        raise LockfileError("nested too deeply") from error
    except ValueError as error:  # a number of thousands of digits
        raise LockfileError(f"not valid JSON: {error}") from error


def parse_object(text: str) -> JsonObject:
    """Parse JSON that must be an object."""
    value = parse_json(text)
    if not isinstance(value, JsonObject):
        raise LockfileError("is not a JSON object")
    return value


def object_at(parent: JsonObject, key: str) -> JsonObject:
    """The object at a key, an empty one where there is none; LockfileError for any other value."""
    value = parent.get(key)
    if key not in parent:
        return JsonObject([], parent.line, [])
    if not isinstance(value, JsonObject):
        raise LockfileError(f"line {parent.line_of(key)}: {key} is not an object")
    return value


def array_at(parent: JsonObject, key: str) -> list[object]:
    """The array at a key, an empty one where there is none; LockfileError for any other value."""
    value = parent.get(key, [])
    if not isinstance(value, list):
        raise LockfileError(f"line {parent.line_of(key)}: {key} is not an array")
    return value


def text_at(parent: JsonObject, key: str) -> str:
    """The text at a key; an empty one where there is none, or any other value."""
    value = parent.get(key)
    return value if isinstance(value, str) else ""


def without_comments(text: str) -> str:
    """JSON with comments and trailing commas (JSONC) as plain JSON of the same lines."""
    return _COMMENT_OR_COMMA.sub(_kept, text)


def _kept(match: re.Match[str]) -> str:
    if match.lastindex is None:
        return match[0]
    return "\n" * match[0].count("\n")


def _objects(text: str) -> Iterator[tuple[int, list[int]]]:
    """Line of each object and of its keys, in the order in which the objects end."""
    open_objects: list[tuple[int, list[int]]] = []
    line, counted = 1, 0
    for token in _TOKEN.finditer(text):
        if token.lastindex is None:  # a string that is no key
            continue
        if token.lastindex == _CLOSE:
            yield open_objects.pop()
            continue
        line += text.count("\n", counted, token.start())
        counted = token.start()
        if token.lastindex == _OPEN:
            open_objects.append((line, []))
        else:
            open_objects[-1][1].append(line)
