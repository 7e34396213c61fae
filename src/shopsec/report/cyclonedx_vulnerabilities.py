"""The vulnerabilities of an SBOM: one an advisory, with every package version that it affects."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from cyclonedx.model import Property, XsUri
from cyclonedx.model.impact_analysis import ImpactAnalysisAffectedStatus
from cyclonedx.model.vulnerability import (
    BomTarget,
    BomTargetVersionRange,
    Vulnerability,
    VulnerabilityRating,
    VulnerabilityReference,
    VulnerabilityScoreSource,
    VulnerabilitySeverity,
    VulnerabilitySource,
)

from shopsec.model import Advisory, Finding, Package, Result, Rule, Severity, purl_of

_METHODS = (
    ("CVSS:4.0/", VulnerabilityScoreSource.CVSS_V4),
    ("CVSS:3.1/", VulnerabilityScoreSource.CVSS_V3_1),
    ("CVSS:3.0/", VulnerabilityScoreSource.CVSS_V3),
)
_SEVERITIES = {
    Severity.CRITICAL: VulnerabilitySeverity.CRITICAL,
    Severity.HIGH: VulnerabilitySeverity.HIGH,
    Severity.MEDIUM: VulnerabilitySeverity.MEDIUM,
    Severity.LOW: VulnerabilitySeverity.LOW,
    Severity.INFO: VulnerabilitySeverity.INFO,
    Severity.UNKNOWN: VulnerabilitySeverity.UNKNOWN,
}
# Who gives an id of this form, and where it is looked up.
_SOURCES = (
    ("CVE-", "NVD", "https://nvd.nist.gov/vuln/detail/"),
    ("GHSA-", "GitHub", "https://github.com/advisories/"),
    ("", "OSV", "https://osv.dev/vulnerability/"),
)


def ref_of(package: Package) -> str:
    """What the SBOM calls a package version: its package URL."""
    return purl_of(package).to_string()


def vulnerabilities(results: Iterable[Result], rules: Iterable[Rule]) -> list[Vulnerability]:
    """Join the results by advisory; each has a package and an advisory."""
    by_rule = {(rule.scanner, rule.id): rule for rule in rules}
    groups: dict[str, list[tuple[Result, Advisory, Package]]] = {}
    for result in results:
        advisory, package = result.finding.advisory, result.finding.package
        if advisory is not None and package is not None:
            groups.setdefault(advisory.id, []).append((result, advisory, package))
    found: list[Vulnerability] = []
    for _, group in sorted(groups.items()):
        finding = group[0][0].finding
        rule = by_rule[finding.scanner, finding.rule_id]
        found.append(_vulnerability([each[0] for each in group], group[0][1], rule))
    return found


def _vulnerability(group: Sequence[Result], advisory: Advisory, rule: Rule) -> Vulnerability:
    findings = [result.finding for result in group]
    versions: dict[str, set[str]] = {}
    for finding in findings:
        if finding.package is not None:
            versions.setdefault(ref_of(finding.package), set()).add(finding.package.version)
    return Vulnerability(
        bom_ref=f"vulnerability:{advisory.id}",
        id=advisory.id,
        source=_source(advisory.id),
        references=[VulnerabilityReference(id=name, source=_source(name))
                    for name in advisory.aliases],
        ratings=[_rating(advisory, _worst(findings))],
        cwes=[number for number in rule.cwe if number > 0],
        description=rule.why,
        recommendation="; ".join(sorted({_recommendation(finding) for finding in findings})),
        affects=[
            BomTarget(ref=ref, versions=[_affected(version) for version in sorted(several)])
            for ref, several in versions.items()
        ],
        properties=_properties(group, advisory),
    )  # fmt: skip


def _affected(version: str) -> BomTargetVersionRange:
    return BomTargetVersionRange(version=version, status=ImpactAnalysisAffectedStatus.AFFECTED)


def _worst(findings: Iterable[Finding]) -> Severity:
    return min((finding.severity for finding in findings), key=lambda severity: severity.rank)


def _source(name: str) -> VulnerabilitySource:
    _, source, address = next(each for each in _SOURCES if name.startswith(each[0]))
    return VulnerabilitySource(name=source, url=XsUri(address + name))


def _rating(advisory: Advisory, severity: Severity) -> VulnerabilityRating:
    vector, score = advisory.cvss_vector, advisory.cvss_score
    methods = (method for start, method in _METHODS if vector and vector.startswith(start))
    return VulnerabilityRating(
        score=Decimal(str(score)) if score is not None else None,
        severity=_SEVERITIES[severity],
        method=next(methods, VulnerabilityScoreSource.OTHER),
        vector=vector,
    )


def _recommendation(finding: Finding) -> str:
    package, advisory = finding.package, finding.advisory
    if package is None or advisory is None:
        raise ValueError("a vulnerability needs a package and an advisory")
    name = f"{package.name} {package.version}"
    if advisory.malicious:
        return f"Take {name} out: it is an attack"
    target = finding.upgrade_to or next(iter(advisory.fixed_versions), "")
    return f"Upgrade {name} to {target}" if target else f"No fixed version of {name} is known"


def _properties(group: Sequence[Result], advisory: Advisory) -> list[Property]:
    tier = min((result.tier for result in group), key=lambda tier: tier.rank)
    said = [
        Property(name="shopsec:priority", value=str(max(result.priority for result in group))),
        Property(name="shopsec:tier", value=tier.value),
    ]
    if advisory.known_exploited:
        said.append(Property(name="shopsec:known-exploited", value="CISA KEV"))
    return said
