"""Values of GitLab pipelines, each with the file and line it was written in.

A merged pipeline is made of pieces of many files; every piece keeps its place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shopsec.model import SourceFile
from shopsec.policy.yaml_tree import Node
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.yaml_document import Reference

VALUES = 200_000
"""Most values that a merged pipeline may hold."""


@dataclass(frozen=True)
class Written:
    """A value where somebody wrote it. ``value`` is plain, or holds further ``Written``."""

    file: SourceFile
    line: int
    value: Any
    is_reference: bool = False

    @property
    def mapping(self) -> dict[str, "Written"]:
        """What it holds by name; empty where it is no mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list["Written"]:
        """What it holds in order; a single value counts as a list of one."""
        if isinstance(self.value, list):
            return self.value
        return [] if self.value is None else [self]

    @property
    def text(self) -> str:
        """A plain value as text; empty for anything else."""
        plain = isinstance(self.value, (str, int, float))
        return str(self.value) if plain and not isinstance(self.value, bool) else ""

    def get(self, name: str) -> "Written | None":
        """What it holds under a name."""
        return self.mapping.get(name)


class Budget:
    """What merging may cost, so that a small file cannot stand for a huge pipeline."""

    def __init__(self) -> None:
        self._left = VALUES

    def spend(self, values: int, where: Written) -> None:
        """Take ``values`` off; DocumentError when there are none left."""
        self._left -= values
        if self._left < 0:
            raise DocumentError(f"is merged from more than {VALUES} values", where.line)


def written(file: SourceFile, root: Node) -> Written:
    """A document's values with their places; what an alias stands for is shared."""
    return _Converter(file).convert(root.start, root)


class _Converter:
    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._known: dict[int, Any] = {}

    def convert(self, line: int, node: Node) -> Written:
        if id(node) not in self._known:
            self._known[id(node)] = self._value(node)
        is_reference = isinstance(node.value, Reference)
        return Written(self._file, line, self._known[id(node)], is_reference)

    def _value(self, node: Node) -> Any:
        if isinstance(node.value, dict):
            return {str(key): self.convert(line, child)
                    for key, (line, child) in node.children.items()}  # fmt: skip
        if isinstance(node.value, list):
            return [self.convert(line, child) for line, child in node.children.values()]
        return node.value


def merged(below: Written | None, above: Written, budget: Budget) -> Written:
    """Mappings are merged key by key; of everything else, the one above counts."""
    if below is None or not (isinstance(below.value, dict) and isinstance(above.value, dict)):
        return above
    budget.spend(len(below.value) + len(above.value), above)
    value = dict(below.value)
    for key, each in above.value.items():
        value[key] = merged(value.get(key), each, budget)
    return Written(above.file, above.line, value)


def flat(value: Written, depth: int = 10) -> Iterator[Written]:
    """The items of nested lists, as GitLab flattens scripts and rules; references stay whole."""
    for each in [value] if value.is_reference else value.items:
        if isinstance(each.value, list) and depth and not each.is_reference:
            yield from flat(each, depth - 1)
        else:
            yield each
