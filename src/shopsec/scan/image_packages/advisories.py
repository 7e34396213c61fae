"""OSV's records of a system's packages, so joined that one vulnerability is one finding. Pure.

OSV names the CVE that a distribution's record is of as ``upstream`` (``DEBIAN-CVE-2023-45853``),
and an announcement of several (``DSA-5540-1``) names all of them there.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from shopsec.model import Severity
from shopsec.scan.dependencies.osv_record import UNIMPORTANT, OsvRecord
from shopsec.scan.dependencies.packages import Key
from shopsec.scan.dependencies.vulnerabilities import Vulnerability, vulnerabilities


def system_vulnerabilities(
    key: Key, records: Sequence[OsvRecord], exploited: Set[str]
) -> Iterator[Vulnerability]:
    """One for each CVE; what Debian calls unimportant is of low severity, whatever its score."""
    unimportant = {name for record in records if _is_unimportant(record) for name in _names(record)}
    for found in vulnerabilities(key, list(_joinable(records)), exploited):
        names = {found.advisory.id, *found.advisory.aliases}
        if names & unimportant and not found.advisory.known_exploited:
            advisory = found.advisory.model_copy(update={"cvss_vector": None, "cvss_score": None})
            yield replace(found, advisory=advisory, severity=Severity.LOW)
        else:
            yield found


def _joinable(records: Sequence[OsvRecord]) -> Iterator[OsvRecord]:
    """Records with the CVE that each is of as an alias; no announcement of what has its own."""
    told = {name for record in records if len(record.upstream) < 2 for name in _names(record)}
    for record in records:
        if len(record.upstream) < 2:
            yield replace(record, aliases=(*record.aliases, *record.upstream))
        elif not told.issuperset(record.upstream):
            yield record


def _names(record: OsvRecord) -> tuple[str, ...]:
    return (record.id, *record.aliases, *record.upstream)


def _is_unimportant(record: OsvRecord) -> bool:
    return any(UNIMPORTANT in each.severity for each in record.affected)
