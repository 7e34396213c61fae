"""Judgements: a finding with its priority, the actions, the decision, the whole report."""

from enum import StrEnum

from pydantic import Field

from shopsec.model.base import Frozen
from shopsec.model.coverage import ScannerRun
from shopsec.model.finding import Finding, Location, Rule
from shopsec.model.pinned import PinnedPackage
from shopsec.model.suppression import Suppression, SuppressionUse


class Tier(StrEnum):
    """When to act on a result."""

    FIX_NOW = "fix-now"
    SPRINT = "sprint"
    PLANNED = "planned"
    WATCH = "watch"

    @property
    def rank(self) -> int:
        """0 for the most urgent."""
        return _URGENCY[self]


_URGENCY = {tier: rank for rank, tier in enumerate(Tier)}


class Term(Frozen):
    """One addend of a priority, in words."""

    text: str
    points: int


class BaselineState(StrEnum):
    """How a result compares with what was known before; the words are SARIF's."""

    NEW = "new"
    UNCHANGED = "unchanged"
    ABSENT = "absent"


class KnownResult(Frozen):
    """What a baseline keeps of a result; nothing of it is a secret or a path of a machine."""

    fingerprint: str
    rule: str
    scanner: str
    uri: str
    tier: Tier
    places: int = Field(default=1, ge=1)
    """How many places it stands for, where a rule makes one result of a file or repository."""


class Result(Frozen):
    """A finding and our judgement of it."""

    finding: Finding
    priority: int = Field(ge=0, le=100)
    tier: Tier
    terms: tuple[Term, ...]
    fix_now_because: str = ""
    state: BaselineState | None = None
    """None where nothing was compared with."""
    suppressed_by: Suppression | None = None

    @property
    def active(self) -> bool:
        """It counts: nobody has decided to live with it."""
        return self.suppressed_by is None


class Effort(StrEnum):
    """A guess at what an action costs."""

    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"
    NONE = "none known"

    @property
    def rank(self) -> int:
        """0 for the cheapest."""
        return list(Effort).index(self)


class Action(Frozen):
    """One thing to do that closes one or more results."""

    title: str
    why: str
    how: str
    tier: Tier
    priority: int = Field(ge=0, le=100)
    effort: Effort
    location: Location
    closes: tuple[str, ...]
    """Fingerprints, sorted."""


class Outcome(StrEnum):
    """The gate's verdict."""

    PASS = "pass"  # noqa: S105 -- a verdict, not a password
    WARN = "warn"
    FAIL = "fail"
    INCOMPLETE = "incomplete"

    @property
    def exit_code(self) -> int:
        """0 pass or warn, 1 fail, 3 incomplete; 2 and 4 are errors and have no outcome."""
        return {Outcome.PASS: 0, Outcome.WARN: 0, Outcome.FAIL: 1, Outcome.INCOMPLETE: 3}[self]


class Reason(Frozen):
    """Why the gate decided as it did: one clause of the policy and what it matched."""

    outcome: Outcome
    clause: str
    text: str
    fingerprints: tuple[str, ...] = ()
    scanners: tuple[str, ...] = ()
    suppressions: tuple[str, ...] = ()
    """Places of the suppressions that it is about."""


class Decision(Frozen):
    """The verdict, with every reason for it."""

    outcome: Outcome
    policy: str
    reasons: tuple[Reason, ...] = ()

    def reasons_for(self, outcome: Outcome) -> tuple[Reason, ...]:
        """The reasons that ask for one outcome, in the policy's order."""
        return tuple(reason for reason in self.reasons if reason.outcome is outcome)


class Repository(Frozen):
    """What was scanned."""

    name: str
    path_in_repository: str = ""
    """Relative reference from the repository's root to the folder scanned; empty for the root."""
    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    """True when tracked files differ from the commit; None where git cannot tell."""
    note: str = ""
    """Why there is no commit, where there is none."""
    remote: str | None = None
    """The origin's URL without credentials."""


class Report(Frozen):
    """Everything a report format may show. The same input gives the same report."""

    version: str
    today: str
    policy: str
    offline: bool
    repository: Repository
    decision: Decision
    actions: tuple[Action, ...]
    results: tuple[Result, ...]
    rules: tuple[Rule, ...]
    coverage: tuple[ScannerRun, ...]
    files: int = 0
    """How many files were listed."""
    images: int = 0
    """How many images were asked for; those that the files name count as one."""
    compared_with: str = ""
    """The baseline or the commit that results are compared with; empty for none."""
    absent: tuple[KnownResult, ...] = ()
    """What was known before and is no longer there."""
    prune: str = ""
    """The command that takes the absent ones out of what is known."""
    suppressions: tuple[SuppressionUse, ...] = ()
    packages: tuple[PinnedPackage, ...] = Field(default=(), exclude=True)
    """What the lockfiles pin, sorted by place; for the SBOM, too many for the JSON report."""

    def count(self, tier: Tier, state: BaselineState | None = None) -> int:
        """How many active results are of a tier, and of a state where one is given."""
        return sum(
            result.tier is tier and result.active and state in {None, result.state}
            for result in self.results
        )
