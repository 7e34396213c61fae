"""From the report of `trivy image` to findings and to what it could not look at. Pure."""

import re
from dataclasses import dataclass

from pydantic import BaseModel, Field

from shopsec.model import Advisory, Area, Finding, Package, Rule, ScannedImage, Severity
from shopsec.scan.containers.answers import Answer, plain_text, severity_of
from shopsec.scan.containers.images import Image

SCANNER = "trivy-image"
_END_OF_LIFE = "trivy.EOSL"

# OSV's names of ecosystems (https://ossf.github.io/osv-schema/), by what Trivy calls a list of
# packages; systems whose name OSV writes the same way but for the capital are not listed.
_ECOSYSTEMS = {
    **dict.fromkeys(("python-pkg", "conda-pkg", "pip", "pipenv", "poetry", "uv"), "PyPI"),
    **dict.fromkeys(("node-pkg", "npm", "yarn", "pnpm", "bun"), "npm"),
    **dict.fromkeys(("composer", "composer-vendor"), "Packagist"),
    **dict.fromkeys(("gemspec", "bundler"), "RubyGems"),
    **dict.fromkeys(("gobinary", "gomod"), "Go"),
    **dict.fromkeys(("jar", "pom", "gradle", "sbt"), "Maven"),
    **dict.fromkeys(("rustbinary", "cargo"), "crates.io"),
    **dict.fromkeys(("dotnet-core", "nuget", "packages-props"), "NuGet"),
    "alma": "AlmaLinux",
    "redhat": "Red Hat",
    "rocky": "Rocky Linux",
    "suse linux enterprise server": "SUSE",
    "opensuse.leap": "openSUSE",
}
# Whose CVSS score counts: the national database's, then GitHub's, then the others' by name.
_SCORERS = ("nvd", "ghsa")


class _Cvss(BaseModel):
    v3_vector: str = Field(default="", alias="V3Vector")
    v3_score: float = Field(default=0, alias="V3Score", ge=0, le=10)
    v4_vector: str = Field(default="", alias="V40Vector")
    v4_score: float = Field(default=0, alias="V40Score", ge=0, le=10)


class _Vulnerability(BaseModel):
    id: str = Field(alias="VulnerabilityID")
    vendor_ids: list[str] = Field(default=[], alias="VendorIDs")
    package: str = Field(alias="PkgName")
    installed: str = Field(alias="InstalledVersion")
    fixed: str = Field(default="", alias="FixedVersion")
    severity: str = Field(default="", alias="Severity")
    title: str = Field(default="", alias="Title")
    description: str = Field(default="", alias="Description")
    url: str = Field(default="", alias="PrimaryURL")
    cwes: list[str] = Field(default=[], alias="CweIDs")
    cvss: dict[str, _Cvss] = Field(default={}, alias="CVSS")


class _Package(BaseModel):
    name: str = Field(alias="Name")


class _Result(BaseModel):
    kind: str = Field(default="", alias="Class")
    type: str = Field(default="", alias="Type")
    packages: list[_Package] = Field(default=[], alias="Packages")
    vulnerabilities: list[_Vulnerability] = Field(default=[], alias="Vulnerabilities")


class _System(BaseModel):
    family: str = Field(alias="Family")
    name: str = Field(default="", alias="Name")
    end_of_life: bool = Field(default=False, alias="EOSL")

    @property
    def release(self) -> str:
        """For people."""
        return plain_text(f"{self.family} {self.name}", 100)


class _Metadata(BaseModel):
    system: _System | None = Field(default=None, alias="OS")


class ImageAnswer(Answer):
    """The report of `trivy image --list-all-pkgs`; an image without packages has no results."""

    metadata: _Metadata = Field(default=_Metadata(), alias="Metadata")
    results: list[_Result] = Field(default=[], alias="Results")


@dataclass(frozen=True)
class ImageFindings:
    """What a report says of one image."""

    findings: tuple[Finding, ...]
    rules: tuple[Rule, ...]
    missed: str
    """Why the image is not covered although there is a report; empty where it is."""


def read_answer(answer: ImageAnswer, image: Image) -> ImageFindings:
    """Sort a report out: one finding for each package, version and vulnerability."""
    findings: dict[tuple[str, str], Finding] = {}
    rules: dict[str, Rule] = {}
    system = answer.metadata.system
    inside = ScannedImage(name=image.name, system=system.release if system else "")
    for result in answer.results:
        for found in result.vulnerabilities:
            finding = _finding(found, _ecosystem(result.type), image, inside)
            findings.setdefault((finding.rule_id, finding.symbol), finding)
            rules.setdefault(finding.rule_id, _rule(found))
    if system is not None and system.end_of_life:
        finding = _end_of_life(system, image, inside)
        findings[finding.rule_id, finding.symbol] = finding
        rules[_END_OF_LIFE] = _END_OF_LIFE_RULE
    return ImageFindings(tuple(findings.values()), tuple(rules.values()), _missed(answer))


def _missed(answer: ImageAnswer) -> str:
    """An image whose list of packages was deleted looks clean to Trivy."""
    if not any(result.packages for result in answer.results):
        return "Trivy found no list of packages in it"
    of_system = [result for result in answer.results if result.kind == "os-pkgs"]
    if answer.metadata.system is not None and not any(each.packages for each in of_system):
        return "Trivy found no list of its operating system's packages"
    return ""


def _ecosystem(kind: str) -> str:
    return _ECOSYSTEMS.get(kind) or plain_text(kind[:1].upper() + kind[1:], 60) or "unknown"


def _finding(found: _Vulnerability, ecosystem: str, image: Image, inside: ScannedImage) -> Finding:
    name, version = plain_text(found.package, 200), plain_text(found.installed, 200)
    advisory = _advisory(found)
    newer = " or ".join(advisory.fixed_versions)
    return Finding(
        rule_id=advisory.id,
        scanner=SCANNER,
        area=Area.CONTAINERS,
        message=f"{name} {version} in {image.name}: {_summary(found)}",
        location=image.location,
        severity=severity_of(found.severity),
        symbol=f"{image.label} {name}@{version}",
        package=Package(ecosystem=ecosystem, name=name, version=version),
        advisory=advisory,
        image=inside,
        fix=(
            f"Build {image.name} again with {name} {newer}, best on a newer base image."
            if newer
            else f"No version of {name} fixes it yet: try another base image, or do without it."
        ),
    )


def _advisory(found: _Vulnerability) -> Advisory:
    vector, score = _score(found.cvss)
    identifier = plain_text(found.id, 100)
    aliases = {plain_text(each, 100) for each in found.vendor_ids[:20]}
    return Advisory(
        id=identifier,
        aliases=tuple(sorted(aliases - {identifier})),
        cvss_vector=vector,
        cvss_score=score,
        fixed_versions=tuple(
            plain_text(each, 100) for each in found.fixed.split(",")[:20] if each.strip()
        ),
    )


def _score(scores: dict[str, _Cvss]) -> tuple[str | None, float | None]:
    """Vector and score of one source: CVSS 3 where there is one, else 4."""
    names = (*_SCORERS, *sorted(scores))
    sources = [scores[name] for name in names if name in scores]
    for each in sources:
        if each.v3_vector and each.v3_score:
            return plain_text(each.v3_vector, 200), each.v3_score
    for each in sources:
        if each.v4_vector and each.v4_score:
            return plain_text(each.v4_vector, 200), each.v4_score
    return None, None


def _summary(found: _Vulnerability) -> str:
    """The title; distributions give none, so else the description's first sentence."""
    text = found.title or found.description
    return plain_text(text, 300).split(". ")[0] or plain_text(found.id, 100)


def _rule(found: _Vulnerability) -> Rule:
    identifier, package = plain_text(found.id, 100), plain_text(found.package, 200)
    return Rule(
        id=identifier,
        scanner=SCANNER,
        title=f"{identifier} in {package}",
        severity=severity_of(found.severity),
        why=_summary(found),
        fix=f"Build the image again with a version of {package} that is not affected.",
        help_uri=found.url if found.url.startswith("https://") else None,
        cwe=_numbers(found.cwes),
    )


def _numbers(cwes: list[str]) -> tuple[int, ...]:
    matches = [re.fullmatch(r"CWE-(\d{1,6})", each) for each in cwes[:8]]
    return tuple(int(match[1]) for match in matches if match)


_END_OF_LIFE_RULE = Rule(
    id=_END_OF_LIFE,
    scanner=SCANNER,
    title="Image rests on an operating system without security fixes",
    severity=Severity.HIGH,
    why="Nobody mends or even lists what is found in it from now on.",
    fix="Build the image on a release that is still supported.",
)


def _end_of_life(system: _System, image: Image, inside: ScannedImage) -> Finding:
    return Finding(
        rule_id=_END_OF_LIFE,
        scanner=SCANNER,
        area=Area.CONTAINERS,
        message=f"{image.name} rests on {system.release}, which gets no security fixes any more",
        location=image.location,
        severity=Severity.HIGH,
        symbol=f"{image.label} {system.family}",
        image=inside,
    )
