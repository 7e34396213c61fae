"""Rules as SARIF's reportingDescriptors (3.49), split by severity where a reader needs it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shopsec.model import Report, Result, Rule, Tier, printable
from shopsec.report import gfm
from shopsec.report.sarif.flavour import BAND_OF_SEVERITY, BAND_OF_TIER, Band, Flavour
from shopsec.report.sarif.taxonomies import CWE, Taxonomies, address, named
from shopsec.report.sarif.texts import NAME_LIMIT, cut, link, said

_WEAKNESSES_TAGGED = 8
"""GitHub and GitLab keep ten tags of a rule: these, "security" and a risk of CI/CD."""


@dataclass(frozen=True)
class Named:
    """A rule under the name that it has in a document."""

    id: str
    rule: Rule
    band: Band


class RuleNames:
    """Gives results the names of their rules.

    A reader that shows the rule's severity gets that of the tier. Where results of one rule have
    different tiers, the mildest keep the rule's name and the others' ends in their band:
    ``DEMO-001/critical``. Readers know a result again by this name, so it should stay: it does when
    a tier changes for all of a rule, when a more urgent result comes, and when that is mended.
    """

    def __init__(self, report: Report, flavour: Flavour) -> None:
        self._speaker: dict[str, Rule] = {}
        for rule in report.rules:  # sorted; a vulnerability that two scanners know is one rule
            self._speaker.setdefault(rule.id, rule)
        self._mildest: dict[str, Tier] = {}
        for result in report.results if flavour.rule_per_band else ():
            rule_id = result.finding.rule_id
            if result.active:
                known = self._mildest.get(rule_id, result.tier)
                self._mildest[rule_id] = max(known, result.tier, key=lambda tier: tier.rank)

    def of(self, result: Result) -> Named:
        """The name for a result."""
        rule = self._speaker[result.finding.rule_id]
        mildest, name = self._mildest.get(rule.id), plain_id(rule.id)
        if mildest is None:
            return Named(name, rule, BAND_OF_SEVERITY[rule.severity])
        band = BAND_OF_TIER[result.tier]
        return Named(name if result.tier is mildest else f"{name}/{band.name}", rule, band)


def plain_id(rule_id: str) -> str:
    """A rule's own id, with room for a band; never empty."""
    return said(printable(rule_id), NAME_LIMIT - len("/critical")) or "rule"


def used(named_rules: Iterable[Named]) -> list[Named]:
    """Each name once, sorted."""
    return sorted({each.id: each for each in named_rules}.values(), key=lambda each: each.id)


def descriptor(one: Named, taxonomies: Taxonomies) -> dict[str, Any]:
    """A rule as readers show it, with texts of others escaped."""
    rule = one.rule
    title = said(rule.title) or one.id
    why = said(rule.why) or title
    described: dict[str, Any] = {
        "id": one.id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": why},
        "help": {
            "text": cut("\n\n".join(filter(None, (why, said(rule.fix))))),
            "markdown": _markdown(rule, why),
        },
        "defaultConfiguration": {"level": one.band.level},
        "properties": {
            "rule": plain_id(rule.id),
            "tags": ["security", *_tags(rule)],
            "security-severity": one.band.security_severity,
        },
    }
    name = _name(rule.id)
    if name.casefold() != one.id.casefold():  # else it says nothing, and should not be there
        described["name"] = name
    if target := link(rule.help_uri):
        described["helpUri"] = target
    if related := taxonomies.relationships(rule):
        described["relationships"] = related
    return described


def _name(rule_id: str) -> str:
    words = re.findall(r"[0-9A-Za-z]+", rule_id)
    return "".join(word.capitalize() for word in words)[:NAME_LIMIT] or "Rule"


def _tags(rule: Rule) -> list[str]:
    weaknesses = [f"external/cwe/cwe-{number:03}" for number in rule.cwe[:_WEAKNESSES_TAGGED]]
    risks = [f"owasp-{taxon.lower()}" for name, taxon in named(rule) if name != CWE]
    return [*weaknesses, *risks]


def _markdown(rule: Rule, why: str) -> str:
    parts = [gfm.paragraphs(why)]
    if rule.fix:
        parts.append(f"**Do:** {gfm.paragraphs(said(rule.fix))}")
    if more := link(rule.help_uri):
        parts.append(f"[More about it](<{more}>)")
    taxa = [
        f"[{'CWE-' if name == CWE else ''}{taxon}]({address(name, taxon)})"
        for name, taxon in named(rule)
    ]
    return "\n\n".join([*parts, *([", ".join(taxa)] if taxa else [])])
