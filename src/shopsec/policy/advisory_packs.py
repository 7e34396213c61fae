"""The embedded pack of advisories: policies/advisories/*.yaml, checked when it is loaded.

A few hundred, consequential, in our own words, always at hand. What scans read is
policies/advisories/pack.json, made from these by docs/build.py in the form of OSV's records
(https://ossf.github.io/osv-schema/).
"""

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from shopsec.model.base import Frozen
from shopsec.policy.bundled import policies_folder
from shopsec.policy.text import read_policy_file

FILE_NAME = "pack.json"
ADVISORY_ID = r"^(CVE-\d{4}-\d{4,}|GHSA(-[23456789cfghjmpqrvwx]{4}){3})$"
"""A CVE id; where there is none, as with a hijacked package, GitHub's."""


_USE = re.compile(r"\b(?:where|when|if)\b")


class Affected(Frozen):
    """A half-open range of versions."""

    introduced: str
    fixed: str | None
    """None where no fix is known."""


class PackAdvisory(Frozen):
    """One advisory of the pack."""

    id: Annotated[str, Field(pattern=ADVISORY_ID)]
    aliases: tuple[str, ...] = ()
    package: str
    affected: tuple[Affected, ...] = Field(min_length=1)
    cvss: str | None = None
    score: float | None = None
    """The base score, where the source of the facts gives one but no vector."""
    cwe: tuple[int, ...] = ()
    known_exploited: bool = False
    needs_use: bool = False
    """Only a shop whose own code or setup uses the package in the one way that the summary names
    is affected, as one that hands request data to a named function."""
    summary: str
    source: str

    @model_validator(mode="after")
    def _says_which_use(self) -> Self:
        if self.needs_use and self.known_exploited:
            raise ValueError("attackers use it: needs_use would make it wait")
        if self.needs_use and not _USE.search(self.summary):
            raise ValueError("needs_use: the summary must say which use, with where, when or if")
        return self


class Pack(Frozen):
    """The shape of policies/advisories/*.yaml."""

    pack: str
    as_of: str
    ecosystem: str
    advisories: tuple[PackAdvisory, ...]


def load_packs() -> tuple[Pack, ...]:
    """Read the packs shipped with shopsec."""
    folder = policies_folder() / "advisories"
    return tuple(read_policy_file(path, Pack) for path in sorted(folder.glob("*.yaml")))


def pack_text(packs: Sequence[Pack]) -> str:
    """What scans read of the packs, as JSON with one record a line."""
    packages = {pack.ecosystem: min(pack.as_of for pack in packs) for pack in packs}
    head = json.dumps({"as_of": min(packages.values())})
    records = [
        json.dumps(_record(pack, advisory)) for pack in packs for advisory in pack.advisories
    ]
    return head[:-1] + ', "advisories": [\n' + ",\n".join(records) + "\n]}\n"


def _record(pack: Pack, advisory: PackAdvisory) -> dict[str, Any]:
    ranges = [
        {
            "type": "ECOSYSTEM",
            "events": [{"introduced": each.introduced}]
            + ([{"fixed": each.fixed}] if each.fixed is not None else []),
        }
        for each in advisory.affected
    ]
    severity: list[dict[str, str]] = []
    if advisory.cvss:
        kind = "CVSS_V4" if advisory.cvss.startswith("CVSS:4") else "CVSS_V3"
        severity = [{"type": kind, "score": advisory.cvss}]
    elif advisory.score is not None:
        severity = [{"type": "BASE_SCORE", "score": str(advisory.score)}]
    specific: dict[str, Any] = {"cwe_ids": [f"CWE-{number}" for number in advisory.cwe]}
    return {
        "id": advisory.id,
        "modified": pack.as_of,
        "aliases": list(advisory.aliases),
        "summary": advisory.summary,
        "severity": severity,
        "affected": [
            {"package": {"ecosystem": pack.ecosystem, "name": advisory.package}, "ranges": ranges}
        ],
        "references": [{"type": "ADVISORY", "url": advisory.source}],
        "database_specific": specific
        | ({"kev": True} if advisory.known_exploited else {})
        | ({"needs_use": True} if advisory.needs_use else {}),
    }
