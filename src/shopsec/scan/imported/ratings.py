"""How bad a tool says its finding is, and how sure it is, on our scales. Pure."""

import math
import re
from collections.abc import Iterator
from typing import Any

from shopsec.model import Confidence, Severity
from shopsec.scan.imported.document import Descriptor, SarifResult

# As GitHub reads it:
# https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
_BANDS = (
    (9.0, Severity.CRITICAL),
    (7.0, Severity.HIGH),
    (4.0, Severity.MEDIUM),
    (0.1, Severity.LOW),
)
_LEVELS = {
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "note": Severity.LOW,
    "none": Severity.INFO,
}
# bandit's and zizmor's own words, which tell more than the level.
_OWN_SEVERITY = ("zizmor/severity", "issue_severity")
_OWN_CONFIDENCE = ("zizmor/confidence", "issue_confidence")
_WORDS = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "informational": Severity.INFO,
}
_SURENESS = {
    "very-high": Confidence.HIGH,
    "high": Confidence.HIGH,
    "medium": Confidence.MEDIUM,
    "low": Confidence.LOW,
}
_CWE = re.compile(r"(?:^|/)CWE[-_: ]{0,2}0{0,4}([1-9]\d{0,4})\b", re.IGNORECASE)
_CWE_NUMBER = re.compile(r"(?:CWE-)?0{0,4}([1-9]\d{0,4})", re.IGNORECASE)


def score_of(rule: Descriptor, result: SarifResult | None = None) -> float | None:
    """The ``security-severity`` of a result, else of its rule: 0 to 10; None for none."""
    for properties in (result.properties if result is not None else {}, rule.properties):
        value = properties.get("security-severity")
        try:
            score = float(value) if isinstance(value, str | float | int) else math.nan
        except (ValueError, OverflowError):
            continue
        if 0 <= score <= 10:
            return score
    return None


def severity_of(rule: Descriptor, result: SarifResult | None = None) -> Severity:
    """What the tool says, by the most exact word that it has; ``warning`` is the default (3.27.10).

    Of a rule alone where there is no result.
    """
    score = score_of(rule, result)
    if score is not None:
        return _band(score)
    properties = result.properties if result is not None else {}
    own = next(_words(properties, _OWN_SEVERITY), "")
    if own in _WORDS:
        return _WORDS[own]
    default = rule.default_configuration
    level = (result.level if result is not None else None) or (default.level if default else None)
    rank = (result.rank if result is not None else None) or (default.rank if default else None)
    if level is None and rank is not None and 0 <= rank <= 100:
        return _band(rank / 10)
    return _LEVELS.get(level or "warning", Severity.MEDIUM)


def _band(score: float) -> Severity:
    return next((severity for least, severity in _BANDS if score >= least), Severity.INFO)


def confidence_of(rule: Descriptor, result: SarifResult) -> Confidence:
    """The tool's own word, or the rule's ``precision``; medium where nobody says."""
    own = next(_words(result.properties, _OWN_CONFIDENCE), "")
    precision = next(_words(rule.properties, ("precision",)), "")
    return _SURENESS.get(own) or _SURENESS.get(precision) or Confidence.MEDIUM


def tags_of(rule: Descriptor, result: SarifResult | None = None) -> frozenset[str]:
    """What rule and result are tagged with (3.8.2), lower-cased."""
    tables = (rule.properties, result.properties if result is not None else {})
    lists = (table.get("tags") for table in tables)
    return frozenset(
        tag.lower()[:200]
        for tags in lists
        if isinstance(tags, list)
        for tag in tags[:200]
        if isinstance(tag, str)
    )


def cwe_of(rule: Descriptor, result: SarifResult | None = None) -> tuple[int, ...]:
    """Numbers of CWE: of tags such as ``external/cwe/cwe-079`` and ``CWE-79: ...``, and of taxa."""
    found = {int(each[1]) for tag in tags_of(rule, result) if (each := _CWE.search(tag))}
    targets = [relation.target for relation in rule.relationships]
    for target in (*targets, *(result.taxa if result is not None else ())):
        component = target.tool_component
        if component is not None and (component.name or "").upper() == "CWE":
            number = _CWE_NUMBER.fullmatch(target.id or "")
            found |= {int(number[1])} if number else set()
    return tuple(sorted(found))[:8]


def _words(properties: dict[str, Any], keys: tuple[str, ...]) -> Iterator[str]:
    values = (properties.get(key) for key in keys)
    return (value.lower() for value in values if isinstance(value, str))
