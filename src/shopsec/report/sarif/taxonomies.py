"""CWE and OWASP's risks of CI/CD as taxonomies (3.14.8): what rules are about, in others' words."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from shopsec.model import Rule

CWE, OWASP = "CWE", "OWASP-CICD"

# https://owasp.org/www-project-top-10-ci-cd-security-risks/
_RISKS = {
    "CICD-SEC-1": "Insufficient Flow Control Mechanisms",
    "CICD-SEC-2": "Inadequate Identity and Access Management",
    "CICD-SEC-3": "Dependency Chain Abuse",
    "CICD-SEC-4": "Poisoned Pipeline Execution",
    "CICD-SEC-5": "Insufficient Pipeline-Based Access Controls",
    "CICD-SEC-6": "Insufficient Credential Hygiene",
    "CICD-SEC-7": "Insecure System Configuration",
    "CICD-SEC-8": "Ungoverned Usage of Third-Party Services",
    "CICD-SEC-9": "Improper Artifact Integrity Validation",
    "CICD-SEC-10": "Insufficient Logging and Visibility",
}
_ABOUT: dict[str, dict[str, Any]] = {
    CWE: {
        "organization": "MITRE",
        "informationUri": "https://cwe.mitre.org/",
        "shortDescription": {"text": "The MITRE Common Weakness Enumeration."},
    },
    OWASP: {
        "organization": "OWASP Foundation",
        "informationUri": "https://owasp.org/www-project-top-10-ci-cd-security-risks/",
        "shortDescription": {"text": "OWASP Top 10 CI/CD Security Risks."},
    },
}


@dataclass(frozen=True)
class Taxonomies:
    """The taxa that rules of one report name; ``listed`` is SARIF's ``run.taxonomies``."""

    listed: list[dict[str, Any]]
    indexes: dict[tuple[str, str], tuple[int, int]]
    """Of a taxonomy and a taxon in it, by name and id."""

    @property
    def supported(self) -> list[dict[str, Any]]:
        """References from the driver."""
        return [{"name": each["name"], "index": index} for index, each in enumerate(self.listed)]

    def relationships(self, rule: Rule) -> list[dict[str, Any]]:
        """What a rule is a case of."""
        return [
            {
                "target": {
                    "id": taxon,
                    "index": self.indexes[name, taxon][1],
                    "toolComponent": {"name": name, "index": self.indexes[name, taxon][0]},
                },
                "kinds": ["superset"],
            }
            for name, taxon in named(rule)
        ]


def named(rule: Rule) -> Iterator[tuple[str, str]]:
    """Taxonomy and id of each taxon that a rule names, each once."""
    for number in dict.fromkeys(rule.cwe):
        yield CWE, str(number)
    risk = re.fullmatch(r"(?:CICD-)?(SEC-\d+)", rule.owasp_cicd or "")
    if risk and f"CICD-{risk[1]}" in _RISKS:
        yield OWASP, f"CICD-{risk[1]}"


def taxonomies(rules: Iterable[Rule]) -> Taxonomies:
    """Those that the rules name, sorted, and of them the taxa that are named."""
    found = {each for rule in rules for each in named(rule)}
    listed: list[dict[str, Any]] = []
    indexes: dict[tuple[str, str], tuple[int, int]] = {}
    for name, about in _ABOUT.items():
        taxa = sorted((taxon for kind, taxon in found if kind == name), key=_number)
        if not taxa:
            continue
        indexes |= {(name, taxon): (len(listed), index) for index, taxon in enumerate(taxa)}
        listed.append(
            {"name": name, "isComprehensive": False, "taxa": [_taxon(name, id) for id in taxa]}  # noqa: A001
            | about
        )
    return Taxonomies(listed, indexes)


def address(name: str, taxon: str) -> str:
    """The page about a taxon."""
    if name == CWE:
        return f"https://cwe.mitre.org/data/definitions/{taxon}.html"
    return str(_ABOUT[name]["informationUri"])


def _number(taxon: str) -> int:
    return int(taxon.rpartition("-")[2])


def _taxon(name: str, taxon: str) -> dict[str, Any]:
    described: dict[str, Any] = {"id": taxon, "helpUri": address(name, taxon)}
    return described | ({"name": _RISKS[taxon]} if name == OWASP else {})
