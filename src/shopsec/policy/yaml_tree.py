"""YAML as a tree in which every key and value knows its place.

Built from libyaml's events, without recursion: hostile nesting and aliases meet a budget before
anything is built from them. What a place is, a line or a character, is the reader's to say; so is
what it refuses.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

DEPTH = 100
"""Most levels of nesting."""
NODES = 200_000
"""Most values a file may hold, every alias counted with all it stands for."""

# libyaml's loader where PyYAML was built with it: ten times faster.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TOO_DEEP = f"nested more than {DEPTH} levels deep"


def problem_of(error: yaml.YAMLError) -> str:
    """What the parser says, in our words where it meets a limit of its own."""
    problem = getattr(error, "problem", None) or "syntax error"
    # PyYAML 6.0.4 and later stop reading ahead at 1,000 levels.
    return TOO_DEEP if "nesting depth" in problem else f"not valid YAML: {problem}"


@dataclass(slots=True)
class Node:
    """A value with its place."""

    start: int
    value: Any
    end: int = 0
    style: str = ""
    """How a scalar is written: plain (empty), ``"``, ``'``, ``|`` or ``>``."""
    children: dict[int | str, tuple[int, "Node"]] = field(default_factory=dict)
    """Key or index -> (place of the key or item, node)."""
    size: int = 1
    height: int = 1


@dataclass(slots=True)
class Open:
    """A mapping or sequence that has not ended."""

    node: Node
    anchor: str | None
    key: tuple[str, int] | None = None
    """Key that waits for its value, with its place."""
    merged: list[Node] = field(default_factory=list)


class TreeBuilder(ABC):
    """Turns events into nodes. A reader says what places are, and what is an error to it."""

    def __init__(self) -> None:
        self.roots: list[Node] = []
        """One for each document."""
        self.open: list[Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._count = 0

    @abstractmethod
    def place(self, mark: Any) -> int:
        """The place of a mark of the parser."""

    @abstractmethod
    def error(self, problem: str, place: int) -> Exception:
        """The exception for a problem."""

    @abstractmethod
    def scalar(self, event: yaml.ScalarEvent, place: int) -> Node:
        """The node of a scalar."""

    @abstractmethod
    def collection(self, event: yaml.CollectionStartEvent, place: int) -> Any:
        """The empty mapping or sequence that an event begins."""

    @abstractmethod
    def end_of(self, node: Node, place: int) -> int:
        """Where a collection ends, from the place of the token that ends it."""

    @abstractmethod
    def key_of(self, node: Node, text: str | None) -> str:
        """The text that a node is as a key; ``text`` is how a scalar is written."""

    def begin_document(self, place: int) -> None:
        """A document begins; anchors of the one before are unknown in it."""
        del place
        self._anchors = {}

    def build(self, events: Iterable[yaml.Event]) -> None:
        """Take all of the parser's events."""
        for event in events:
            self._take(event)

    def _take(self, event: yaml.Event) -> None:
        start = self.place(event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            node = self.scalar(event, start)
            if event.anchor:
                self._anchors[event.anchor] = node
            self._add(node, event.value)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._end(start)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._begin(event, start)
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._referred(event.anchor or "", start), None)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.begin_document(start)

    def _begin(self, event: yaml.CollectionStartEvent, start: int) -> None:
        if len(self.open) >= DEPTH:
            raise self.error(TOO_DEEP, start)
        value = self.collection(event, start)
        if event.anchor:
            self._anchors[event.anchor] = None  # known, but not complete: no reference to itself
        self.open.append(Open(Node(start, value), event.anchor))

    def _end(self, place: int) -> None:
        ended = self.open.pop()
        node = ended.node
        node.end = self.end_of(node, place)
        for merged in ended.merged:
            self._spend(len(merged.children), node.start)
            for key, entry in merged.children.items():
                if key not in node.children:
                    _put(node, key, *entry)
        if ended.anchor:
            self._anchors[ended.anchor] = node
        self._add(node, None)

    def _referred(self, anchor: str, place: int) -> Node:
        node = self._anchors.get(anchor)
        if node is None:
            problem = "refers to itself" if anchor in self._anchors else "is no anchor"
            raise self.error(f"not valid YAML: *{anchor[:40]} {problem}", place)
        self._spend(node.size, place)
        if len(self.open) + node.height > DEPTH:
            raise self.error(TOO_DEEP, place)
        return node

    def _spend(self, nodes: int, place: int) -> None:
        self._count += nodes
        if self._count > NODES:
            raise self.error(f"holds more than {NODES} values", place)

    def _add(self, node: Node, text: str | None) -> None:
        self._spend(1, node.start)
        if not self.open:
            self.roots.append(node)
            return
        parent = self.open[-1]
        if isinstance(parent.node.value, list):
            _put(parent.node, len(parent.node.value), node.start, node)
        elif parent.key is None:
            parent.key = (self.key_of(node, text), node.start)
        else:
            key, place = parent.key
            parent.key = None
            if key == "<<":
                parent.merged.extend(_mappings(node))
            else:
                _put(parent.node, key, place, node)


def _mappings(node: Node) -> list[Node]:
    if isinstance(node.value, list):
        return [child for _, child in node.children.values() if isinstance(child.value, dict)]
    return [node] if isinstance(node.value, dict) else []


def _put(parent: Node, key: int | str, place: int, child: Node) -> None:
    parent.children[key] = (place, child)
    if isinstance(parent.value, list):
        parent.value.append(child.value)
    else:
        parent.value[key] = child.value
    parent.size += child.size
    parent.height = max(parent.height, child.height + 1)
