"""The result of a shard as a file: what its scanners found, and what of the scan must be the same.

JSON that begins with :data:`SHARD_START`. No value of a secret is in it, and no path of a machine.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from shopsec import __version__
from shopsec.errors import UsageError
from shopsec.model import SHARD_SCHEMA
from shopsec.model.base import Frozen
from shopsec.scan.base import Outcome
from shopsec.scan.stored_outcome import StoredOutcome, stored

_AGAIN = "run the shard again: shopsec scan --shard I/N --output shard=FILE"


class Request(Frozen):
    """The options of the scan that all shards share. Paths are relative to the folder scanned."""

    today: str
    """ISO 8601 date that stands for now."""
    config: str | None = None
    policy: str | None = None
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    """References, and the names of archives: only the shard that scans them must have those."""
    images_found: bool | None = None
    offline: bool | None = None
    base_ref: str | None = None
    history: bool = False
    since: str | None = None


class Circumstances(Frozen):
    """What must be the same wherever a part of one scan runs; digests are SHA-256."""

    commit: str | None
    dirty: bool | None
    remote: str | None
    folder: str
    """The folder scanned, as seen from the repository's root."""
    count: int
    """How many files there are."""
    files: str
    """Digest of their names, sizes and, as far as the commit does not tell, contents."""
    settings: str
    packs: str
    """Digest of the team's own rule packs."""
    salt: str
    """A digest that is made as those of secrets are."""
    base: str
    """The merge base that is compared with; empty for none."""


class ShardFile(Frozen):
    """The result of one shard."""

    version: str = __version__
    shard: int
    of: int
    request: Request
    circumstances: Circumstances
    outcomes: dict[str, tuple[StoredOutcome, ...]]
    """By the state of the repository: ``today``, and ``base`` where one is compared with."""

    def found(self, state: str) -> dict[str, Outcome]:
        """Outcomes by the scanner's name."""
        return {each.run.scanner: each.outcome() for each in self.outcomes.get(state, ())}


def outcomes_by_state(
    outcomes: Mapping[str, Sequence[Outcome]],
) -> dict[str, tuple[StoredOutcome, ...]]:
    """Outcomes as a file holds them, by the state of the repository."""
    return {state: tuple(map(stored, found)) for state, found in outcomes.items()}


def render(shard: ShardFile) -> str:
    """The file's text; the same outcomes give the same bytes."""
    document = shard.model_dump(mode="json")
    return json.dumps({"schema": SHARD_SCHEMA, "digest": digest_of(document)} | document) + "\n"


def parse(document: Mapping[str, Any], name: str) -> ShardFile:
    """The shard in a JSON document whose schema is a shard's; ``name`` is the file's."""
    body = {key: each for key, each in document.items() if key not in {"schema", "digest"}}
    version = body.get("version")
    if version != __version__:
        raise UsageError(
            f"{name}: is of shopsec {str(version)[:20]}, this is {__version__}",
            "run one version in all shards and here",
        )
    if document.get("digest") != digest_of(body):
        raise UsageError(f"{name}: is not what the shard wrote: its own hash differs", _AGAIN)
    try:
        shard = ShardFile.model_validate_json(json.dumps(body))
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise UsageError(f"{name}: {place[:80]} is not as a shard writes it", _AGAIN) from error
    for each in (each for found in shard.outcomes.values() for each in found):
        known = {(rule.scanner, rule.id) for rule in each.rules}
        if any((finding.scanner, finding.rule_id) not in known for finding in each.findings):
            raise UsageError(f"{name}: has findings of {each.run.scanner} without a rule", _AGAIN)
    if not 1 <= shard.shard <= shard.of:
        raise UsageError(f"{name}: is no shard {shard.shard} of {shard.of}", _AGAIN)
    return shard


def digest_of(document: Mapping[str, Any]) -> str:
    """Digest of everything in the file besides the digest and the schema."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
