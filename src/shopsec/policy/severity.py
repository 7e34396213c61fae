"""The priority model as data: policies/severity.yaml."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import Field

from shopsec.model.base import Frozen
from shopsec.policy import cel
from shopsec.policy.bundled import policies_folder
from shopsec.policy.text import load_policy_file

FINDING_FIELDS = {
    "finding.area": cel.STRING,
    "finding.scanner": cel.STRING,
    "finding.rule": cel.STRING,
    "finding.severity": cel.STRING,
    "finding.confidence": cel.STRING,
    "finding.role": cel.STRING,
    "finding.path": cel.STRING,
    "finding.package": cel.STRING,
    "finding.impact": cel.STRING,
    "finding.opens": cel.STRING,
    "finding.cvss_score": cel.DOUBLE,
    "finding.cvss_vector": cel.STRING,
    "finding.automatable": cel.BOOL,
    "finding.total_impact": cel.BOOL,
    "finding.known_exploited": cel.BOOL,
    "finding.needs_use": cel.BOOL,
    "finding.malicious": cel.BOOL,
    "finding.imported": cel.BOOL,
    "finding.not_imported": cel.BOOL,
    "finding.tracked": cel.BOOL,
    "finding.business_path": cel.STRING,
}


class TermRule(Frozen):
    """Points added when a condition holds."""

    id: str
    text: str
    points: int
    when: str


class FixNowRule(Frozen):
    """A condition under which a result cannot wait, whatever its points."""

    id: str
    because: str
    when: str


class Tiers(Frozen):
    """The least priority of each tier."""

    fix_now: int = Field(ge=0, le=100)
    sprint: int = Field(ge=0, le=100)
    planned: int = Field(ge=0, le=100)


class SeverityFile(Frozen):
    """The shape of policies/severity.yaml."""

    cvss_weight: float
    without_score: dict[str, int]
    impact: dict[str, int]
    terms: tuple[TermRule, ...]
    fix_now: tuple[FixNowRule, ...]
    tiers: Tiers


@dataclass(frozen=True)
class PriorityModel:
    """severity.yaml with its expressions compiled."""

    weights: SeverityFile
    environment: cel.Environment
    terms: tuple[tuple[TermRule, cel.Expression], ...]
    fix_now: tuple[tuple[FixNowRule, cel.Expression], ...]
    digest: str
    """SHA-256 of severity.yaml, in hexadecimal."""
    reads: tuple[str, ...]
    """The fields that its conditions read."""
    fields: Mapping[str, tuple[str, ...]]
    """The fields that each condition reads, by its text."""


def _fields_of(conditions: Iterable[str]) -> tuple[str, ...]:
    """Fields that are named in conditions: rather one too many than one too few."""
    text = " ".join(conditions)
    return tuple(name for name in FINDING_FIELDS if re.search(rf"{re.escape(name)}\b", text))


def load_priority_model() -> PriorityModel:
    """Load and type-check the weights shipped with shopsec."""
    path = policies_folder() / "severity.yaml"
    loaded = load_policy_file(path, SeverityFile)
    weights = loaded.value
    environment = cel.Environment(FINDING_FIELDS)
    conditions = [*(each.when for each in weights.terms), *(each.when for each in weights.fix_now)]
    return PriorityModel(
        weights=weights,
        environment=environment,
        terms=tuple(
            (term, environment.compile(term.when, loaded.place("terms", number, "when")))
            for number, term in enumerate(weights.terms)
        ),
        fix_now=tuple(
            (rule, environment.compile(rule.when, loaded.place("fix_now", number, "when")))
            for number, rule in enumerate(weights.fix_now)
        ),
        reads=_fields_of(conditions),
        fields={each: _fields_of([each]) for each in conditions},
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
