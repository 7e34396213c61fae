"""XML as a tree whose elements know their lines; document types and entities are refused.

Expat reads no external entity unless it is told how. Those of the text itself, which can grow to
gigabytes, need a document type, and none of the formats here has one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from shopsec.scan.dependencies.lockfiles.base import LockfileError
from shopsec.scan.dependencies.lockfiles.conflict_markers import refuse_merge_conflict

_DEEPEST = 200
_BETWEEN = "\x0c"  # a namespace and a name; no XML has this character


@dataclass
class Element:
    """One element; ``tag`` has no namespace, ``line`` counts from 1."""

    tag: str
    namespace: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text, without that of its children and without the space around it."""
        return "".join(self.texts).strip()

    def child(self, *path: str) -> "Element | None":
        """The first element that tags lead to, from one child to the next."""
        above = self
        for tag in path:
            found = next((each for each in above.children if each.tag == tag), None)
            if found is None:
                return None
            above = found
        return above

    def all(self, *path: str) -> Iterator["Element"]:
        """Every child with the last tag below the first element that the others lead to."""
        above = self.child(*path[:-1])
        if above is not None:
            yield from (each for each in above.children if each.tag == path[-1])

    def text_of(self, *path: str) -> str:
        """Text of the element that tags lead to; empty where there is none."""
        found = self.child(*path)
        return found.text if found is not None else ""


class _Builder:
    def __init__(self, parser: expat.XMLParserType) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._parser = parser
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._document_type

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, tag = name.rpartition(_BETWEEN)
        element = Element(tag, namespace, self._parser.CurrentLineNumber, attributes)
        if len(self._open) == _DEEPEST:
            raise LockfileError("nested too deeply")
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].texts.append(text)

    def _document_type(self, *_declaration: object) -> NoReturn:
        line = self._parser.CurrentLineNumber
        raise LockfileError(f"line {line}: declares a document type, which is never read")


def parse_xml(text: str) -> Element:
    """The root element; LockfileError names the line of what is not valid."""
    parser = expat.ParserCreate("utf-8", _BETWEEN)
    parser.buffer_text = True
    builder = _Builder(parser)
    try:
        parser.Parse(text.removeprefix("\ufeff").encode(), True)
    except expat.ExpatError as error:
        refuse_merge_conflict(text)
        reason = expat.ErrorString(error.code)
        raise LockfileError(f"line {error.lineno}: not valid XML: {reason}") from error
    except UnicodeEncodeError as error:
        raise LockfileError("is not UTF-8 text") from error
    if builder.root is None:
        raise LockfileError("is empty")
    return builder.root
