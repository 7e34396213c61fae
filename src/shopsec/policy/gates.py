"""Gate policies: which results fail, which warn, and which coverage must be complete."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from shopsec.errors import PolicyError
from shopsec.model import (
    IMPORT_PREFIX,
    SHARDS,
    Area,
    BaselineState,
    Confidence,
    ImportState,
    Outcome,
    Role,
    Severity,
    Status,
    Tier,
)
from shopsec.model.base import Frozen
from shopsec.policy import cel
from shopsec.policy.bundled import policies_folder
from shopsec.policy.cel_words import Words
from shopsec.policy.text import load_policy_file, shown, suggestion

RESULT_FIELDS = {
    "result.tier": cel.STRING,
    "result.priority": cel.INT,
    "result.area": cel.STRING,
    "result.scanner": cel.STRING,
    "result.rule": cel.STRING,
    "result.severity": cel.STRING,
    "result.confidence": cel.STRING,
    "result.role": cel.STRING,
    "result.path": cel.STRING,
    "result.state": cel.STRING,
    "result.suppressed": cel.BOOL,
}
COVERAGE_FIELDS = {
    "coverage.scanner": cel.STRING,
    "coverage.area": cel.STRING,
    "coverage.status": cel.STRING,
    "coverage.complete": cel.BOOL,
    "coverage.imported": cel.STRING,
    "coverage.handed_in": cel.INT,
    "coverage.not_covered": cel.INT,
    "coverage.database_days": cel.INT,
}
RUN_FIELDS = {
    "run.offline": cel.BOOL,
    "run.images": cel.INT,
    "run.files": cel.INT,
}

FINDERS = frozenset(
    {
        "access", "bandit", "image-packages", "osv", "pip-audit", "secrets", "settings",
        "trivy-config", "trivy-image", "unread-code", f"{IMPORT_PREFIX}*",
    }
)  # fmt: skip
"""Names of scanners in results; a test compares them with the registry, which is not known here."""
LEDGER_ONLY = frozenset({"inventory", "merge-base", SHARDS})
"""Names in the ledger alone."""
BOUNDS: dict[str, tuple[int, int | None]] = {
    "result.priority": (0, 100),
    "coverage.handed_in": (0, None),
    "coverage.not_covered": (0, None),
    "coverage.database_days": (0, None),
    "run.images": (0, None),
    "run.files": (0, None),
}
_STATES = (BaselineState.NEW, BaselineState.UNCHANGED)
RESULT_WORDS: Words = {
    "result.tier": tuple(Tier),
    "result.area": tuple(Area),
    "result.scanner": FINDERS,
    "result.severity": tuple(Severity),
    "result.confidence": tuple(Confidence),
    "result.role": tuple(Role),
    "result.state": _STATES,
}
COVERAGE_WORDS: Words = {
    "coverage.scanner": FINDERS | LEDGER_ONLY,
    "coverage.area": tuple(Area),
    "coverage.status": tuple(Status),
    "coverage.imported": tuple(ImportState),
}


class Clause(Frozen):
    """One sentence of a gate policy."""

    id: str
    text: str = Field(min_length=1)
    """Predicate of "N risks ..." (fail, warn) or "N checks ..." (incomplete)."""
    when: str


class Budget(Frozen):
    """How many active results of some tiers are accepted."""

    id: str
    text: str = Field(min_length=1)
    """Predicate of "N risks ..."."""
    tiers: tuple[Tier, ...] = Field(min_length=1)
    at_most: int | None = Field(default=None, ge=0)
    no_growth: bool = False
    """Not more than were known before; without a baseline nothing was known."""
    outcome: Literal["fail", "warn"] = "fail"

    @model_validator(mode="after")
    def _limits_something(self) -> "Budget":
        if self.at_most is None and not self.no_growth:
            raise ValueError("needs at_most or no_growth, or it limits nothing")
        return self


class GateFile(Frozen):
    """The shape of policies/gates/*.yaml and of a team's own policy file."""

    policy: str
    title: str
    fail: tuple[Clause, ...] = ()
    warn: tuple[Clause, ...] = ()
    incomplete: tuple[Clause, ...] = ()
    budgets: tuple[Budget, ...] = ()
    fix_now_days: int = Field(default=14, ge=0)
    """For how many days a result of the tier fix-now may be suppressed at most."""


@dataclass(frozen=True)
class CompiledClause:
    """A clause whose expression was type-checked."""

    id: str
    text: str
    outcome: Outcome
    when: cel.Expression

    @property
    def reads_suppressed(self) -> bool:
        """It says itself what it makes of suppressed results; others never hear of them."""
        return "result.suppressed" in self.when.fields


@dataclass(frozen=True)
class GatePolicy:
    """A gate policy ready to decide."""

    name: str
    results: tuple[CompiledClause, ...]
    """``fail`` and ``warn`` clauses, over results."""
    coverage: tuple[CompiledClause, ...]
    """``incomplete`` clauses, over the ledger."""
    result_environment: cel.Environment
    coverage_environment: cel.Environment
    budgets: tuple[Budget, ...]
    fix_now_days: int
    digest: str
    """SHA-256 of the policy's file, in hexadecimal."""


def embedded_gates() -> list[str]:
    """Names of the policies shipped with shopsec."""
    return sorted(path.stem for path in (policies_folder() / "gates").glob("*.yaml"))


def load_gate(name: str, base: Path) -> GatePolicy:
    """Load a policy by embedded name, or from a YAML file (relative to ``base``)."""
    embedded = embedded_gates()
    if name in embedded:
        return compile_gate(policies_folder() / "gates" / f"{name}.yaml")
    path = base / name
    if not name.endswith((".yaml", ".yml")):
        raise PolicyError(
            f"unknown policy {name!r}",
            f"{suggestion(name, embedded)}one of {', '.join(embedded)}, or a .yaml file",
        )
    return compile_gate(path)


def compile_gate(path: Path) -> GatePolicy:
    """Read and type-check a gate policy file."""
    loaded = load_policy_file(path, GateFile)
    gate = loaded.value
    results = cel.Environment(RESULT_FIELDS | RUN_FIELDS, words=RESULT_WORDS, bounds=BOUNDS)
    coverage = cel.Environment(COVERAGE_FIELDS | RUN_FIELDS, words=COVERAGE_WORDS, bounds=BOUNDS)

    def compiled(
        clauses: tuple[Clause, ...], outcome: Outcome, environment: cel.Environment
    ) -> tuple[CompiledClause, ...]:
        return tuple(
            CompiledClause(
                clause.id,
                clause.text,
                outcome,
                environment.compile(clause.when, loaded.place(str(outcome), number, "when")),
            )
            for number, clause in enumerate(clauses)
        )

    policy = GatePolicy(
        name=gate.policy,
        results=compiled(gate.fail, Outcome.FAIL, results)
        + compiled(gate.warn, Outcome.WARN, results),
        coverage=compiled(gate.incomplete, Outcome.INCOMPLETE, coverage),
        result_environment=results,
        coverage_environment=coverage,
        budgets=gate.budgets,
        fix_now_days=gate.fix_now_days,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    if not policy.results and not policy.coverage and not policy.budgets:
        raise PolicyError(
            f"{shown(path)}: the policy has no clause, so everything would pass",
            "add at least one clause under fail, warn, incomplete or budgets",
        )
    return policy
