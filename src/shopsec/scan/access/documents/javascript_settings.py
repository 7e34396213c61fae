"""Settings in JavaScript and TypeScript: the objects that a configuration file is made of.

Read from the syntax tree (https://github.com/tree-sitter/tree-sitter-typescript); nothing is run.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.assignments import (
    ASSIGNMENTS,
    OTHER,
    Assignment,
    Value,
    with_default,
)
from shopsec.scan.access.documents.syntax_tree import (
    DEPTH,
    line_of,
    parse_tree,
    text_of_node,
    too_deep,
)

if TYPE_CHECKING:
    from tree_sitter import Language, Node

_ENVIRONMENT = frozenset({"process.env", "import.meta.env", "env"})
_WRAPPERS = frozenset(
    ["parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression"]
)
_CONSTANTS = {"true": True, "false": False, "null": None, "undefined": None}


@lru_cache(maxsize=1)
def _language() -> "Language":
    import tree_sitter_typescript  # noqa: PLC0415 -- loaded where such a file is met
    from tree_sitter import Language  # noqa: PLC0415

    # What a configuration file may hold of JavaScript is TypeScript as well.
    return Language(tree_sitter_typescript.language_typescript())


def parse_javascript_settings(content: bytes) -> tuple[Assignment, ...]:
    """Every member of every object; DocumentError when it is not JavaScript or TypeScript.

    ``{a: {b: 1}}`` is ``a.b``, wherever the object stands; an object with the texts ``key`` and
    ``value``, as headers are given in, is ``headers.<key>``.
    """
    root = parse_tree(content, _language, "JavaScript")
    reader = _Reader(_declared(root))
    found: list[Assignment] = []
    for assignment in reader.members(root):
        found.append(assignment)
        if len(found) > ASSIGNMENTS:
            raise DocumentError(f"holds more than {ASSIGNMENTS} settings", assignment.line)
    return tuple(found)


def _declared(root: "Node") -> dict[str, "Node"]:
    """Values of the constants at the top of the file."""
    found: dict[str, Node] = {}
    for statement in root.named_children:
        declaration = statement.child_by_field_name("declaration") or statement
        for each in declaration.named_children:
            name, value = each.child_by_field_name("name"), each.child_by_field_name("value")
            if each.type == "variable_declarator" and name and value:
                found[text_of_node(name)] = value
    return found


class _Reader:
    """Reads values, with the file's constants at hand."""

    def __init__(self, declared: dict[str, "Node"]) -> None:
        self._declared = declared

    def members(self, root: "Node") -> Iterator[Assignment]:
        waiting: list[tuple[Node, str]] = [(root, "")]
        while waiting:
            node, path = waiting.pop()
            if path.count(".") > DEPTH:
                raise too_deep(node)
            if node.type == "pair":
                name = self._join(path, node.child_by_field_name("key"))
                value = node.child_by_field_name("value")
                if value is not None:
                    yield Assignment(name, line_of(node), self.read(value, 0))
                    waiting.append((value, name))
                continue
            if node.type == "shorthand_property_identifier":
                name = f"{path}.{text_of_node(node)}" if path else text_of_node(node)
                yield Assignment(name, line_of(node), self.read(node, 0))
            elif node.type == "object":
                yield from self._header(node)
            waiting.extend((child, path) for child in reversed(node.named_children))

    @staticmethod
    def _join(path: str, key: "Node | None") -> str:
        name = text_of_node(key).strip("[]\"'`") if key else ""
        return f"{path}.{name}" if path else name

    def _header(self, node: "Node") -> Iterator[Assignment]:
        pairs = {
            self._join("", each.child_by_field_name("key")): each.child_by_field_name("value")
            for each in node.named_children
            if each.type == "pair"
        }
        key, value = pairs.get("key"), pairs.get("value")
        if key is not None and value is not None:
            name = self.read(key, 0).value
            if isinstance(name, str):
                yield Assignment(f"headers.{name}", line_of(node), self.read(value, 0))

    def read(self, node: "Node", depth: int) -> Value:
        """What is known of an expression."""
        if depth > DEPTH:
            return OTHER
        text = text_of_node(node) if node.end_byte - node.start_byte < 12 else ""
        if text in _CONSTANTS:
            return Value("literal", _CONSTANTS[text])
        match node.type:
            case "string" | "template_string":
                return _string(node)
            case "number":
                return Value("literal", text_of_node(node))
            case "array":
                return self._list(node, depth)
            case "identifier" | "shorthand_property_identifier":
                declared = self._declared.get(text_of_node(node))
                return self.read(declared, depth + 10) if declared else OTHER
            case "member_expression" | "subscript_expression":
                return _environment(node)
            case "binary_expression":
                return self._either(node, depth)
            case kind if kind in _WRAPPERS and node.named_children:
                return self.read(node.named_children[0], depth + 1)
        return OTHER

    def _either(self, node: "Node", depth: int) -> Value:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left and right and operator and text_of_node(operator) in {"||", "??"}:
            return with_default(self.read(left, depth + 1), self.read(right, depth + 1))
        return OTHER

    def _list(self, node: "Node", depth: int) -> Value:
        values = [self.read(each, depth + 1) for each in node.named_children]
        return Value("literal", [each.value for each in values if each.source == "literal"])


def _environment(node: "Node") -> Value:
    """``process.env.NAME`` and ``process.env["NAME"]``."""
    owner = node.child_by_field_name("object")
    key = node.child_by_field_name("property") or node.child_by_field_name("index")
    if owner is None or key is None or text_of_node(owner) not in _ENVIRONMENT:
        return OTHER
    return Value("environment", None, text_of_node(key).strip("\"'`"))


def _string(node: "Node") -> Value:
    parts = node.named_children
    if any(part.type not in {"string_fragment", "escape_sequence"} for part in parts):
        return OTHER
    return Value("literal", "".join(map(text_of_node, parts)))
