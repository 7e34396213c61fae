"""Access rules as data: policies/access/*.yaml and a team's own packs.

A rule is about one kind of resource. Which kinds there are, and which facts each of them has, is
declared by whoever builds the resources; a rule that names anything else does not load.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field as ModelField
from pydantic import model_validator

from shopsec.errors import PolicyError
from shopsec.model import Confidence, Role, Rule, Severity, printable
from shopsec.model.base import Frozen
from shopsec.policy import cel
from shopsec.policy.bundled import policies_folder
from shopsec.policy.document import Place
from shopsec.policy.guards import Guard, guards
from shopsec.policy.severity import SeverityFile
from shopsec.policy.text import Loaded, load_policy_file, read_policy_file, shown, suggestion

SCANNER = "access"


@dataclass(frozen=True)
class Field:
    """One fact of a resource that rules may read."""

    type: cel.Type
    doc: str


FILE_FIELDS: Mapping[str, Field] = {
    "file.path": Field(cel.STRING, "path of the file from the folder scanned"),
    "file.role": Field(
        cel.STRING, "what the file is for: production, dev, test, docs, example, vendored"
    ),
}


@dataclass(frozen=True)
class ResourceKind:
    """What rules may say about one kind of resource."""

    name: str
    doc: str
    fields: Mapping[str, Field]
    """Facts by name, without the kind: ``deploys`` is read as ``job.deploys``."""
    places: tuple[str, ...] = ()
    """Named lines that a finding may point to instead of the resource itself."""

    def variables(self) -> dict[str, cel.Type]:
        """Every dotted variable of this kind with its type."""
        own = {f"{self.name}.{name}": field.type for name, field in self.fields.items()}
        return own | {name: field.type for name, field in FILE_FIELDS.items()}


class ExampleFile(Frozen):
    """Another file that an example needs."""

    file: str
    text: str


class GoodExample(ExampleFile):
    """A file in which the rule must find nothing."""

    files: tuple[ExampleFile, ...] = ()
    role: Role = Role.PRODUCTION


class BadExample(GoodExample):
    """A file in which the rule must find something on ``line``."""

    line: int = ModelField(ge=1)


class Examples(Frozen):
    """What proves that a rule does what it says."""

    bad: tuple[BadExample, ...] = ModelField(min_length=1)
    good: tuple[GoodExample, ...] = ModelField(min_length=1)


class SeverityCase(Frozen):
    """Another severity, and confidence if named, where a condition holds."""

    when: str
    severity: Severity
    confidence: Confidence | None = None


class Check(Frozen):
    """What a rule looks for on one kind of resource."""

    on: str
    when: str
    severity_when: tuple[SeverityCase, ...] = ()
    at: str = ""
    detail: str = ""
    fix: str = ""
    """What to do about this kind of resource, where the rule's own words are about another."""


# Keys of an only check that stand beside the rule's own; a rule has its ``fix`` anyway.
_OF_CHECK = tuple(name for name in Check.model_fields if name != "fix")


class AccessRule(Frozen):
    """One rule of a pack.

    A rule about one kind of resource has the fields of its only check beside the others; a rule
    about several kinds lists its ``checks``.
    """

    id: str = ModelField(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-[0-9]{3,}$")
    title: str = ModelField(min_length=1)
    checks: tuple[Check, ...] = ModelField(min_length=1)
    per: Literal["resource", "name", "file", "repo"] = "resource"
    """What there is one finding for; ``name``: all resources of one name, in whatever file."""
    severity: Severity
    confidence: Confidence
    cwe: tuple[int, ...] = ()
    owasp_cicd: str | None = None
    impact: str | None = None
    why: str = ModelField(min_length=1)
    fix: str = ModelField(min_length=1)
    same_as: tuple[str, ...] = ()
    examples: Examples

    also_allowed: ClassVar[tuple[str, ...]] = _OF_CHECK
    """Keys of the only check, for messages."""

    @model_validator(mode="before")
    @classmethod
    def _with_checks(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        only = {key: value[key] for key in _OF_CHECK if key in value}
        if "checks" not in value:
            return {key: each for key, each in value.items() if key not in only} | {
                "checks": [only]
            }
        if only:
            raise ValueError(f"has checks, so {', '.join(only)} must stand in them")
        return value

    def as_rule(self) -> Rule:
        """The rule as reports show it."""
        return Rule(
            id=self.id,
            scanner=SCANNER,
            title=self.title,
            severity=self.severity,
            why=self.why,
            fix=self.fix,
            cwe=self.cwe,
            owasp_cicd=self.owasp_cicd,
            impact=self.impact,
            same_as=self.same_as,
        )


class RulePack(Frozen):
    """The shape of policies/access/*.yaml."""

    pack: str
    title: str
    rules: tuple[AccessRule, ...] = ModelField(min_length=1)


@dataclass(frozen=True)
class CompiledCheck:
    """A check whose expressions were type-checked."""

    on: str
    at: str
    when: cel.Expression
    guards: tuple[Guard, ...]
    """Parts of ``when`` to ask first."""
    severity_when: tuple[tuple[cel.Expression, SeverityCase], ...]
    detail: cel.Expression | None
    fix: str


@dataclass(frozen=True)
class CompiledRule:
    """A rule with its checks compiled."""

    spec: AccessRule
    file: str
    """The pack's file, for messages."""
    place: Place
    """Where its id stands."""
    checks: tuple[CompiledCheck, ...]

    def place_of(self, *parts: int | str) -> Place:
        """Where something of the rule stands in its pack."""
        return self.place.document.place(*self.place.location[:-1], *parts)

    def with_severity(self, severity: Severity) -> "CompiledRule":
        """The same rule with one severity, whatever its checks say."""
        return replace(
            self,
            spec=self.spec.model_copy(update={"severity": severity}),
            checks=tuple(replace(check, severity_when=()) for check in self.checks),
        )


@dataclass(frozen=True)
class AccessRules:
    """All rules of a run, sorted by id, with one environment for each kind of resource."""

    rules: tuple[CompiledRule, ...]
    environments: Mapping[str, cel.Environment]

    def adjusted(self, changes: Mapping[str, str], places: Mapping[str, str]) -> "AccessRules":
        """Rules without those that are ``off``, others with the severity given for their id.

        PolicyError where an id is unknown; ``places`` has file and line of ``rules.<id>``.
        """
        known = {rule.spec.id for rule in self.rules}
        for name in changes:
            if name not in known:
                place = places.get(f"rules.{name}", "the configuration")
                raise PolicyError(
                    f"{place}: rules.{name}: there is no such rule", "shopsec policy list"
                )
        kept = tuple(
            rule.with_severity(Severity(changes[rule.spec.id])) if rule.spec.id in changes else rule
            for rule in self.rules
            if changes.get(rule.spec.id) != "off"
        )
        return AccessRules(kept, self.environments)

    def only(self, rule: CompiledRule) -> "AccessRules":
        """The same with a single rule."""
        return AccessRules((rule,), self.environments)


def embedded_access_packs() -> tuple[Path, ...]:
    """Files of the rule packs shipped with shopsec, sorted."""
    return tuple(sorted((policies_folder() / "access").glob("*.yaml")))


def own_packs(patterns: Sequence[str], base: Path) -> tuple[Path, ...]:
    """Files of a team's own packs; PolicyError for a pattern that leads nowhere or elsewhere.

    The patterns are relative to ``base``, the folder of the configuration, and stay inside it.
    """
    inside = base.resolve()
    found: dict[Path, None] = {}
    for pattern in patterns:
        name = printable(pattern) or "''"
        if os.path.isabs(pattern):
            raise PolicyError(f"{name}: must be relative to {shown(base)}")
        try:
            matches = sorted(base.glob(pattern))
        except (ValueError, NotImplementedError, OSError, RecursionError) as error:
            raise PolicyError(f"{name}: is no file or pattern", "as in security/*.yaml") from error
        if not matches:
            raise PolicyError(f"{name}: no such file below {shown(base)}")
        for path in matches:
            if not path.resolve().is_relative_to(inside) or not path.is_file():
                raise PolicyError(f"{shown(path)}: is no file inside {shown(base)}")
            found[path] = None
    return tuple(found)


def load_access_rules(
    kinds: Mapping[str, ResourceKind], paths: Sequence[Path] | None = None
) -> AccessRules:
    """Load and type-check rule packs, the embedded ones by default.

    PolicyError names the file, the line, the column and the field that cannot be used.
    """
    environments = {
        name: cel.Environment(kind.variables(), f"shopsec policy fields {name}")
        for name, kind in kinds.items()
    }
    severity = read_policy_file(policies_folder() / "severity.yaml", SeverityFile)
    rules: dict[str, CompiledRule] = {}
    for path in embedded_access_packs() if paths is None else paths:
        pack = _load_pack(path)
        for number, spec in enumerate(pack.value.rules):
            rule = _compiled_rule(spec, pack, number, kinds, environments)
            _check_rule(rule, pack.place("rules", number, "impact"), rules, severity)
            rules[spec.id] = rule
    return AccessRules(tuple(rule for _, rule in sorted(rules.items())), environments)


def _check_rule(
    rule: CompiledRule, impact: Place, others: Mapping[str, CompiledRule], severity: SeverityFile
) -> None:
    spec = rule.spec
    if spec.id in others:
        other = others[spec.id]
        here = f"line {other.place.line}"
        where = here if other.file == rule.file else f"{other.file}:{other.place.line}"
        raise PolicyError(f"{rule.place}: is also in {where}", "give it a number of its own")
    if spec.impact is not None and spec.impact not in severity.impact:
        raise PolicyError(
            f"{impact}: {spec.impact!r} has no base points in severity.yaml",
            f"{suggestion(spec.impact, severity.impact)}one of {', '.join(severity.impact)}",
        )


def _compiled_rule(
    spec: AccessRule,
    pack: Loaded[RulePack],
    number: int,
    kinds: Mapping[str, ResourceKind],
    environments: Mapping[str, cel.Environment],
) -> CompiledRule:
    checks = tuple(
        _compiled(check, pack, ("rules", number, "checks", index), kinds, environments)
        for index, check in enumerate(spec.checks)
    )
    return CompiledRule(spec, pack.document.name, pack.place("rules", number, "id"), checks)


def _compiled(
    check: Check,
    pack: Loaded[RulePack],
    location: tuple[int | str, ...],
    kinds: Mapping[str, ResourceKind],
    environments: Mapping[str, cel.Environment],
) -> CompiledCheck:
    def place(*parts: int | str) -> Place:
        return pack.place(*location, *parts)

    kind = kinds.get(check.on)
    if kind is None:
        raise PolicyError(
            printable(f"{place('on')}: there is no resource {check.on!r}"),
            f"{suggestion(check.on, kinds)}one of {', '.join(sorted(kinds))}",
        )
    if check.at and check.at not in kind.places:
        allowed = f"one of {', '.join(kind.places)}, or leave it out"
        raise PolicyError(
            printable(f"{place('at')}: {check.on} has no place {check.at!r}"),
            suggestion(check.at, kind.places) + (allowed if kind.places else "leave it out"),
        )
    environment = environments[kind.name]
    return CompiledCheck(
        check.on,
        check.at,
        environment.compile(check.when, place("when")),
        guards(check.when),
        tuple(
            (environment.compile(case.when, place("severity_when", number, "when")), case)
            for number, case in enumerate(check.severity_when)
        ),
        environment.compile(check.detail, place("detail"), cel.STRING) if check.detail else None,
        check.fix,
    )


def read_pack(path: Path) -> RulePack:
    """Read one pack; PolicyError names file, line, column and field."""
    return _load_pack(path).value


def _load_pack(path: Path) -> Loaded[RulePack]:
    return load_policy_file(path, RulePack)
