"""YAML as CI systems and Compose read it: YAML 1.2 words, with the line of every key.

Places in the tree are lines, counted from 1.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from shopsec.policy.yaml_tree import LOADER, Node, TreeBuilder, problem_of
from shopsec.policy.yaml_words import plain_value
from shopsec.scan.access.documents import DocumentError, text_of

Pointer = tuple[str | int, ...]

# To YAML these end a line; to git, editors and code hosts they do not.
_OTHER_BREAK = re.compile("\r(?!\n)|[\x85\u2028\u2029]")


class Reference(list[Any]):
    """A sequence written with GitLab's tag ``!reference``."""


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
        line, node = self.root.start, self.root
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
        return node.end + self.before

    def lines(self) -> dict[Pointer, int]:
        """Every pointer with the line of its key; as large as the document with its aliases."""
        table: dict[Pointer, int] = {(): self.root.start}
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
        builder.build(yaml.parse(text, Loader=LOADER))
    except yaml.YAMLError as error:
        raise _explained(error, text) from error
    except (RecursionError, ValueError, MemoryError) as error:
        raise DocumentError("is not YAML that can be read") from error
    return tuple(YamlDocument(root.value, root) for root in builder.roots)


def _explained(error: yaml.YAMLError, text: str) -> DocumentError:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return DocumentError(problem_of(error), _Lines(text).number(mark))
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


class _Builder(TreeBuilder):
    def __init__(self, lines: _Lines) -> None:
        super().__init__()
        self._lines = lines

    def place(self, mark: Any) -> int:
        return self._lines.number(mark) if mark else 1

    def error(self, problem: str, place: int) -> Exception:
        return DocumentError(problem, place)

    def scalar(self, event: yaml.ScalarEvent, place: int) -> Node:
        text: str = event.value
        plain = event.implicit[0] or ((event.tag or "").startswith("!") and not event.style)
        return Node(place, text if not plain or event.tag == "!" else plain_value(text))

    def collection(self, event: yaml.CollectionStartEvent, place: int) -> Any:
        del place
        if isinstance(event, yaml.MappingStartEvent):
            return {}
        return Reference() if event.tag == "!reference" else []

    def end_of(self, node: Node, place: int) -> int:
        # In block style the next token ends it, so that its line is one too many.
        return max(place - 1, node.start)

    def key_of(self, node: Node, text: str | None) -> str:
        # GitHub and Compose know text keys only; `on`, `1.10` and `null` stay as written.
        return (text or "") if isinstance(node.value, _SCALAR) else "?"


_SCALAR = (str, int, float, bool, type(None))
