"""The table of secrets' formats: policies/secrets/*.yaml, checked when it is loaded."""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from shopsec.errors import PolicyError
from shopsec.model import Confidence, Severity
from shopsec.model.base import Frozen
from shopsec.policy.bundled import policies_folder
from shopsec.policy.text import read_policy_file

Check = Literal[
    "digit", "mixed-case", "not-hex", "not-uuid", "github-checksum", "npm-checksum", "jwt", "luhn",
    "private-key", "basic-auth", "aws-key-id", "base64-text", "strong-hash",
]  # fmt: skip
"""Names of what a value must pass; scan/secrets/checks.py has them."""

Opens = Literal[
    "payment", "cloud", "code", "signing", "platform", "database", "messages", "service", "",
]  # fmt: skip
"""What a secret opens: rank/rotations.py says in which order a team replaces them."""


class FormatExamples(Frozen):
    """Templates of lines (see shopsec.policy.secret_samples); no live-shaped value is written."""

    bad: tuple[str, ...] = Field(min_length=1)
    good: tuple[str, ...] = Field(min_length=1)


class SecretFormat(Frozen):
    """What one kind of secret looks like, what it opens and how to replace it."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    provider: str = Field(min_length=1)
    title: str = Field(min_length=1)
    """A noun phrase, as in "Live Stripe secret key"."""
    opens: Opens = ""
    """What it opens; what its file says where it says nothing itself."""
    pattern: str = Field(min_length=1)
    """Regular expression over text of one character a byte; group ``value``, if there, is the
    secret, else all of the match is."""
    anchors: tuple[str, ...] = ()
    """Texts one of which every match holds, as written; found before the pattern is tried."""
    words: tuple[str, ...] = ()
    """Words in lower case, one of which stands before the value (within ``reach``), in any case.
    Where there are no anchors they are what is looked for, and required."""
    name: str = ""
    """Regular expression, any case, that must be found between a word (inclusive) and the value."""
    alone: Confidence | Literal["no"] | None = None
    """Confidence where there are anchors, but none of the words is near; ``no`` for no finding."""
    reach: int = Field(default=60, ge=1, le=400)
    """How many characters before the value a word may begin."""
    before: int = Field(default=0, ge=0, le=200)
    """How many characters of a match may stand before its anchor; 0: a match begins with it."""
    longest: int = Field(default=400, ge=8, le=8_000)
    """A match is looked for in so many characters from the anchor on."""
    boundary: Literal["both", "start", "none"] = "both"
    """Where no letter, digit or underscore may stand beside the match."""
    entropy: float = Field(default=0, ge=0, le=8)
    """Least Shannon entropy of the value, in bits a character."""
    checks: tuple[Check, ...] = ()
    mode: Literal["live", "test", "public", "unknown"] = "unknown"
    """``public`` is meant to be seen: recognised, counted, no finding."""
    severity: Severity
    confidence: Confidence
    impact: str = "live-credential"
    pair: str = ""
    """Another format's id: with one of it nearby both are a single finding, of this format."""
    why: str = Field(min_length=1)
    rotate: str = Field(min_length=1)
    help: str | None = Field(default=None, pattern=r"^https://")
    basis: Literal["vendor", "tools", "memory"]
    """Who says so: the vendor's documentation or code, several detectors, or nobody in writing."""
    examples: FormatExamples

    @field_validator("pattern", "name")
    @classmethod
    def _compiles(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return text

    @model_validator(mode="after")
    def _is_found(self) -> "SecretFormat":
        if not self.anchors and not self.words:
            raise ValueError("needs anchors or words to be found by")
        if any(word != word.lower() for word in self.words):
            raise ValueError("words are written in lower case")
        if self.basis == "memory" and self.confidence is Confidence.HIGH:
            raise ValueError("nobody has it in writing: confidence must be medium or low")
        return self


class FormatFile(Frozen):
    """The shape of a file in policies/secrets."""

    opens: Opens = ""
    formats: tuple[SecretFormat, ...] = Field(min_length=1)


@lru_cache(maxsize=1)
def load_formats() -> tuple[SecretFormat, ...]:
    """All formats in the order of their files; PolicyError names what cannot be used."""
    found: dict[str, SecretFormat] = {}
    for path in sorted((policies_folder() / "secrets").glob("*.yaml")):
        for each in read_formats(path):
            if each.id in found:
                raise PolicyError(f"{path}: {each.id}: is there twice")
            found[each.id] = each
    for each in found.values():
        if each.pair and each.pair not in found:
            raise PolicyError(f"{each.id}.pair: there is no format {each.pair!r}")
    return tuple(found.values())


def read_formats(path: Path) -> tuple[SecretFormat, ...]:
    """The formats of one file."""
    file = read_policy_file(path, FormatFile)
    return tuple(
        form if form.opens else form.model_copy(update={"opens": file.opens})
        for form in file.formats
    )


RULES_FILE = "rules.json"
_SAID = ("id", "title", "opens", "severity", "why", "rotate", "impact", "help")


def rule_table(formats: Sequence[SecretFormat]) -> str:
    """What findings say of the formats, as JSON with one format a line."""
    lines = (json.dumps(form.model_dump(mode="json", include=set(_SAID))) for form in formats)
    return "[\n" + ",\n".join(lines) + "\n]\n"


_SEARCHED_WITH = (
    "id", "pattern", "confidence", "anchors", "words", "name", "alone", "reach", "before",
    "longest", "boundary", "entropy", "checks", "mode", "pair",
)  # fmt: skip


def search_table(formats: Sequence[SecretFormat]) -> str:
    """What the search needs of the formats, as JSON with one format a line."""
    entries = (
        form.model_dump(mode="json", include=set(_SEARCHED_WITH), exclude_defaults=True)
        for form in formats
    )
    lines = (
        json.dumps({key: each[key] for key in _SEARCHED_WITH if key in each}) for each in entries
    )
    return "[\n" + ",\n".join(lines) + "\n]\n"
