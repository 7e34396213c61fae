"""A policy's YAML as a tree in which every key and value knows its place in the file.

Built from libyaml's events without recursion, with a budget for nodes and depth, so that hostile
nesting never reaches a composer that has neither. Words are those of YAML 1.2 (``on`` stays a
text), keys are texts, and a key that is set twice is an error.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from shopsec.errors import PolicyError
from shopsec.model import printable
from shopsec.policy.yaml_words import plain_value

DEPTH = 100
"""Most levels of nesting."""
NODES = 200_000
"""Most values a file may hold, every alias counted with all it stands for."""

Location = Sequence[int | str]

# libyaml's loader where PyYAML was built with it: ten times faster.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Node:
    """A value and where it stands: positions in the text, counted in characters from 0."""

    value: Any
    start: int
    end: int
    style: str = ""
    """How a scalar is written: plain (empty), ``"``, ``'``, ``|`` or ``>``."""
    children: dict[int | str, tuple[int, "Node"]] = field(default_factory=dict)
    """Key or index -> (where the key or item stands, node)."""
    size: int = 1
    height: int = 1


@dataclass(frozen=True)
class Document:
    """A file that was parsed."""

    name: str
    """What errors call the file."""
    text: str
    root: Node

    def place(self, *location: int | str) -> "Place":
        """The place of a value; of the deepest part that is there."""
        return Place(self, location)

    def error(self, problem: str, position: int, hint: str = "") -> PolicyError:
        """A PolicyError about a position in the text."""
        line, column = _line_and_column(self.text, position)
        return PolicyError(printable(f"{self.name}:{line}:{column}: {problem}"), printable(hint))


@dataclass(frozen=True)
class Place:
    """Where a value of a document stands; its text begins a message."""

    document: Document
    location: Location

    def __str__(self) -> str:
        return self._beginning(self.node.start)

    @property
    def node(self) -> Node:
        """The deepest part of the location that is there."""
        return self._walk()[0]

    @property
    def line(self) -> int:
        """Line of the value, from 1."""
        return _line_and_column(self.document.text, self.node.start)[0]

    @property
    def spot(self) -> str:
        """File, line and column of the value."""
        return self._beginning(self.node.start, named=False)

    @property
    def name(self) -> str:
        """What the value is called: ``OWN-001.when``; an item goes by its id where it has one."""
        return self._walk()[2]

    def at(self, offset: int) -> str:
        """The same for one character of a text; as far as the way it is written tells."""
        node = self.node
        inside = isinstance(node.value, str)
        return self._beginning(
            _position_in(node, self.document.text, offset) if inside else node.start
        )

    def at_key(self) -> str:
        """The same for the key instead of its value."""
        return self._beginning(self._walk()[1])

    def _beginning(self, position: int, *, named: bool = True) -> str:
        line, column = _line_and_column(self.document.text, position)
        name = f": {self.name}" if named and self.name else ""
        return printable(f"{self.document.name}:{line}:{column}{name}")

    def _walk(self) -> tuple[Node, int, str]:
        """The deepest node of the location, the position of its key, and its name.

        A part that is not there is left out where a later one is: the fields of a rule's only
        check stand beside the rule's own.
        """
        node, position = self.document.root, self.document.root.start
        names: list[str] = []
        absent: int | str | None = None
        for part in self.location:
            found = node.children.get(part)
            absent = part if found is None else None
            if found is None:
                continue
            position, node = found
            own = node.children.get("id") if isinstance(part, int) else None
            if own is not None and isinstance(own[1].value, str):
                names = [] if names == ["rules"] else names
                names.append(own[1].value[:80])
            else:
                names.append(str(part))
        if isinstance(absent, str):
            names.append(absent)
        return node, position, ".".join(names)


def parse_document(text: str, name: str) -> Document:
    """Parse a YAML text of one document; PolicyError names line and column."""
    builder = _Builder(name, text)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        raise _explained(error, builder.document(None)) from error
    document = builder.document(builder.root)
    if builder.twice is not None:
        location, first, second = builder.twice
        line = _line_and_column(text, first)[0]
        called = document.place(*location).name
        raise document.error(f"{called}: is set twice, first in line {line}", second)
    return document


def _explained(error: yaml.YAMLError, document: Document) -> PolicyError:
    forbidden = _FORBIDDEN.search(document.text)
    if forbidden:
        problem = f"a character that YAML does not allow: {forbidden[0]}"
        return document.error(f"not valid YAML: {problem}", forbidden.start())
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "syntax error"
    return document.error(f"not valid YAML: {problem}", _index(mark))


def _line_and_column(text: str, position: int) -> tuple[int, int]:
    """Both from 1, as editors count: libyaml takes U+2028 for the end of a line."""
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


_BLANK = frozenset({" ", "\t", "\n", "\r", "\\n", "\\t", "\\r", "\\ ", "\\\n", "\\\r\n"})
_PIECES = {
    '"': re.compile(r"\\(?:\r?\n|x..|u.{4}|U.{8}|.)|.", re.DOTALL),
    "'": re.compile(r"''|.", re.DOTALL),
}
_PIECE = re.compile(r".", re.DOTALL)


def _position_in(node: Node, text: str, offset: int) -> int:
    """Where a character of a scalar's value stands in the text.

    Folding changes blanks only, so what is counted are the characters that are none.
    """
    left = sum(char not in _BLANK for char in node.value[:offset])
    start, end = node.start, node.end
    if node.style in {"|", ">"}:
        start = text.find("\n", start, end) + 1 or start
    elif node.style:
        start, end = start + 1, end - 1
    last = start
    for piece in _PIECES.get(node.style, _PIECE).finditer(text, start, end):
        if piece[0] in _BLANK:
            continue
        if left == 0:
            return piece.start()
        left -= 1
        last = piece.end()
    return last


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that has not ended."""

    node: Node
    anchor: str | None
    key: tuple[str, int] | None = None
    """Key that waits for its value, with its position."""
    merged: list[Node] = field(default_factory=list)


class _Builder:
    """Turns events into nodes."""

    def __init__(self, name: str, text: str) -> None:
        self.root: Node | None = None
        self.twice: tuple[Location, int, int] | None = None
        """Location of the first key set twice, and both its positions."""
        self._name, self._text = name, text
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._count = 0

    def document(self, root: Node | None) -> Document:
        """The document with what was built."""
        return Document(self._name, self._text, root or Node(None, 0, 0))

    def take(self, event: yaml.Event) -> None:
        """Take the parser's next event."""
        start = _index(event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            value, end = self._scalar(event, start), _index(event.end_mark)
            node = Node(value, start, end, event.style or "")
            if event.anchor:
                self._anchors[event.anchor] = node
            self._add(node, event.value)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._end(start)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._begin(event, start)
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._referred(event.anchor or "", start), None)
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise self._error("holds more than one document", start)

    def _error(self, problem: str, position: int) -> PolicyError:
        return self.document(None).error(problem, position)

    def _begin(self, event: yaml.CollectionStartEvent, start: int) -> None:
        if len(self._open) >= DEPTH:
            raise self._error(f"nested more than {DEPTH} levels deep", start)
        if event.tag is not None and event.tag != "!":
            raise self._error(f"the tag {event.tag} has no meaning here", start)
        if event.anchor:
            self._anchors[event.anchor] = None  # known, but not complete: no reference to itself
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._open.append(_Open(Node(value, start, start), event.anchor))

    def _end(self, end: int) -> None:
        ended = self._open.pop()
        node = ended.node
        node.end = end
        for merged in ended.merged:
            self._spend(len(merged.children), node.start)
            for key, entry in merged.children.items():
                if key not in node.children:
                    _put(node, key, *entry)
        if ended.anchor:
            self._anchors[ended.anchor] = node
        self._add(node, None)

    def _referred(self, anchor: str, position: int) -> Node:
        node = self._anchors.get(anchor)
        if node is None:
            problem = "refers to itself" if anchor in self._anchors else "is no anchor"
            raise self._error(f"not valid YAML: *{anchor[:40]} {problem}", position)
        self._spend(node.size, position)
        if len(self._open) + node.height > DEPTH:
            raise self._error(f"nested more than {DEPTH} levels deep", position)
        return node

    def _spend(self, nodes: int, position: int) -> None:
        self._count += nodes
        if self._count > NODES:
            raise self._error(f"holds more than {NODES} values", position)

    def _add(self, node: Node, text: str | None) -> None:
        """Put a node where it belongs; ``text`` is how a scalar is written."""
        self._spend(1, node.start)
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent.node.value, list):
            _put(parent.node, len(parent.node.value), node.start, node)
        elif parent.key is None:
            if text is None:
                raise self._error("a key must be a text", node.start)
            parent.key = (text, node.start)
            if text in parent.node.children and self.twice is None:
                first = parent.node.children[text][0]
                self.twice = (self._location(), first, node.start)
        else:
            key, position = parent.key
            parent.key = None
            if key == "<<":
                parent.merged.extend(_mappings(node))
            else:
                _put(parent.node, key, position, node)

    def _location(self) -> Location:
        return [len(each.node.value) if each.key is None else each.key[0] for each in self._open]

    def _scalar(self, event: yaml.ScalarEvent, position: int) -> Any:
        text: str = event.value
        if event.tag is not None:
            if event.tag not in _TEXT_TAGS:
                raise self._error(f"the tag {event.tag} has no meaning here", position)
            return text
        return plain_value(text) if event.implicit[0] else text


def _index(mark: Any) -> int:
    return int(mark.index) if mark else 0


def _mappings(node: Node) -> list[Node]:
    if isinstance(node.value, list):
        return [child for _, child in node.children.values() if isinstance(child.value, dict)]
    return [node] if isinstance(node.value, dict) else []


def _put(parent: Node, key: int | str, position: int, child: Node) -> None:
    parent.children[key] = (position, child)
    if isinstance(parent.value, list):
        parent.value.append(child.value)
    else:
        parent.value[key] = child.value
    parent.size += child.size
    parent.height = max(parent.height, child.height + 1)
