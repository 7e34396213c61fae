"""The YAML that pnpm writes, with the line of every key.

A file is maps in maps, a key a line. Lists, flow maps and text of several lines are in it, but
tell nothing of which packages there are: they are kept as text or passed over. What else YAML
allows is refused, so that nothing is misread. A full parser takes four times as long and tells
no lines.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from shopsec.scan.dependencies.lockfiles.base import LockfileError
from shopsec.scan.dependencies.lockfiles.conflict_markers import refuse_merge_conflict

_KEY = r"""'(?:[^']|'')*+'|"(?:[^"\\]|\\.)*+"|[^\s'"?:{\[&*!|>%@`,#-].*?"""
_PAIR = re.compile(rf"({_KEY}):(?:\s+(\S.*))?")
_EXPLICIT_KEY = re.compile(r"\?\s+(\S.*)")
_DOCUMENT = re.compile(r"---(?:\s+#.*)?")
_FLOW = ("{", "[")


@dataclass
class Node:
    """What a key leads to: text, or more keys."""

    line: int
    text: str = ""
    keys: dict[str, "Node"] = field(default_factory=dict)

    def at(self, *path: str) -> "Node":
        """The node below some keys; an empty one where there is none."""
        node = self
        for key in path:
            node = node.keys.get(key, Node(self.line))
        return node


@dataclass
class _Reader:
    """Where the next line belongs."""

    open: list[tuple[int, Node]] = field(default_factory=list)
    below: int | None = None
    """Lines of more indentation than this are of a list or a text."""

    def take(self, line: str, number: int) -> None:
        content = line.lstrip(" ")
        indent = len(line) - len(content)
        if self.below is not None and indent > self.below:
            return
        self.below = None
        if content.startswith("- ") or content == "-":
            self.below = indent
        elif content == ":" or content.startswith(": "):
            self._take_value(content[1:].lstrip(), indent, number)
        elif explicit := _EXPLICIT_KEY.fullmatch(content):
            self._add(explicit[1], Node(number), indent)
        elif pair := _PAIR.fullmatch(content):
            self._add(pair[1], Node(number, _unquoted(pair[2] or "")), indent)
            self._expect(pair[2] or "", indent, number)
        else:
            raise _unreadable(number)

    def _take_value(self, content: str, indent: int, number: int) -> None:
        """The value of an explicit key, which YAML demands of long ones."""
        if self.open[-1][0] != indent:
            raise _unreadable(number)
        if content:
            self.take(" " * (indent + 2) + content, number)

    def _add(self, key: str, node: Node, indent: int) -> None:
        while self.open[-1][0] >= indent:
            self.open.pop()
        parent, name = self.open[-1][1], _unquoted(key)
        if parent.text or name in parent.keys:
            raise LockfileError(f"line {node.line}: repeats a key or is no part of a map")
        parent.keys[name] = node
        self.open.append((indent, node))

    def _expect(self, value: str, indent: int, number: int) -> None:
        if value.startswith(_FLOW):
            if value[-1] not in "}]":
                raise _unreadable(number)
        elif value:
            self.below = indent


def read_documents(text: str) -> Iterator[Node]:
    """The map of each document of a file; LockfileError names a line that is none of a map."""
    if not text.strip():
        raise LockfileError("is empty")
    refuse_merge_conflict(text)
    root = Node(1)
    reader = _Reader([(-1, root)])
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.rstrip()
        if not line or line.lstrip(" ").startswith("#"):
            continue
        if _DOCUMENT.fullmatch(line):
            if root.keys:
                yield root
            root = Node(number)
            reader = _Reader([(-1, root)])
        else:
            reader.take(line, number)
    yield root


def _unreadable(number: int) -> LockfileError:
    return LockfileError(f"line {number}: is not what pnpm writes")


def _unquoted(text: str) -> str:
    if len(text) < 2 or text[0] != text[-1]:
        return text
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    if text[0] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text[1:-1]
    return text
