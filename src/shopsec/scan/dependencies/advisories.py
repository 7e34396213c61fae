"""The embedded pack of advisories: a few, consequential, in our own words, always at hand."""

import re
from dataclasses import dataclass
from typing import Annotated

from packaging.version import Version
from pydantic import Field

from shopsec.model import (
    Advisory,
    Area,
    Database,
    Finding,
    Location,
    Package,
    Role,
    Rule,
    Severity,
)
from shopsec.model.base import Frozen
from shopsec.policy.bundled import policies_folder
from shopsec.policy.text import read_policy_file
from shopsec.scan.base import Ledger, Outcome, Target
from shopsec.scan.dependencies.python_packages import PlacedPin, PythonPackages
from shopsec.scan.host import Host


class Affected(Frozen):
    """A half-open range of versions."""

    introduced: str
    fixed: str


class PackAdvisory(Frozen):
    """One advisory of the pack."""

    id: Annotated[str, Field(pattern=r"^CVE-\d{4}-\d{4,}$")]
    aliases: tuple[str, ...] = ()
    package: str
    affected: tuple[Affected, ...] = Field(min_length=1)
    cvss: str | None = None
    cwe: tuple[int, ...] = ()
    known_exploited: bool = False
    summary: str
    source: str


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


class AdvisoryPack:
    """Compares pins with the embedded pack; needs no network and no tool."""

    name = "advisories"
    area = Area.DEPENDENCIES

    def __init__(self, packages: PythonPackages) -> None:
        self._packages = packages

    def scan(self, target: Target, host: Host) -> Outcome:
        """Match every pin; what is not pinned is booked by pip-audit's entry."""
        packs = [pack for pack in load_packs() if pack.ecosystem == "PyPI"]
        ledger = Ledger(
            self.name,
            self.area,
            unit="packages",
            databases=tuple(
                Database(name=f"embedded pack, {len(pack.advisories)} advisories", date=pack.as_of)
                for pack in packs
            ),
        )
        pins = self._packages.collect(target, host).pins
        ledger.handed_in = len(pins)
        findings: list[Finding] = []
        rules: dict[str, Rule] = {}
        by_package: dict[str, list[PackAdvisory]] = {}
        for pack in packs:
            for advisory in pack.advisories:
                by_package.setdefault(advisory.package, []).append(advisory)
        for pin in pins:
            for advisory in by_package.get(pin.name, ()):
                fixed = fixed_version(advisory, pin.version)
                if fixed is not None:
                    rules[advisory.id] = _rule(advisory)
                    findings.append(_finding(advisory, pin, fixed))
        return Outcome(ledger.close(), tuple(findings), tuple(rules.values()))


def fixed_version(advisory: PackAdvisory, version: str) -> str | None:
    """The version that fixes it for this one, or None when it is not affected."""
    current = Version(version)
    for affected in advisory.affected:
        if Version(affected.introduced) <= current < Version(affected.fixed):
            return affected.fixed
    return None


@dataclass(frozen=True)
class VulnerabilityText:
    """What vulnerability_finding needs to know besides the pin."""

    advisory: Advisory
    summary: str
    scanner: str


def _rule(advisory: PackAdvisory) -> Rule:
    return Rule(
        id=advisory.id,
        scanner=AdvisoryPack.name,
        title=f"{advisory.id} in {advisory.package}",
        severity=severity_of_vector(advisory.cvss),
        why=advisory.summary,
        fix=f"Upgrade {advisory.package} to a version that is not affected.",
        help_uri=advisory.source,
        cwe=advisory.cwe,
    )


def _finding(advisory: PackAdvisory, pin: PlacedPin, fixed: str) -> Finding:
    return vulnerability_finding(
        VulnerabilityText(
            Advisory(
                id=advisory.id,
                aliases=advisory.aliases,
                cvss_vector=advisory.cvss,
                cvss_score=base_score(advisory.cvss),
                fixed_versions=(fixed,),
                known_exploited=advisory.known_exploited,
            ),
            advisory.summary,
            AdvisoryPack.name,
        ),
        pin.name,
        pin.version,
        pin.location,
        pin.role,
    )


def vulnerability_finding(
    text: VulnerabilityText, name: str, version: str, location: Location, role: Role
) -> Finding:
    """A finding for one advisory and one pinned version."""
    return Finding(
        rule_id=text.advisory.id,
        scanner=text.scanner,
        area=Area.DEPENDENCIES,
        message=f"{name} {version}: {text.summary}",
        location=location,
        severity=severity_of_vector(text.advisory.cvss_vector),
        role=role,
        symbol=f"{name}@{version}",
        package=Package(ecosystem="PyPI", name=name, version=version),
        advisory=text.advisory,
    )


def base_score(vector: str | None) -> float | None:
    """CVSS 3.x base score of a vector (https://www.first.org/cvss/v3.1/specification-document)."""
    if vector is None or not re.match(r"CVSS:3\.[01]/", vector):
        return None
    from cvss import CVSS3  # noqa: PLC0415 -- only where something was found
    from cvss.exceptions import CVSSError  # noqa: PLC0415

    try:
        return float(CVSS3(vector).base_score)
    except CVSSError:
        return None


def severity_of_vector(vector: str | None) -> Severity:
    """The qualitative rating of CVSS 3.1, section 5."""
    score = base_score(vector)
    if score is None:
        return Severity.UNKNOWN
    for least, severity in (
        (9.0, Severity.CRITICAL),
        (7.0, Severity.HIGH),
        (4.0, Severity.MEDIUM),
        (0.1, Severity.LOW),
    ):
        if score >= least:
            return severity
    return Severity.INFO
