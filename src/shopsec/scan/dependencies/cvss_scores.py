"""Scores of CVSS vectors, and the words for them."""

from shopsec.model import Severity

_RATINGS = (
    (9.0, Severity.CRITICAL),
    (7.0, Severity.HIGH),
    (4.0, Severity.MEDIUM),
    (0.1, Severity.LOW),
)


def base_score(vector: str | None) -> float | None:
    """The base score of a CVSS 3.x or 4.0 vector; None for what is none.

    https://www.first.org/cvss/v3.1/specification-document,
    https://www.first.org/cvss/v4.0/specification-document
    """
    if vector is None or not vector.startswith(("CVSS:3.0/", "CVSS:3.1/", "CVSS:4.0/")):
        return None
    from cvss import CVSS3, CVSS4  # noqa: PLC0415 -- only where something was found
    from cvss.exceptions import CVSSError  # noqa: PLC0415

    try:
        if vector.startswith("CVSS:4"):
            return float(CVSS4(vector).base_score)
        return float(CVSS3(vector).base_score)
    except CVSSError:
        return None


def severity_of_score(score: float | None) -> Severity:
    """The qualitative rating (CVSS 3.1, section 5; 4.0, section 6); unknown without a score."""
    if score is None:
        return Severity.UNKNOWN
    return next((severity for least, severity in _RATINGS if score >= least), Severity.INFO)
