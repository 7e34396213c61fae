"""What readers of SARIF do differently, as data."""

from dataclasses import dataclass

from shopsec.model import Severity, Tier

_MB = 1_000_000


@dataclass(frozen=True)
class Flavour:
    """One way to write a report as SARIF."""

    with_history: bool = False
    """What is suppressed and what is gone is in it, marked as the standard has it."""
    rule_per_band: bool = False
    """The reader takes a severity from the rule alone: a rule is split where results differ."""
    rank_by_band: bool = False
    """The reader makes a severity of ``rank``: it must lie in the band of the tier."""
    matches_by_line_hash: bool = False
    """The reader knows results again by ``primaryLocationLineHash`` alone."""
    most_results: int | None = None
    most_bytes: int | None = None
    """Of the document when it is compressed with gzip."""


# https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
# It takes 25,000 results and shows 5,000; 10 MB, of which some are left for what an upload adds.
GITHUB = Flavour(
    rule_per_band=True,
    matches_by_line_hash=True,
    most_results=5_000,
    most_bytes=9 * _MB + _MB // 2,
)
# https://docs.gitlab.com/user/application_security/detect/sarif/
GITLAB = Flavour(rank_by_band=True, most_results=5_000, most_bytes=9 * _MB + _MB // 2)
ALL = Flavour(with_history=True)


@dataclass(frozen=True)
class Band:
    """One step of the scale that GitHub and GitLab show."""

    name: str
    level: str
    security_severity: str
    """In GitHub's bands: over 9.0 critical, from 7.0 high, from 4.0 medium, below low."""
    ranks: tuple[float, float]
    """In GitLab's bands: from 90 critical, from 70 high, from 40 medium, from 10 low."""


_CRITICAL = Band("critical", "error", "9.5", (90.0, 100.0))
_HIGH = Band("high", "error", "8.0", (70.0, 89.0))
_MEDIUM = Band("medium", "warning", "5.5", (40.0, 69.0))
_LOW = Band("low", "note", "2.0", (10.0, 39.0))

BAND_OF_TIER = {
    Tier.FIX_NOW: _CRITICAL,
    Tier.SPRINT: _HIGH,
    Tier.PLANNED: _MEDIUM,
    Tier.WATCH: _LOW,
}
BAND_OF_SEVERITY = {
    Severity.CRITICAL: _CRITICAL,
    Severity.HIGH: _HIGH,
    Severity.MEDIUM: _MEDIUM,
    Severity.LOW: _LOW,
    Severity.INFO: _LOW,
    Severity.UNKNOWN: _MEDIUM,
}
