"""Terraform and OpenTofu files: each block with what rules may say about it.

https://developer.hashicorp.com/terraform/language. What another module or a variable without a
default decides is unknown, and unknown is no finding.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from shopsec.model import SourceFile
from shopsec.scan.access.documents.hcl import Block, parse_hcl
from shopsec.scan.access.documents.shell import shell_lines
from shopsec.scan.access.resources.base import Files, Resource, Source, fact
from shopsec.scan.access.resources.iam_terraform import statements_of
from shopsec.scan.access.resources.scripts import Owner, Script, command_resources
from shopsec.scan.access.resources.terraform_exposure import (
    machine_credentials,
    open_control,
    overwritable_tags,
    public_data,
)
from shopsec.scan.access.resources.terraform_grants import admin_rights
from shopsec.scan.access.resources.terraform_network import open_ports
from shopsec.scan.access.resources.terraform_protection import (
    audit_off,
    plain_transport,
    unencrypted,
)
from shopsec.scan.access.resources.terraform_reading import Spot, flattened
from shopsec.scan.access.resources.terraform_references import Known, known_beside, resolved
from shopsec.scan.access.resources.terraform_reviews import review_gaps
from shopsec.scan.access.resources.terraform_secrets import (
    default_secrets,
    exposed_secret,
    written_secrets,
)

_FIRST_START = frozenset({"user_data", "startup_script", "metadata_startup_script"})
_SUFFIXES = (".tf", ".tofu", ".tfvars")

# Facts that are lists of sentences, each with the line that it speaks of.
_FACTS: Mapping[str, Callable[[Block], tuple[Spot, ...]]] = {
    "open_ports": open_ports,
    "public_data": public_data,
    "open_control": open_control,
    "admin_rights": admin_rights,
    "machine_credentials": machine_credentials,
    "overwritable_tags": overwritable_tags,
    "unencrypted": unencrypted,
    "plain_transport": plain_transport,
    "audit_off": audit_off,
    "review_gaps": review_gaps,
    "secret_names": written_secrets,
    "default_secrets": default_secrets,
    "exposed_secret": exposed_secret,
}

# Facts about addresses and ports, which stand in variables and locals as often as in place.
_OPEN = {name: _FACTS[name] for name in ("open_ports", "public_data", "open_control")}


@dataclass(frozen=True)
class TerraformBlock:
    """A block at the top of a Terraform file; a .tfvars file is one block as a whole."""

    KIND: ClassVar[str] = "block"
    PLACES: ClassVar[tuple[str, ...]] = tuple(_FACTS)

    type: str = fact(
        "resource, data, variable, output, module, provider, terraform, locals or tfvars"
    )
    kind: str = fact("of a resource or data source, such as aws_db_instance; else empty")
    name: str = fact("its last label")
    values: Mapping[str, str] = fact(
        "its literal values by dotted path, such as settings.tier; references as they are written"
    )
    open_ports: tuple[str, ...] = fact("ports for login or data stores that anybody may reach")
    public_data: tuple[str, ...] = fact("why anybody may reach the data of a database or bucket")
    open_control: tuple[str, ...] = fact(
        "why what steers a cluster, a machine or a vault of secrets is too open"
    )
    admin_rights: tuple[str, ...] = fact("rights of an administrator that it gives")
    machine_credentials: tuple[str, ...] = fact("why a forged request gets a machine's credentials")
    overwritable_tags: tuple[str, ...] = fact("why an image's tag may be given to another image")
    unencrypted: tuple[str, ...] = fact("why data lies readable on a disk")
    plain_transport: tuple[str, ...] = fact("why data travels readable or with old TLS")
    audit_off: tuple[str, ...] = fact("why nobody can tell later who did what")
    review_gaps: tuple[str, ...] = fact("why a change may reach a protected branch unseen")
    secret_names: tuple[str, ...] = fact("attributes with a secret of its own written out")
    default_secrets: tuple[str, ...] = fact("attributes with a password everybody tries first")
    exposed_secret: tuple[str, ...] = fact("why a variable, output or state shows a secret")


def is_terraform(file: SourceFile) -> bool:
    """True for .tf, .tofu and .tfvars files."""
    return file.uri.endswith(_SUFFIXES)


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Every block of a file, and the statements of the IAM policies in them."""
    document = parse_hcl(content)
    known = known_beside(file, files)
    if file.name.endswith(".tfvars"):
        document.type = "tfvars"
        yield _resource(file, document, known)
        return
    for block in document.blocks:
        yield _resource(file, block, known)
        yield from statements_of(file, block)
        yield from _first_start(file, block)


def _first_start(file: SourceFile, block: Block) -> Iterator[Resource]:
    """Commands that a machine runs when it is started for the first time."""
    owner = Owner("script", block.labels[-1] if block.labels else block.type, pipeline=False)
    for name in _FIRST_START & set(block.attributes):
        value = block.attributes[name]
        if isinstance(value.value, str) and value.value.lstrip().startswith("#!"):
            # A here-document starts on the line after the one that opens it.
            scripts = [
                Script(line.text, file, value.line + 1 + line.offset, ())
                for line in shell_lines(value.value)
            ]
            yield from command_resources(scripts, owner)


SOURCE = Source("Terraform", is_terraform, build)


def _resource(file: SourceFile, block: Block, known: Known) -> Resource:
    spots = {name: read(block) for name, read in _FACTS.items()}
    if block.type == "resource":
        whole = resolved(block, known)
        spots |= {name: read(whole) for name, read in _OPEN.items()}
    kind = block.labels[0] if len(block.labels) > 1 else ""
    name = block.labels[-1] if block.labels else block.type
    view = TerraformBlock(
        type=block.type,
        kind=kind,
        name=name,
        values=flattened(block),
        **{fact_name: tuple(dict.fromkeys(spot.text for spot in found))
           for fact_name, found in spots.items()},
    )  # fmt: skip
    places = {fact_name: found[0].line for fact_name, found in spots.items() if found}
    return Resource(
        view, file, block.line, ".".join(filter(None, (kind, name))), places, block.last
    )
