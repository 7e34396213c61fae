"""The formats as the search needs them, read without the checks that their source went through.

policies/secrets/table.json is made from policies/secrets/*.yaml by docs/build.py; parsing and
validating those takes a hundred times longer than a hook may take.
"""

import json
from functools import lru_cache
from typing import NamedTuple

from shopsec.levels import Confidence
from shopsec.policy.bundled import policies_folder

FILE_NAME = "table.json"


class Form(NamedTuple):
    """One format; the fields are those of shopsec.policy.secret_formats.SecretFormat."""

    id: str
    pattern: str
    confidence: Confidence
    anchors: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    name: str = ""
    alone: str | None = None
    reach: int = 60
    before: int = 0
    longest: int = 400
    boundary: str = "both"
    entropy: float = 0
    checks: tuple[str, ...] = ()
    mode: str = "unknown"
    pair: str = ""


@lru_cache(maxsize=1)
def load_table() -> tuple[Form, ...]:
    """All formats, in the order of their files."""
    text = (policies_folder() / "secrets" / FILE_NAME).read_text(encoding="utf-8")
    return tuple(form_of(entry) for entry in json.loads(text))


@lru_cache(maxsize=1)
def table_digest() -> str:
    """SHA-256 of the table: another table finds other things."""
    import hashlib  # noqa: PLC0415 -- a hook does not ask

    content = (policies_folder() / "secrets" / FILE_NAME).read_bytes()
    return hashlib.sha256(content).hexdigest()


def form_of(entry: dict[str, object]) -> Form:
    """A format from its fields as JSON has them; those with their usual values may be missing."""
    fields = {
        name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
    }
    fields["confidence"] = Confidence(str(fields["confidence"]))
    return Form(**fields)  # type: ignore[arg-type]
