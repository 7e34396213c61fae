"""From findings to the one version that each package is raised to."""

from collections.abc import Iterable
from dataclasses import dataclass

from shopsec.model import Finding
from shopsec.scan.dependencies.packages import Key
from shopsec.scan.dependencies.versions import VersionError, compare_key


@dataclass(frozen=True)
class Upgrade:
    """What closes the vulnerabilities of one package version."""

    key: Key
    target: str
    """The smallest version that mends all that can be mended; empty where nothing can."""
    closes: tuple[str, ...]
    """Ids of the advisories, sorted."""
    stays: tuple[str, ...]
    """Ids of those that no version mends."""
    malicious: bool = False


def upgrades_of(findings: Iterable[Finding]) -> list[Upgrade]:
    """One for each package version that an advisory affects, sorted by name."""
    groups: dict[Key, list[Finding]] = {}
    for finding in findings:
        if finding.package is not None and finding.advisory is not None:
            package = finding.package
            key = Key(package.ecosystem, package.name, package.version)
            groups.setdefault(key, []).append(finding)
    found = [_upgrade(key, group) for key, group in groups.items()]
    return sorted(found, key=lambda each: (each.key.ecosystem, each.key.name, each.key.version))


def _upgrade(key: Key, group: list[Finding]) -> Upgrade:
    fixed: dict[str, str] = {}
    names: dict[str, str] = {}
    for finding in group:
        advisory = finding.advisory
        if advisory is None:
            continue
        # Scanners name one vulnerability differently; the first name that is shared stands for it.
        aliases = (advisory.id, *advisory.aliases)
        id_ = next((names[alias] for alias in aliases if alias in names), advisory.id)
        names |= dict.fromkeys(aliases, id_)
        version = finding.upgrade_to or next(iter(advisory.fixed_versions), "")
        fixed[id_] = highest(key.ecosystem, [fixed.get(id_, ""), version])
    malicious = any(finding.advisory and finding.advisory.malicious for finding in group)
    return Upgrade(
        key,
        "" if malicious else highest(key.ecosystem, fixed.values()),
        tuple(sorted(id_ for id_, version in fixed.items() if version)),
        tuple(sorted(id_ for id_, version in fixed.items() if not version)),
        malicious,
    )


def highest(ecosystem: str, versions: Iterable[str]) -> str:
    """The highest of versions; those that cannot be put in order, and empty ones, do not count."""
    best, best_key = "", None
    for version in versions:
        try:
            key = compare_key(ecosystem, version) if version else None
        except VersionError:
            continue
        if key is not None and (best_key is None or key > best_key):
            best, best_key = version, key
    return best
