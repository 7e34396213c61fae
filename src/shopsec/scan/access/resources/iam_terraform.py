"""IAM policies inside Terraform files, as far as they are written out.

They stand as JSON in a text, in ``jsonencode()``, or as ``aws_iam_policy_document``
(https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document).
"""

from collections.abc import Iterator
from typing import Any

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.hcl import Block, Call, Expression, Value
from shopsec.scan.access.documents.json_document import parse_json_text
from shopsec.scan.access.resources.base import Resource
from shopsec.scan.access.resources.iam import Line, statements_in, view_of
from shopsec.scan.access.resources.terraform_reading import inner, line_of, text_of, texts_of

_ATTRIBUTES = {
    "policy": "",
    "assume_role_policy": "trust",
    "access_policies": "resource",
    "inline_policy": "",
    "repository_policy": "resource",
    "policy_document": "",
}


def statements_of(file: SourceFile, block: Block) -> Iterator[Resource]:
    """Every statement in a block whose policy is a literal."""
    kind, name = (*block.labels, "", "")[:2]
    if block.type == "data" and kind == "aws_iam_policy_document":
        for number, statement in enumerate(inner(block, "statement")):
            yield _from_block(file, f"{name}/{number}", name, statement)
    elif block.type == "resource":
        for each in (block, *inner(block, "inline_policy")):
            for attribute, about in _ATTRIBUTES.items():
                value = each.attributes.get(attribute)
                if value is not None:
                    yield from _from_value(file, f"{kind}.{name}", value, about)


def _from_value(file: SourceFile, name: str, value: Value, about: str) -> Iterator[Resource]:
    match value.value:
        case str() as text if '"Statement"' in text:
            try:
                document = parse_json_text(text)
            except DocumentError:
                return  # pieces that only Terraform can put together
            # A here-document starts on the line after the one that opens it.
            offset = value.line if "\n" in text else value.line - 1
            yield from statements_in(
                file, name, document.value, lambda *at: document.line(*at) + offset, about=about
            )
        case Call(name="jsonencode", arguments=(policy,)):
            yield from statements_in(file, name, _json(policy), _lines_in(policy), about=about)


def _json(value: Value) -> Any:
    """The value as JSON would hold it; a reference stands as its text."""
    if isinstance(value.value, dict):
        return {key: _json(each) for key, each in value.value.items()}
    if isinstance(value.value, tuple):
        return [_json(each) for each in value.value]
    if isinstance(value.value, Expression):
        return "${" + value.value.text + "}"
    return value.value


def _lines_in(value: Value) -> Line:
    def line(*pointer: str | int) -> int:
        node = value
        for part in pointer:
            members = node.value
            if isinstance(members, tuple):
                members = dict(enumerate(members))
            if not isinstance(members, dict) or part not in members:
                break
            node = members[part]
        return node.line

    return line


_CULPRITS = {"principal": "identifiers", "condition": "values"}


def _from_block(file: SourceFile, label: str, name: str, statement: Block) -> Resource:
    principals = {
        text_of(each, "type") or "AWS": list(texts_of(each, "identifiers"))
        for each in inner(statement, "principals")
    }
    condition: dict[str, dict[str, list[str]]] = {}
    for each in inner(statement, "condition"):
        test = condition.setdefault(text_of(each, "test") or "StringEquals", {})
        test[text_of(each, "variable")] = list(texts_of(each, "values"))
    written: dict[str, Any] = {
        "Effect": text_of(statement, "effect") or "Allow",
        "Action": list(texts_of(statement, "actions")),
        "Resource": [*texts_of(statement, "resources"), *_references(statement, "resources")],
        "Principal": principals,
        "Condition": condition,
    }
    if "not_actions" in statement.attributes:
        written["NotAction"] = list(texts_of(statement, "not_actions"))
    action = "not_actions" if "not_actions" in statement.attributes else "actions"
    places = {"action": line_of(statement, action)}
    for block_name, place in (("principals", "principal"), ("condition", "condition")):
        for each in inner(statement, block_name):
            places.setdefault(place, line_of(each, _CULPRITS[place]))
    return Resource(view_of(name, written), file, statement.line, label, places, statement.last)


def _references(statement: Block, name: str) -> list[str]:
    """Members that only Terraform knows; they stand for something, not for everything."""
    value = statement.attributes.get(name)
    members = value.value if value and isinstance(value.value, tuple) else (value,)
    return [
        "${" + each.value.text + "}"
        for each in members
        if each is not None and isinstance(each.value, Expression)
    ]
