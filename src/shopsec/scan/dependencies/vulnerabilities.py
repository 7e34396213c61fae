"""From advisories that name a package version to findings: one a vulnerability and package.

Databases name one vulnerability differently (CVE, GHSA, PYSEC); what shares a name is one.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from shopsec.model import Advisory, Area, Finding, Package, Rule, Severity, printable
from shopsec.scan.dependencies.cvss_scores import base_score, severity_of_score
from shopsec.scan.dependencies.osv_record import OsvRecord
from shopsec.scan.dependencies.packages import Key, PlacedPin
from shopsec.scan.dependencies.ranges import Affected, fixed_version, fixes_all
from shopsec.scan.dependencies.upgrades import upgrade_step
from shopsec.scan.dependencies.versions import base_name, normalised_name

_SUMMARY = 300
# Whose name people search for first.
_PREFERRED = ("CVE-", "GHSA-", "PYSEC-", "GO-", "RUSTSEC-", "MAL-")
_WORDS = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "NEGLIGIBLE": Severity.LOW,
}
# Vectors of version 3 are read by the priority's terms; more advisories have them.
_VECTORS = ("CVSS_V3", "CVSS_V4")


@dataclass(frozen=True)
class Vulnerability:
    """One vulnerability of one package version, whichever databases tell of it."""

    advisory: Advisory
    summary: str
    severity: Severity
    cwe: tuple[int, ...]
    help_uri: str


def vulnerabilities(
    key: Key, records: Sequence[OsvRecord], exploited: Set[str]
) -> Iterator[Vulnerability]:
    """Join the records that affect a package version; ``exploited`` has the ids of CISA's KEV."""
    for group in _joined(records):
        names = {name for record in group for name in (record.id, *record.aliases)}
        main = min(names, key=_preference)
        vector = _vector(key, group)
        fixed = _fixed(key, group)
        advisory = Advisory(
            id=main,
            aliases=tuple(sorted(names - {main})),
            cvss_vector=vector,
            cvss_score=_score(vector, group),
            fixed_versions=(fixed,) if fixed else (),
            known_exploited=bool(names & exploited)
            or any(record.known_exploited for record in group),
            needs_use=any(record.needs_use for record in group),
            malicious=any(record.is_malicious for record in group),
        )
        yield Vulnerability(
            advisory,
            _summary(group) or main,
            _severity(advisory, group),
            tuple(sorted({number for record in group for number in _cwe_numbers(record)})),
            _help_uri(group),
        )


def _help_uri(group: Sequence[OsvRecord]) -> str:
    ids = [record.id for record in group if not record.id.startswith("CVE-")]
    if not ids:  # of the pack alone, which names where its facts are from
        links = (reference.url for record in group for reference in record.references)
        advisory = next((url for url in links if url.startswith("https://")), "")
        return advisory or f"https://osv.dev/vulnerability/{group[0].id}"
    return f"https://osv.dev/vulnerability/{min(ids, key=_preference)}"


def _score(vector: str | None, group: Sequence[OsvRecord]) -> float | None:
    """The vector's score, or the one that our pack gives without a vector."""
    if vector is not None:
        return base_score(vector)
    given = (record.own_score for record in group if record.own_score is not None)
    return max(given, default=None)


def _preference(name: str) -> tuple[int, str]:
    order = [index for index, prefix in enumerate(_PREFERRED) if name.startswith(prefix)]
    return (order[0] if order else len(_PREFERRED), name)


def _joined(records: Iterable[OsvRecord]) -> list[list[OsvRecord]]:
    """Records that share a name, directly or through others; in the order of their ids."""
    groups: list[tuple[set[str], list[OsvRecord]]] = []
    for record in sorted(records, key=lambda each: each.id):
        names = {record.id, *record.aliases}
        members = [record]
        apart = []
        for others, group in groups:
            if others & names:
                names |= others
                members = group + members
            else:
                apart.append((others, group))
        groups = [*apart, (names, members)]
    return [group for _, group in groups]


def _vector(key: Key, group: Sequence[OsvRecord]) -> str | None:
    """The highest score of version 3, or else of version 4: what a careful person assumes."""
    for kind in _VECTORS:
        vectors = {
            severity.score
            for record in group
            for severity in (
                *record.severity,
                *(each for one in record.affected if _is_of(key, one.affected)
                  for each in one.severity),
            )
            if severity.type == kind
        }  # fmt: skip
        scored = sorted(
            ((score, vector) for vector in vectors if (score := base_score(vector)) is not None),
            reverse=True,
        )
        if scored:
            return scored[0][1]
    return None


def _severity(advisory: Advisory, group: Sequence[OsvRecord]) -> Severity:
    if advisory.malicious:
        return Severity.CRITICAL
    if advisory.cvss_score is not None:
        return severity_of_score(advisory.cvss_score)
    words = (
        _WORDS.get(word.upper())
        for record in group
        for word in (record.severity_word, *_ubuntu_words(record))
    )
    found = [word for word in words if word is not None]
    return min(found, key=lambda each: each.rank) if found else Severity.UNKNOWN


def _ubuntu_words(record: OsvRecord) -> Iterator[str]:
    """Ubuntu's priority, which OSV has among the scores."""
    return (each.score for each in record.severity if each.type == "Ubuntu")


def _summary(group: Sequence[OsvRecord]) -> str:
    # The pack's records have CVE ids, and say what happens to a shop.
    by_us = sorted(group, key=lambda record: not record.id.startswith("CVE-"))
    texts = (" ".join(printable(record.summary.replace("\n", " ")).split()) for record in by_us)
    return next((text[:_SUMMARY] for text in texts if text), "")


def _cwe_numbers(record: OsvRecord) -> Iterator[int]:
    for text in record.cwe_ids:
        number = text.removeprefix("CWE-")
        if number.isascii() and number.isdigit() and len(number) < 6:
            yield int(number)


def _is_of(key: Key, affected: Affected) -> bool:
    ecosystem = base_name(affected.ecosystem)
    return ecosystem == base_name(key.ecosystem) and (
        normalised_name(ecosystem, affected.name) == key.name
    )


def affected_of(key: Key, record: OsvRecord) -> list[Affected]:
    """What a record says of the package."""
    return [each.affected for each in record.affected if _is_of(key, each.affected)]


def _fixed(key: Key, group: Sequence[OsvRecord]) -> str | None:
    """The smallest version that all databases of the group call fixed, or that one of them does."""
    ranges = [affected for record in group for affected in affected_of(key, record)]
    all_agree = fixes_all(ranges, key.version)
    if all_agree is not None:
        return all_agree
    some = (fixed_version(affected, key.version) for affected in ranges)
    return next((fixed for fixed in some if fixed is not None), None)


def findings_of(
    key: Key, places: Sequence[PlacedPin], found: Sequence[Vulnerability], records:
    Sequence[OsvRecord], scanner: str,
) -> Iterator[tuple[Finding, Rule]]:  # fmt: skip
    """Findings at the weightiest place, the others beside it, each with its rule."""
    first = places[0]
    whole = [affected for record in records for affected in affected_of(key, record)]
    upgrade_to = fixes_all(whole, key.version) or ""
    for vulnerability in found:
        advisory = vulnerability.advisory
        fixed = advisory.fixed_versions[0] if advisory.fixed_versions else ""
        finding = Finding(
            rule_id=advisory.id,
            scanner=scanner,
            area=Area.DEPENDENCIES,
            message=f"{key.name} {key.version}: {vulnerability.summary}",
            location=first.location,
            severity=vulnerability.severity,
            role=first.role,
            symbol=f"{key.name}@{key.version}",
            package=Package(ecosystem=key.ecosystem, name=key.name, version=key.version),
            advisory=advisory,
            upgrade_to=upgrade_to,
            via=first.via,
            raised_with=first.raised_with,
            related=tuple(each.location for each in places[1:]),
            fix=upgrade_step(first, fixed, upgrade_to, malicious=advisory.malicious),
        )
        yield finding, _rule(key, vulnerability, scanner)


def _rule(key: Key, vulnerability: Vulnerability, scanner: str) -> Rule:
    advisory = vulnerability.advisory
    if advisory.malicious:
        title = f"{key.name} is a malicious package ({advisory.id})"
        fix = "Take it out, and treat every secret that its machines could read as stolen."
    else:
        title = f"{advisory.id} in {key.name}"
        fix = f"Upgrade {key.name} to a version that is not affected."
    return Rule(
        id=advisory.id,
        scanner=scanner,
        title=title,
        severity=vulnerability.severity,
        why=vulnerability.summary,
        fix=fix,
        help_uri=vulnerability.help_uri,
        cwe=vulnerability.cwe,
    )
