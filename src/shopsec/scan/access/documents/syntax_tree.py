"""What parsers built on tree-sitter share: bounded input, errors with a line."""

from typing import TYPE_CHECKING

from shopsec.scan.access.documents import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Language, Node

LARGEST = 500_000
"""Most bytes of a settings file."""
DEPTH = 60
"""Most levels of nesting that are followed."""


def parse_tree(content: bytes, language: "Callable[[], Language]", name: str) -> "Node":
    """The root of a file's syntax tree; DocumentError where the file is not of the language."""
    from tree_sitter import Parser  # noqa: PLC0415 -- loaded where such a file is met

    if len(content) > LARGEST:
        raise DocumentError(f"holds more than {LARGEST} bytes of settings")
    root = Parser(language()).parse(content).root_node
    if root.has_error:
        raise DocumentError(f"not {name} that can be read", _first_error(root))
    return root


def line_of(node: "Node") -> int:
    """The line a node begins on, counted from 1."""
    return node.start_point.row + 1


def text_of_node(node: "Node") -> str:
    """The source text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def too_deep(node: "Node") -> DocumentError:
    """The error for nesting that is not followed."""
    return DocumentError(f"nested more than {DEPTH} levels deep", line_of(node))


def _first_error(root: "Node") -> int:
    node = root
    while not (node.is_error or node.is_missing):
        child = next((each for each in node.children if each.has_error), None)
        if child is None:
            break
        node = child
    return line_of(node)
