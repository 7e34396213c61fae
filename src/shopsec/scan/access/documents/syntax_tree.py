"""What parsers built on tree-sitter share: bounded input and time, errors with a line."""

import time
from typing import TYPE_CHECKING

from shopsec.scan.access.documents import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Language, Node

LARGEST = 500_000
"""Most bytes of a settings file."""
SECONDS = 2
"""Most seconds of CPU for one file: what is no code at all takes the parser very long."""
DEPTH = 60
"""Most levels of nesting that are followed."""
_CHUNK = 1_024


def parse_tree(content: bytes, language: "Callable[[], Language]", name: str) -> "Node":
    """The root of a file's syntax tree; DocumentError where the file is not of the language."""
    from tree_sitter import Parser  # noqa: PLC0415 -- loaded where such a file is met

    if len(content) > LARGEST:
        raise DocumentError(f"holds more than {LARGEST} bytes of settings")
    parser, deadline, late = Parser(language()), time.thread_time() + SECONDS, False

    def read(offset: int, _: object) -> bytes:
        nonlocal late
        late = late or time.thread_time() > deadline
        return b"" if late else content[offset : offset + _CHUNK]

    tree = parser.parse(read)
    if late:
        raise DocumentError(f"takes more than {SECONDS} seconds to be read as {name}")
    root = tree.root_node
    if root.has_error:
        raise DocumentError(f"not {name} that can be read", _first_error(root))
    # The tree as it is, with its text at hand.
    return parser.parse(content, tree).root_node


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
