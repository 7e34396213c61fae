"""Django-like settings: the assignments of a Python module, read from its syntax tree."""

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.assignments import (
    ASSIGNMENTS,
    OTHER,
    Assignment,
    Value,
    with_default,
)

_READERS = ("env", "config", "getenv", "environ")
_DEFAULTS = frozenset({"default", "fallback"})
_KEEPS_VALUE = frozenset({"bool", "str", "list", "tuple", "set", "strtobool", "split", "strip"})
_DEPTH = 60


@dataclass(frozen=True)
class SettingsModule:
    """The assignments of a module in order, those that a later one replaces left out."""

    assignments: tuple[Assignment, ...]
    imports: tuple[str, ...]
    """Modules it imports ``*`` from."""


def parse_settings(content: bytes) -> SettingsModule:
    """Parse a Python file; DocumentError when this Python cannot."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # strange escapes in strings are not our subject
            tree = ast.parse(content)
        found = list(islice(_assignments(tree.body, conditional=False, depth=0), ASSIGNMENTS + 1))
        defaults = dict(_declared(tree.body))
    except SyntaxError as error:
        raise DocumentError(
            f"not Python that can be read: {error.msg}", error.lineno or 1
        ) from None
    except (RecursionError, ValueError, MemoryError) as error:
        raise DocumentError("not Python that can be read: too deep or too large") from error
    if len(found) > ASSIGNMENTS:
        raise DocumentError(f"holds more than {ASSIGNMENTS} settings", found[-1].line)
    imports = tuple(
        node.module or "."
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    )
    found = [_with_declared(each, defaults) for each in found]
    return SettingsModule(tuple(_in_force(found)), imports)


def _declared(body: list[ast.stmt]) -> Iterator[tuple[str, Any]]:
    """Variables with the defaults that ``env = environ.Env(DEBUG=(bool, True))`` gives them.

    https://django-environ.readthedocs.io/en/latest/quickstart.html
    """
    for statement in body:
        match statement:
            case ast.Assign(value=ast.Call() as call) if _name_of(call.func).endswith("Env"):
                for keyword in call.keywords:
                    match keyword.value:
                        case ast.Tuple(elts=[_, default]) if keyword.arg:
                            value = _read(default)
                            if value.source == "literal":
                                yield keyword.arg, value.value
            case _:
                continue


def _with_declared(assignment: Assignment, defaults: dict[str, Any]) -> Assignment:
    value = assignment.value
    if value.source != "environment" or value.value is not None or value.variable not in defaults:
        return assignment
    return replace(assignment, value=replace(value, value=defaults[value.variable]))


def _in_force(found: list[Assignment]) -> Iterator[Assignment]:
    """Leave out what a later unconditional assignment replaces."""
    last = {
        assignment.name: position
        for position, assignment in enumerate(found)
        if not assignment.conditional and not assignment.adds
    }
    for position, assignment in enumerate(found):
        if position >= last.get(assignment.name, 0):
            yield assignment


def _assignments(body: list[ast.stmt], *, conditional: bool, depth: int) -> Iterator[Assignment]:
    if depth > _DEPTH:
        raise RecursionError
    for statement in body:
        yield from _assigned(statement, conditional=conditional)
        for inner, branch in _blocks(statement):
            yield from _assignments(inner, conditional=conditional or branch, depth=depth + 1)


def _assigned(statement: ast.stmt, *, conditional: bool) -> Iterator[Assignment]:
    line = statement.lineno
    match statement:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Name):
                    yield Assignment(target.id, line, _read(value), conditional)
                    yield from _members(target.id, value, conditional=conditional)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield Assignment(name, line, _read(value), conditional)
        case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
            yield Assignment(name, line, _read(value), conditional, adds=True)
        case _:
            return


def _members(name: str, value: ast.expr, *, conditional: bool) -> Iterator[Assignment]:
    """What stands in a dict, as ``DATABASES.default.PASSWORD``."""
    waiting: list[tuple[str, ast.expr]] = [(name, value)]
    while waiting:
        name, value = waiting.pop()
        if not isinstance(value, ast.Dict):
            continue
        for key, member in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                path = f"{name}.{key.value}"
                yield Assignment(path, member.lineno, _read(member), conditional)
                waiting.append((path, member))


def _blocks(statement: ast.stmt) -> list[tuple[list[ast.stmt], bool]]:
    """The blocks inside a statement; True for those that may not be run."""
    match statement:
        case ast.If(body=inner, orelse=other):
            return [(inner + other, True)]
        case ast.Try(body=inner, handlers=handlers, orelse=other, finalbody=last):
            caught = [(handler.body, True) for handler in handlers]
            return [(inner + other + last, False), *caught]
        case ast.With(body=inner):
            return [(inner, False)]
        case _:
            return []


def _read(node: ast.expr, depth: int = 0) -> Value:
    if depth > _DEPTH:
        return OTHER
    try:
        return Value("literal", ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError):
        pass
    match node:
        case ast.Call():
            return _read_call(node, depth)
        case ast.Subscript(value=inner, slice=ast.Constant(value=str() as name)):
            if _name_of(inner).endswith("environ"):
                return Value("environment", None, name)
        case ast.BoolOp(op=ast.Or(), values=[first, *_, last]):
            return with_default(_read(first, depth + 1), _read(last, depth + 1))
        case ast.Compare(left=left, ops=[operation], comparators=[right]):
            return _compared(_read(left, depth + 1), operation, right)
    return OTHER


def _read_call(call: ast.Call, depth: int) -> Value:
    name = _name_of(call.func)
    if call.args and _reads_environment(name):
        first = call.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            return Value("environment", _default(call), first.value)
    inner = call.func.value if isinstance(call.func, ast.Attribute) else None
    subject = inner if name.rpartition(".")[2] in {"split", "strip", "lower"} else None
    if subject is None and len(call.args) == 1:
        subject = call.args[0]
    if subject is None:
        return OTHER
    value = _read(subject, depth + 1)
    return _converted(value, name.rpartition(".")[2])


def _converted(value: Value, function: str) -> Value:
    """Follow a value through the functions that settings files wrap it in."""
    if value.source != "environment":
        return OTHER
    if function == "lower" and isinstance(value.value, str):
        return replace(value, value=value.value.lower())
    if isinstance(value.value, str) and (function == "split" or "list" in function):
        return replace(value, value=[part.strip() for part in value.value.split(",")])
    if function == "int" and str(value.value).isdecimal():
        return replace(value, value=int(value.value))
    if function == "bool" and isinstance(value.value, (str, int)):
        return replace(value, value=bool(value.value))
    known = function in _KEEPS_VALUE or "bool" in function
    return value if known else replace(value, value=None)


def _reads_environment(name: str) -> bool:
    words = name.lower().replace(".", "_").split("_")
    return any(word in _READERS for word in words)


def _default(call: ast.Call) -> Any:
    candidates = [word.value for word in call.keywords if word.arg in _DEFAULTS]
    candidates += call.args[1:2]
    if not candidates:
        return None
    value = _read(candidates[0], 1)
    return value.value if value.source == "literal" else None


def _compared(left: Value, operation: ast.cmpop, right: ast.expr) -> Value:
    """Work out ``os.environ.get("X", "1") == "1"`` and ``in ("1", "true")``."""
    if left.source != "environment":
        return OTHER
    compared = _read(right, 1)
    if compared.source != "literal":
        return replace(left, value=None)
    if isinstance(operation, (ast.Eq, ast.NotEq)):
        return replace(left, value=(left.value == compared.value) is isinstance(operation, ast.Eq))
    if isinstance(operation, ast.In) and isinstance(compared.value, (tuple, list, set)):
        return replace(left, value=left.value in list(compared.value))
    return replace(left, value=None)


def _name_of(node: ast.expr) -> str:
    """Dotted name of a function; a call or subscript inside it stands for nothing."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute) and len(parts) < 8:
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))
