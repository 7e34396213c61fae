"""A policy's YAML as a tree in which every key and value knows its place in the file.

Words are those of YAML 1.2 (``on`` stays a text), keys are texts, and a key that is set twice is
an error. Places are positions in the text, counted in characters from 0.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from shopsec.errors import PolicyError
from shopsec.model import printable
from shopsec.policy.yaml_tree import LOADER, Node, TreeBuilder, problem_of
from shopsec.policy.yaml_words import plain_value

Location = Sequence[int | str]

_TEXT_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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
        builder.build(yaml.parse(text, Loader=LOADER))
    except yaml.YAMLError as error:
        raise _explained(error, builder.document()) from error
    document = builder.document()
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
    return document.error(problem_of(error), _index(getattr(error, "problem_mark", None)))


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


class _Builder(TreeBuilder):
    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self.twice: tuple[Location, int, int] | None = None
        """Location of the first key set twice, and both its positions."""
        self._name, self._text = name, text

    def document(self) -> Document:
        """The document with what was built, which is nothing before its end."""
        root = self.roots[0] if self.roots else Node(0, None)
        return Document(self._name, self._text, root)

    def place(self, mark: Any) -> int:
        return _index(mark)

    def error(self, problem: str, place: int) -> Exception:
        return self.document().error(problem, place)

    def begin_document(self, place: int) -> None:
        if self.roots:
            raise self.error("holds more than one document", place)
        super().begin_document(place)

    def scalar(self, event: yaml.ScalarEvent, place: int) -> Node:
        return Node(place, self._value(event, place), _index(event.end_mark), event.style or "")

    def collection(self, event: yaml.CollectionStartEvent, place: int) -> Any:
        if event.tag is not None and event.tag != "!":
            raise self.error(f"the tag {event.tag} has no meaning here", place)
        return {} if isinstance(event, yaml.MappingStartEvent) else []

    def end_of(self, node: Node, place: int) -> int:
        del node
        return place

    def key_of(self, node: Node, text: str | None) -> str:
        if text is None:
            raise self.error("a key must be a text", node.start)
        mapping = self.open[-1].node
        if text in mapping.children and self.twice is None:
            self.twice = (self._location(text), mapping.children[text][0], node.start)
        return text

    def _location(self, key: str) -> Location:
        above = [len(each.node.value) if each.key is None else each.key[0] for each in self.open]
        return [*above[:-1], key]

    def _value(self, event: yaml.ScalarEvent, place: int) -> Any:
        if event.tag is not None:
            if event.tag not in _TEXT_TAGS:
                raise self.error(f"the tag {event.tag} has no meaning here", place)
            return event.value
        return plain_value(event.value) if event.implicit[0] else event.value


def _index(mark: Any) -> int:
    return int(mark.index) if mark else 0
