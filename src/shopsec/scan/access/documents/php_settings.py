"""Settings in PHP: constants, arrays that are returned, variables, ``ini_set``.

Read from the syntax tree (https://github.com/tree-sitter/tree-sitter-php); nothing is run.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.assignments import (
    ASSIGNMENTS,
    NOTHING,
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

_READERS = frozenset({"env", "getenv", "getenv_docker", "get", "environ"})
_KEEPS_VALUE = frozenset({"filter_var", "boolval", "strtolower", "trim", "rtrim", "strval"})
_ENVIRONMENT = frozenset({"$_ENV", "$_SERVER"})
_BLOCKS = frozenset(
    ["program", "compound_statement", "colon_block", "namespace_definition", "declare_statement",
     "try_statement", "else_clause", "else_if_clause", "if_statement"]
)  # fmt: skip


@lru_cache(maxsize=1)
def _language() -> "Language":
    import tree_sitter_php  # noqa: PLC0415 -- loaded where such a file is met
    from tree_sitter import Language  # noqa: PLC0415

    return Language(tree_sitter_php.language_php())


def parse_php_settings(content: bytes) -> tuple[Assignment, ...]:
    """The settings of a file in order; DocumentError when it is not PHP.

    ``define('A', 1)`` is ``A``, ``return ['a' => ['b' => 1]]`` is ``a.b``,
    ``$config['a'] = 1`` is ``config.a``.
    """
    found: list[Assignment] = []
    for assignment in _in_block(parse_tree(content, _language, "PHP"), conditional=False, depth=0):
        found.append(assignment)
        if len(found) > ASSIGNMENTS:
            raise DocumentError(f"holds more than {ASSIGNMENTS} settings", assignment.line)
    return tuple(found)


def _in_block(block: "Node", *, conditional: bool, depth: int) -> Iterator[Assignment]:
    if depth > DEPTH:
        raise too_deep(block)
    for node in block.named_children:
        if node.type in _BLOCKS:
            branch = node.type == "if_statement" and not _is_guard(node)
            yield from _in_block(node, conditional=conditional or branch, depth=depth + 1)
        elif node.type == "expression_statement" and node.named_children:
            yield from _in_expression(node.named_children[0], conditional=conditional)
        elif node.type == "return_statement" and node.named_children:
            yield from _flat("", node.named_children[0], conditional=conditional)
        elif node.type == "const_declaration":
            yield from _constants(node, conditional=conditional)


def _is_guard(node: "Node") -> bool:
    """``if (!defined('A'))``, which only keeps a constant from being defined twice."""
    condition = node.child_by_field_name("condition")
    text = text_of_node(condition).replace(" ", "") if condition else ""
    return text.startswith("(!defined(") and text.count("(") == 2


def _constants(declaration: "Node", *, conditional: bool) -> Iterator[Assignment]:
    for element in declaration.named_children:
        if element.type == "const_element" and len(element.named_children) == 2:
            name, value = element.named_children
            yield Assignment(text_of_node(name), line_of(element), _read(value, 0), conditional)


def _in_expression(node: "Node", *, conditional: bool) -> Iterator[Assignment]:
    if node.type == "error_suppression_expression" and node.named_children:
        node = node.named_children[-1]
    if node.type == "binary_expression" and text_of_node(node).startswith("defined"):
        right = node.child_by_field_name("right")
        node = right if right is not None else node
    if node.type == "assignment_expression":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        name = _name_of(left, 0) if left else ""
        if name and right:
            yield from _flat(name, right, conditional=conditional)
    elif node.type in {"function_call_expression", "scoped_call_expression"}:
        arguments = _arguments(node)
        if _called(node) in {"define", "ini_set"} and len(arguments) >= 2:
            name = str(_read(arguments[0], 0).value or "")
            yield from _flat(name, arguments[1], conditional=conditional)


def _flat(name: str, node: "Node", *, conditional: bool) -> Iterator[Assignment]:
    """One assignment, or those of an array's members, each with the names that lead to it."""
    waiting = [(name, node, node, 0)]
    while waiting:
        name, node, at, depth = waiting.pop()
        if depth > DEPTH:
            raise too_deep(node)
        members = _keyed_members(node)
        if not members:
            if name:
                yield Assignment(name, line_of(at), _read(node, 0), conditional)
            continue
        for key, value in reversed(members):
            part = _key(key)
            waiting.append((f"{name}.{part}" if name else part, value, key, depth + 1))


def _keyed_members(node: "Node") -> list[tuple["Node", "Node"]]:
    if node.type != "array_creation_expression":
        return []
    pairs = [each.named_children for each in node.named_children
             if each.type == "array_element_initializer"]  # fmt: skip
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]


def _key(node: "Node") -> str:
    value = _read(node, 0)
    if value.source == "literal":
        return str(value.value)
    # X\Y\Bundle::class is called by the last part of its name.
    return text_of_node(node).partition("::")[0].rpartition("\\")[2]


def _name_of(node: "Node", depth: int) -> str:
    """``config.a.b`` for ``$config['a']['b']``, empty for what cannot be told."""
    if node.type == "variable_name":
        return text_of_node(node).removeprefix("$")
    if node.type == "subscript_expression" and depth < DEPTH and len(node.named_children) == 2:
        outer, key = _name_of(node.named_children[0], depth + 1), _read(node.named_children[1], 0)
        return f"{outer}.{key.value}" if outer and key.source == "literal" else ""
    return ""


def _read(node: "Node", depth: int) -> Value:
    if depth > DEPTH:
        return OTHER
    match node.type:
        case "string" | "encapsed_string":
            return _string(node)
        case "boolean":
            return Value("literal", text_of_node(node).lower() == "true")
        case "integer":
            return _integer(text_of_node(node))
        case "null":
            return NOTHING
        case "array_creation_expression":
            return _list(node, depth)
        case "function_call_expression" | "scoped_call_expression":
            return _read_call(node, depth)
        case "subscript_expression":
            return _read_variable(node)
    return _read_through(node, depth)


def _read_through(node: "Node", depth: int) -> Value:
    """What brackets, casts and defaults leave of an expression."""
    children = node.named_children
    if not children:
        return OTHER
    if node.type in {"parenthesized_expression", "cast_expression"}:
        return _read(children[-1], depth + 1)
    short = node.type == "conditional_expression" and node.child_by_field_name("body") is None
    if short or (node.type == "binary_expression" and _operator(node) == "??"):
        return with_default(_read(children[0], depth + 1), _read(children[-1], depth + 1))
    return OTHER


def _read_variable(node: "Node") -> Value:
    """``$_ENV['NAME']``."""
    children = node.named_children
    if len(children) == 2 and text_of_node(children[0]) in _ENVIRONMENT:
        name = _read(children[1], DEPTH).value
        return Value("environment", None, name) if isinstance(name, str) else OTHER
    return OTHER


def _read_call(node: "Node", depth: int) -> Value:
    called, arguments = _called(node), _arguments(node)
    if not arguments:
        return OTHER
    first = _read(arguments[0], depth + 1)
    if called in _KEEPS_VALUE:
        return first
    if called == "explode" and len(arguments) == 2:
        return _split(_read(arguments[1], depth + 1))
    if called in _READERS and isinstance(first.value, str):
        default = _read(arguments[1], depth + 1) if len(arguments) > 1 else NOTHING
        known = default.value if default.source == "literal" else None
        return Value("environment", known, first.value)
    return OTHER


def _split(value: Value) -> Value:
    if not isinstance(value.value, str):
        return value
    return Value(value.source, [part.strip() for part in value.value.split(",")], value.variable)


def _list(node: "Node", depth: int) -> Value:
    values = [
        _read(each.named_children[0], depth + 1).value
        for each in node.named_children
        if each.type == "array_element_initializer" and len(each.named_children) == 1
    ]
    return Value("literal", values)


def _string(node: "Node") -> Value:
    parts = node.named_children
    if any(part.type not in {"string_content", "escape_sequence"} for part in parts):
        return OTHER
    return Value("literal", "".join(map(text_of_node, parts)))


def _integer(text: str) -> Value:
    return Value("literal", int(text)) if text.isdecimal() and len(text) < 19 else OTHER


def _operator(node: "Node") -> str:
    operator = node.child_by_field_name("operator")
    return text_of_node(operator) if operator else ""


def _called(node: "Node") -> str:
    """Name of a function, without the class or namespace it belongs to."""
    name = node.child_by_field_name("name") or node.child_by_field_name("function")
    return text_of_node(name).rpartition("\\")[2] if name else ""


def _arguments(node: "Node") -> list["Node"]:
    arguments = node.child_by_field_name("arguments")
    if arguments is None:
        return []
    return [
        each.named_children[-1]
        for each in arguments.named_children
        if each.type == "argument" and each.named_children
    ]
