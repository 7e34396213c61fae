"""Terraform: rights of an administrator, given to machines, pipelines and people.

https://docs.aws.amazon.com/aws-managed-policy/latest/reference/,
https://cloud.google.com/iam/docs/roles-overview#basic and
https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

import re
from collections.abc import Iterator

from shopsec.scan.access.documents.hcl import Block
from shopsec.scan.access.resources.terraform_reading import (
    Spot,
    inner,
    line_of,
    text_of,
    texts_of,
)

_AWS = re.compile(
    r"arn:aws[\w-]*:iam::aws:policy/(AdministratorAccess|IAMFullAccess|PowerUserAccess)"
)
_AWS_ATTRIBUTES = ("policy_arn", "policy_arns", "managed_policy_arns", "managed_policy_arn")
_GOOGLE = re.compile(r"google_(?:project|folder|organization)_iam_(?:member|binding)")
_GOOGLE_ROLES = frozenset({"roles/owner", "roles/editor", "roles/iam.securityAdmin"})


def admin_rights(block: Block) -> tuple[Spot, ...]:
    """Roles and policies that allow everything, or to allow oneself everything."""
    if block.type != "resource":
        return ()
    kind = block.first_label
    return (*_amazon(block), *_google(block, kind), *_azure(block, kind))


def _amazon(block: Block) -> Iterator[Spot]:
    for name in _AWS_ATTRIBUTES:
        for text in texts_of(block, name):
            match = _AWS.fullmatch(text)
            if match:
                yield Spot(match[1], line_of(block, name))


def _google(block: Block, kind: str) -> Iterator[Spot]:
    if _GOOGLE.fullmatch(kind) and text_of(block, "role") in _GOOGLE_ROLES:
        yield Spot(text_of(block, "role"), line_of(block, "role"))


def _azure(block: Block, kind: str) -> Iterator[Spot]:
    if kind == "azurerm_role_assignment" and text_of(block, "role_definition_name") == "Owner":
        yield Spot("Owner", line_of(block, "role_definition_name"))
    if kind == "azurerm_role_definition":
        for each in inner(block, "permissions"):
            if "*" in texts_of(each, "actions"):
                yield Spot("actions = *", line_of(each, "actions"))
