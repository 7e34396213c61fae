"""Terraform: references to values that the same folder writes down, put in their place.

``var.name`` with a default, ``local.name``, ``concat`` of lists, and ``dynamic`` blocks over a list
that is written out. Only flat lists are followed, and few steps: values come from files that may
mean harm. https://developer.hashicorp.com/terraform/language/expressions/references
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.hcl import Block, Call, Expression, Value, parse_hcl
from shopsec.scan.access.resources.base import Files, once
from shopsec.scan.host import Unreadable

Known = Mapping[str, Value]
"""What is known of ``var.name`` and ``local.name``."""

MEMBERS = 50
"""Most members of a list that are looked at."""
REPEATED = 20
"""Most blocks that a dynamic block stands for."""
ATTRIBUTES = 50
"""Most attributes of such a block."""
STEPS = 5
"""Most references that are followed one after the other."""

_REFERENCE = re.compile(r"(?:\$\{\s{0,9})?((?:var|local)\.[A-Za-z_][\w-]*)(?:\s{0,9}\})?")
_LISTS = frozenset({"concat", "toset", "tolist", "distinct", "flatten", "compact", "sort"})
_SUFFIXES = (".tf", ".tofu", ".tfvars")


def known_beside(file: SourceFile, files: Files) -> Known:
    """Variables with a value and locals of the folder that a file stands in."""
    folder = posixpath.dirname(file.path)
    return once(files, f"Terraform values of {folder}", lambda every: dict(_written(folder, every)))


def resolved(block: Block, known: Known, *, inside: bool = False) -> Block:
    """The block with what its references stand for; one of which nothing is known stays.

    A dynamic block ``inside`` another stays as well.
    """
    found = Block(block.type, block.labels, block.line, block.last)
    found.attributes = {name: _value(each, known) for name, each in block.attributes.items()}
    for inner in block.blocks:
        if inner.type == "dynamic" and inner.labels and not inside:
            found.blocks.extend(_expanded(inner, known))
        else:
            found.blocks.append(resolved(inner, known, inside=inside))
    return found


def _written(folder: str, files: Files) -> Iterator[tuple[str, Value]]:
    """Defaults first, so that what a .tfvars file sets counts in the end."""
    by_folder = once(files, "Terraform files by folder", _by_folder)
    for file in sorted(by_folder.get(folder, ()), key=lambda each: each.name.endswith(".tfvars")):
        try:
            document = parse_hcl(files.read(file))
        except (DocumentError, Unreadable):
            continue  # booked under its own name
        if file.name.endswith(".tfvars"):
            yield from ((f"var.{name}", each) for name, each in document.attributes.items())
        for block in document.blocks:
            if block.type == "locals":
                yield from ((f"local.{name}", each) for name, each in block.attributes.items())
            elif block.type == "variable" and block.labels and "default" in block.attributes:
                yield f"var.{block.labels[0]}", block.attributes["default"]


def _by_folder(files: Files) -> dict[str, list[SourceFile]]:
    found: dict[str, list[SourceFile]] = {}
    for file in files.files:
        if file.uri.endswith(_SUFFIXES):
            found.setdefault(posixpath.dirname(file.path), []).append(file)
    return found


def _value(value: Value, known: Known) -> Value:
    members = _members(value, known)
    if members is not None:
        return Value(value.line, members)
    return Value(value.line, _followed(value, known).value)


def _followed(value: Value, known: Known) -> Value:
    """What a reference stands for, through further references."""
    for _ in range(STEPS):
        text = value.value.text if isinstance(value.value, Expression) else value.value
        match = _REFERENCE.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None or match[1] not in known:
            break
        value = known[match[1]]
    return value


def _members(value: Value, known: Known) -> tuple[Value, ...] | None:
    """Members of a list in one of its forms; None for what is none."""
    value = _followed(value, known)
    if isinstance(value.value, tuple):
        return tuple(_followed(each, known) for each in value.value[:MEMBERS])
    if isinstance(value.value, Call) and value.value.name in _LISTS:
        parts = [_followed(each, known).value for each in value.value.arguments[:MEMBERS]]
        lists = [part for part in parts if isinstance(part, tuple)]
        flat = [_followed(each, known) for part in lists for each in part[:MEMBERS]]
        return tuple(flat[:MEMBERS])
    return None


def _expanded(dynamic: Block, known: Known) -> Iterator[Block]:
    """The blocks that a ``dynamic`` block makes, where its list is written out."""
    over = dynamic.attributes.get("for_each")
    members = _members(over, known) if over is not None else None
    if members is None and over is not None and isinstance(over.value, dict):
        members = tuple(over.value.values())[:MEMBERS]
    iterator = dynamic.attributes.get("iterator")
    named = iterator.value.text if iterator and isinstance(iterator.value, Expression) else ""
    name = named or dynamic.labels[0]
    for content in dynamic.all("content"):
        whole = resolved(content, known, inside=True)
        whole.type, whole.labels = dynamic.labels[0], ()
        if not members or len(whole.attributes) > ATTRIBUTES:
            yield whole
            continue
        for member in members[:REPEATED]:
            each = Block(whole.type, (), whole.line, whole.last, {}, whole.blocks)
            each.attributes = {
                key: Value(value.line, _of_member(value.value, name, member, known))
                for key, value in whole.attributes.items()
            }
            yield each


def _of_member(value: Any, iterator: str, member: Value, known: Known) -> Any:
    """A value of the content with ``ingress.value`` and ``ingress.value.port`` put in."""
    if isinstance(value, tuple):
        return (
            value
            if len(value) > STEPS
            else tuple(
                Value(each.line, _of_member(each.value, iterator, member, known)) for each in value
            )
        )
    if not isinstance(value, Expression):
        return value
    path = value.text.replace('["', ".").replace('"]', "").replace(" ", "")
    if path == f"{iterator}.value":
        return member.value
    key = path.removeprefix(f"{iterator}.value.")
    if key != path and isinstance(member.value, dict) and key in member.value:
        return _value(member.value[key], known).value
    return value
