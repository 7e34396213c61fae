"""Terraform: secrets that stand in a file, in the state, or in what a run prints.

https://developer.hashicorp.com/terraform/language/state/sensitive-data
"""

import re
from collections.abc import Iterator

from shopsec.scan.access.documents import lines_of
from shopsec.scan.access.documents.hcl import Block, Expression
from shopsec.scan.access.resources.names import (
    is_default_secret,
    is_literal_secret,
    is_secret_name,
    is_stand_in,
)
from shopsec.scan.access.resources.terraform_reading import (
    Spot,
    is_off,
    is_on,
    leaves,
    line_of,
    text_of,
)

# Resources whose value is a secret whatever the attribute is called.
_STORED = {
    "aws_secretsmanager_secret_version": "secret_string",
    "aws_ssm_parameter": "value",
    "azurerm_key_vault_secret": "value",
    "google_secret_manager_secret_version": "secret_data",
    "vault_generic_secret": "data_json",
    "github_actions_secret": "plaintext_value",
}
_IN_SCRIPT = re.compile(
    r"(?:^|[\s;])(?:export\s+|-e\s+|ENV\s+)?([A-Za-z_]\w{2,60})=([\"']?)([^\s\"';]{4,200})\2"
)
_LENGTH = 2_000
"""Most characters of a script's line that are looked at."""
_LINES = 5_000
"""Most lines of a script that are looked at."""
_SECRET_PART = re.compile(
    r"\brandom_password\.[\w-]+\.result\b|\.(?:\w*password|secret|\w*secret_key|private_key|\w*token|\w*access_key|auth_token"
    r"|connection_string|kube_config_raw|primary_key)\b"
)
# Switches and references that only speak of secrets.
_ABOUT = re.compile(
    r"^(?:disable|enable|manage|require|use|allow|rotate|get|has|need)_|_(?:arn|id|ids|version|kms"
    r"|length|rotation|policy|authentication|enabled|wo_version|usage|type|format|days|reset)$"
)


def written_secrets(block: Block) -> tuple[Spot, ...]:
    """Names of attributes with a secret of its own written out, with the lines of them."""
    return tuple(dict.fromkeys(spot for spot, default in _written(block) if not default))


def default_secrets(block: Block) -> tuple[Spot, ...]:
    """Those whose value everybody tries first, such as a password that is the user's name."""
    return tuple(dict.fromkeys(spot for spot, default in _written(block) if default))


def _written(block: Block) -> Iterator[tuple[Spot, bool]]:
    """Every secret in a block, and whether it is one that everybody tries first."""
    if block.type in {"variable", "output", "tfvars"}:  # each is checked by a rule of its own
        return
    secrets = list(_secrets(block))
    named = {name for name, _, _ in secrets}
    users = {value for name, value, _ in leaves(block) if name not in named}
    for name, value, line in secrets:
        if is_literal_secret(value) and not is_stand_in(name, value):
            yield Spot(name, line), is_default_secret(value, users)


def _secrets(block: Block) -> Iterator[tuple[str, str, int]]:
    stored = _STORED.get(block.first_label, "")
    plain_parameter = text_of(block, "type") in {"String", "StringList"}
    for name, value, line in leaves(block):
        if _names_secret(name) or (name == stored and not plain_parameter):
            yield name, value, line
        elif "=" in value and ("\n" in value or name.startswith("user_data")):
            yield from _in_script(value, line)


def _names_secret(name: str) -> bool:
    return is_secret_name(name) and not _ABOUT.search(name.lower())


def _in_script(script: str, line: int) -> Iterator[tuple[str, str, int]]:
    # A here-document starts on the line after the one that opens it.
    lines = lines_of(script)[:_LINES]
    for number, text in enumerate(lines, line + ("\n" in script)):
        for match in _IN_SCRIPT.finditer(text[:_LENGTH]):
            if _names_secret(match[1]):
                yield match[1], match[3], number


def exposed_secret(block: Block) -> tuple[Spot, ...]:
    """Why a variable, an output or a state shows a secret."""
    return tuple(_EXPOSED[block.type](block)) if block.type in _EXPOSED else ()


def _variable(block: Block) -> Iterator[Spot]:
    name = block.first_label
    if _names_secret(name) and is_literal_secret(text_of(block, "default")):
        yield Spot(f"variable {name} has a default", line_of(block, "default"))


def _output(block: Block) -> Iterator[Spot]:
    name = block.first_label
    value = block.plain("value")
    text = value.text if isinstance(value, Expression) else str(value or "")
    text = text[:_LENGTH]
    secret = _SECRET_PART.search(text) or (_names_secret(name) and not text.endswith(("arn", "id")))
    if secret and not is_on(block, "sensitive") and "nonsensitive(" not in text:
        yield Spot(f"output {name} is not sensitive", block.line)


def _terraform(block: Block) -> Iterator[Spot]:
    for backend in block.all("backend"):
        kind = backend.first_label
        if kind == "s3" and is_off(backend, "encrypt"):
            yield Spot("the state is not encrypted", line_of(backend, "encrypt"))
        if kind == "http" and text_of(backend, "address").startswith("http://"):
            yield Spot("the state travels over plain http", line_of(backend, "address"))


_EXPOSED = {"variable": _variable, "output": _output, "terraform": _terraform}
