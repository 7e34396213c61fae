"""YAML as CI systems and Compose read it: YAML 1.2 words, with the line of every key.

Built from the parser's events, without recursion: hostile nesting and aliases meet a budget
before anything is built from them.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from shopsec.policy.yaml_words import plain_value
from shopsec.scan.access.documents import DocumentError, text_of

NODES = 200_000
"""Most values a file may hold, every alias counted with all it stands for."""
DEPTH = 100
"""Most levels of nesting."""

Pointer = tuple[str | int, ...]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# To YAML these end a line; to git, editors and code hosts they do not.
_OTHER_BREAK = re.compile("\r(?!\n)|[\x85\u2028\u2029]")


class Reference(list[Any]):
    """A sequence written with GitLab's tag ``!reference``."""


@dataclass
class Node:
    """A value with the place it stands at."""

    line: int
    value: Any
    children: dict[str | int, tuple[int, "Node"]] = field(default_factory=dict)
    """Key or index -> (line of the key, node)."""
    size: int = 1
    height: int = 1
    last: int = 0
    """Last line of a mapping or sequence."""


@dataclass(frozen=True)
class YamlDocument:
    """One document of a file. ``value`` is made of dict, list, str, int, float, bool, None.

    A sequence tagged ``!reference`` is a ``Reference``; other tags are left out.
    """

    value: Any
    root: Node
    before: int = 0
    """Lines of the file before it, where it is a text inside another document."""

    def line(self, *pointer: str | int) -> int:
        """Line of the key at ``pointer``; of the deepest part of it that is there."""
        line, node = self.root.line, self.root
        for part in pointer:
            found = node.children.get(part)
            if found is None:
                break
            line, node = found
        return line + self.before

    def last_line(self, *pointer: str | int) -> int:
        """Last line of the mapping or sequence at ``pointer``, or of what is there of it."""
        node = self.root
        for part in pointer:
            found = node.children.get(part)
            if found is None:
                break
            node = found[1]
        return node.last + self.before

    def lines(self) -> dict[Pointer, int]:
        """Every pointer with the line of its key; as large as the document with its aliases."""
        table: dict[Pointer, int] = {(): self.root.line}
        waiting: list[tuple[Pointer, Node]] = [((), self.root)]
        while waiting:
            pointer, node = waiting.pop()
            for key, (line, child) in node.children.items():
                table[(*pointer, key)] = line
                waiting.append(((*pointer, key), child))
        return table


@lru_cache(maxsize=32)
def parse_yaml(content: bytes) -> tuple[YamlDocument, ...]:
    """Parse all documents of a file; DocumentError for anything that cannot be used.

    Several readers look at one file in turn and share what is returned: it must not be changed.
    """
    text = text_of(content)
    builder = _Builder(_Lines(text))
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.YAMLError as error:
        raise _explained(error, text) from error
    except (RecursionError, ValueError, MemoryError) as error:
        raise DocumentError("is not YAML that can be read") from error
    return tuple(YamlDocument(root.value, root) for root in builder.documents)


def _explained(error: yaml.YAMLError, text: str) -> DocumentError:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        problem = getattr(error, "problem", None) or "syntax error"
        if "nesting depth" in problem:  # libyaml has a limit of its own, since PyYAML 6.0.4
            return DocumentError(f"nested more than {DEPTH} levels deep", mark.line + 1)
        return DocumentError(f"not valid YAML: {problem}", _Lines(text).number(mark))
    position = getattr(error, "position", None)
    line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
    return DocumentError("not valid YAML: a character that YAML does not allow", line)


class _Lines:
    """Numbers the lines of a text as git does."""

    def __init__(self, text: str) -> None:
        self._ends: list[int] | None = None
        if _OTHER_BREAK.search(text):
            self._ends = [match.start() for match in re.finditer("\n", text)]

    def number(self, mark: Any) -> int:
        """The line of a place that the parser names, counted from 1."""
        return mark.line + 1 if self._ends is None else bisect_left(self._ends, mark.index) + 1


@dataclass
class _Open:
    """A mapping or sequence that has not ended."""

    node: Node
    anchor: str | None
    key: tuple[str, int] | None = None
    """Key that waits for its value, with its line."""
    merges: list[Node] = field(default_factory=list)


class _Builder:
    """Turns events into nodes."""

    def __init__(self, lines: _Lines) -> None:
        self.documents: list[Node] = []
        self._lines = lines
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._count = 0

    def take(self, event: yaml.Event) -> None:
        """Take the parser's next event."""
        line = self._lines.number(event.start_mark) if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}
        elif isinstance(event, yaml.ScalarEvent):
            node = Node(line, _scalar(event))
            if event.anchor:
                self._anchors[event.anchor] = node
            self._add(node, event.value)
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._referred(event.anchor or "", line), "")
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._begin(event, line)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            # In block style the next token ends it, so that its line is one too many.
            self._end(line - 1)

    def _begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, line: int) -> None:
        if len(self._open) >= DEPTH:
            raise DocumentError(f"nested more than {DEPTH} levels deep", line)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        if value == [] and event.tag == "!reference":
            value = Reference()
        if event.anchor:
            self._anchors[event.anchor] = None  # known, but not complete: no reference to itself
        self._open.append(_Open(Node(line, value), event.anchor))

    def _end(self, line: int) -> None:
        ended = self._open.pop()
        ended.node.last = max(line, ended.node.line)
        for merged in ended.merges:
            self._spend(len(merged.children), ended.node.line)
            for key, entry in merged.children.items():
                if key not in ended.node.children:
                    _put(ended.node, key, *entry)
        if ended.anchor:
            self._anchors[ended.anchor] = ended.node
        self._add(ended.node, "")

    def _referred(self, anchor: str, line: int) -> Node:
        if anchor not in self._anchors:
            raise DocumentError(f"not valid YAML: no anchor {anchor[:40]!r}", line)
        node = self._anchors[anchor]
        if node is None:
            raise DocumentError(f"not valid YAML: {anchor[:40]!r} refers to itself", line)
        self._spend(node.size, line)
        if len(self._open) + node.height > DEPTH:
            raise DocumentError(f"nested more than {DEPTH} levels deep", line)
        return node

    def _spend(self, nodes: int, line: int) -> None:
        self._count += nodes
        if self._count > NODES:
            raise DocumentError(f"holds more than {NODES} values", line)

    def _add(self, node: Node, text: str) -> None:
        self._spend(1, node.line)
        if not self._open:
            self.documents.append(node)
            return
        parent = self._open[-1]
        if isinstance(parent.node.value, list):
            _put(parent.node, len(parent.node.value), node.line, node)
        elif parent.key is None:
            # GitHub and Compose know text keys only; `on`, `1.10` and `null` stay as written.
            parent.key = (text if isinstance(node.value, _SCALAR) else "?", node.line)
        else:
            key, line = parent.key
            parent.key = None
            if key == "<<":
                parent.merges.extend(_mappings(node))
            else:
                _put(parent.node, key, line, node)


_SCALAR = (str, int, float, bool, type(None))


def _mappings(node: Node) -> list[Node]:
    if isinstance(node.value, list):
        return [child for _, child in node.children.values() if isinstance(child.value, dict)]
    return [node] if isinstance(node.value, dict) else []


def _put(parent: Node, key: str | int, line: int, child: Node) -> None:
    parent.children[key] = (line, child)
    if isinstance(parent.value, list):
        parent.value.append(child.value)
    else:
        parent.value[key] = child.value
    parent.size += child.size
    parent.height = max(parent.height, child.height + 1)


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    plain = event.implicit[0] or ((event.tag or "").startswith("!") and not event.style)
    return text if not plain or event.tag == "!" else plain_value(text)
