"""What the page says of each result, as values that Python and the page's script render alike."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from shopsec.model import Finding, Location, Report, Result, Rule, Tier, display_path
from shopsec.report.html.markup import clean

_TITLE_LIMIT = 300
_TEXT_LIMIT = 2000
_NAMES_SHOWN = 50
_LINES_SHOWN = 30
_LINK = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[!-~]*)?")


@dataclass(frozen=True)
class Block:
    """A label with what stands beside it.

    ``text`` and ``mono`` hold a string, ``link`` an https address, ``list`` strings, ``sum`` pairs
    of text and points with the total last, ``code`` the first line's number, the first and last
    line to mark, and the lines.
    """

    label: str
    kind: Literal["text", "mono", "link", "list", "sum", "code"]
    value: Any


@dataclass(frozen=True)
class Row:
    """One result. All strings are printable."""

    id: str
    tier: str
    priority: int
    title: str
    place: str
    rule: str
    scanner: str
    area: str
    state: str
    """``new``, ``unchanged``, or empty where nothing was compared with."""
    suppressed: bool
    blocks: tuple[Block, ...]


def tier_name(tier: Tier) -> str:
    """As a person says it."""
    return tier.value.replace("-", " ")


def rows(report: Report) -> list[Row]:
    """A row a result, in the report's order; ids are unique."""
    rules = {(rule.scanner, rule.id): rule for rule in report.rules}
    made: dict[str, Row] = {}
    for index, result in enumerate(report.results):
        finding = result.finding
        identity = anchor(finding.fingerprint)
        if identity in made or not finding.fingerprint:
            identity = f"{identity}-{index}"
        made[identity] = _row(identity, result, rules.get((finding.scanner, finding.rule_id)))
    return list(made.values())


def anchor(fingerprint: str) -> str:
    """The id of a result's element."""
    return f"r-{clean(fingerprint, _TITLE_LIMIT)}"


def _row(identity: str, result: Result, rule: Rule | None) -> Row:
    finding = result.finding
    return Row(
        id=identity,
        tier=result.tier.value,
        priority=result.priority,
        title=clean(finding.message, _TITLE_LIMIT),
        place=_place(finding.location),
        rule=clean(finding.rule_id, _TITLE_LIMIT),
        scanner=clean(finding.scanner, _TITLE_LIMIT),
        area=finding.area.value,
        state=result.state.value if result.state else "",
        suppressed=not result.active,
        blocks=tuple(_blocks(result, rule)),
    )


def _place(place: Location) -> str:
    name = clean(display_path(place.uri), _TEXT_LIMIT)
    return f"{name}:{place.start_line}" if place.start_line else name


def _blocks(result: Result, rule: Rule | None) -> Iterator[Block]:
    finding = result.finding
    yield from _suppression(result)
    if len(finding.message) > _TITLE_LIMIT:
        yield from _text("In full", finding.message)
    if rule is not None:
        yield from _text("Why it matters", rule.why)
    yield from _text("What to do", finding.fix or (rule.fix if rule else ""))
    yield from _snippet(finding)
    yield from _sum(result)
    yield from _package(finding)
    yield from _advisory(finding)
    yield from _list("Related places", [_place(place) for place in finding.related])
    yield from _list("Also reported as", finding.also_reported_as)
    yield from _judgement(finding, rule)
    yield Block("Fingerprint", "mono", clean(finding.fingerprint, _TEXT_LIMIT))


def _text(label: str, value: str, kind: Literal["text", "mono"] = "text") -> Iterator[Block]:
    if value:
        yield Block(label, kind, clean(value, _TEXT_LIMIT))


def _list(label: str, values: list[str] | tuple[str, ...]) -> Iterator[Block]:
    if not values:
        return
    shown = [clean(value, _TEXT_LIMIT) for value in values[:_NAMES_SHOWN]]
    rest = len(values) - _NAMES_SHOWN
    yield Block(label, "list", [*shown, f"and {rest} more"] if rest > 0 else shown)


def _suppression(result: Result) -> Iterator[Block]:
    known = result.suppressed_by
    if known is not None:
        said = f"{known.reason} ({known.owner}, until {known.until}; {known.kind}, {known.place})"
        yield from _text("Suppressed", said)


def _snippet(finding: Finding) -> Iterator[Block]:
    snippet = finding.snippet
    if snippet is None:
        return
    first = finding.location.start_line or 0
    last = finding.location.end_line or first
    lines = [clean(line.expandtabs(4), _TITLE_LIMIT) for line in snippet.lines[:_LINES_SHOWN]]
    yield Block("Code", "code", [snippet.start_line, first, last, lines])


def _sum(result: Result) -> Iterator[Block]:
    terms = [[clean(term.text, _TITLE_LIMIT), term.points] for term in result.terms]
    total = sum(term.points for term in result.terms)
    held = "" if total == result.priority else f", of {total}: priorities are from 0 to 100"
    yield Block("Priority", "sum", [*terms, [f"{tier_name(result.tier)}{held}", result.priority]])
    yield from _text("Now, because", result.fix_now_because)


def _package(finding: Finding) -> Iterator[Block]:
    package = finding.package
    if package is None:
        return
    yield from _text("Package", f"{package.name} {package.version} ({package.ecosystem})")
    yield from _text("Upgrade to", finding.upgrade_to)
    yield from _text("Comes through", " → ".join(finding.via))
    if finding.imported is not None:
        does = "imports it" if finding.imported else "does not seem to import it"
        yield Block("Imported", "text", f"production code {does}")
    yield from _text("Package URL", package.purl, "mono")


def _advisory(finding: Finding) -> Iterator[Block]:
    advisory = finding.advisory
    if advisory is None:
        return
    yield from _text("Advisory", ", ".join((advisory.id, *advisory.aliases)))
    if advisory.malicious:
        yield Block("Malicious", "text", "the package itself is an attack")
    if advisory.known_exploited:
        yield Block("Exploited", "text", "in CISA's catalogue of known exploited vulnerabilities")
    score = "" if advisory.cvss_score is None else str(advisory.cvss_score)
    yield from _text("CVSS", f"{score} {advisory.cvss_vector or ''}".strip(), "mono")
    yield from _text("Fixed in", ", ".join(advisory.fixed_versions))


def _judgement(finding: Finding, rule: Rule | None) -> Iterator[Block]:
    said = [
        f"severity {finding.severity}",
        f"confidence {finding.confidence}",
        f"{finding.role} file",
    ]
    if rule is not None:
        said += [f"CWE-{number}" for number in rule.cwe]
        said += [rule.owasp_cicd] if rule.owasp_cicd else []
        yield from _text("Rule", f"{rule.id}: {rule.title}")
    yield from _text("Judged", " · ".join(said))
    if rule is not None and rule.help_uri:
        address = clean(rule.help_uri, _TEXT_LIMIT)
        safe = _LINK.fullmatch(rule.help_uri) is not None and address == rule.help_uri
        yield Block("More", "link" if safe else "mono", address)
