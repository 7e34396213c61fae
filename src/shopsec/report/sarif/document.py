"""The document: one run, written a rule and a result a line."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from shopsec.model import Report
from shopsec.report.sarif import results as result_objects
from shopsec.report.sarif.coverage import invocations
from shopsec.report.sarif.flavour import Flavour
from shopsec.report.sarif.places import ROOT
from shopsec.report.sarif.provenance import category, version_control
from shopsec.report.sarif.rules import RuleNames, descriptor, plain_id, used
from shopsec.report.sarif.selection import Selection, compressed_size, selection
from shopsec.report.sarif.taxonomies import taxonomies
from shopsec.report.sarif.texts import filled, said

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# Without an indent json is encoded in C, ten times as fast.
_line = json.JSONEncoder(sort_keys=True).encode


def text_of(report: Report, flavour: Flavour) -> str:
    """The report as SARIF; the same report gives the same bytes.

    Results are cut further where the document would be larger than its reader takes.
    """
    chosen = selection(report, flavour)
    text = "".join(pieces_of(report, flavour, chosen))
    while flavour.most_bytes and len(text) > flavour.most_bytes and chosen.results:
        size = compressed_size(text)
        if size <= flavour.most_bytes:
            break
        chosen = chosen.shorter(int(len(chosen.results) * 0.95 * flavour.most_bytes / size))
        text = "".join(pieces_of(report, flavour, chosen))
    return text


def pieces_of(report: Report, flavour: Flavour, chosen: Selection) -> Iterator[str]:
    """The document's text, of which only one rule or result is there at a time."""
    names = RuleNames(report, flavour)
    rules = used(names.of(result) for result in chosen.results)
    indexes = {each.id: index for index, each in enumerate(rules)}
    taxa = taxonomies(each.rule for each in rules)
    run = _run(report, chosen) | {"taxonomies": taxa.listed}
    driver = {
        "name": "shopsec",
        "semanticVersion": report.version,
        "supportedTaxonomies": taxa.supported,
    }
    yield f'{{"$schema": {_line(_SCHEMA)}, "version": "2.1.0", "runs": [{{\n'
    yield from _members(run)
    yield '"tool": {"driver": {\n'
    yield from _members(driver)
    yield from _list("rules", (descriptor(each, taxa) for each in rules))
    yield "}},\n"
    yield from _list("results", _results(report, flavour, chosen, indexes, names))
    yield "}]}\n"


def _run(report: Report, chosen: Selection) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "decision": report.decision.outcome.value,
        "policy": said(report.policy),
        "comparedWith": said(report.compared_with),
        "today": report.today,
        "counts": {
            "active": sum(result.active for result in report.results),
            "suppressed": sum(not result.active for result in report.results),
            "absent": len(report.absent),
            "written": len(chosen.results),
            "leftOut": chosen.left_out_by_tier,
        },
    }
    return {
        "automationDetails": {"id": category(report.repository)},
        "columnKind": "unicodeCodePoints",
        "invocations": invocations(report.coverage, chosen.notice),
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "properties": filled(properties),
        "versionControlProvenance": version_control(report.repository),
    }


def _results(
    report: Report,
    flavour: Flavour,
    chosen: Selection,
    indexes: dict[str, int],
    names: RuleNames,
) -> Iterator[dict[str, Any]]:
    for result in chosen.results:
        rule_id = names.of(result).id
        yield result_objects.described(result, rule_id, indexes[rule_id], flavour)
    for known in report.absent if flavour.with_history else ():
        yield result_objects.absent(known, indexes.get(plain_id(known.rule)))


def _members(values: dict[str, Any]) -> Iterator[str]:
    for name, value in sorted(values.items()):
        if value:
            yield f"{_line(name)}: {_line(value)},\n"


def _list(name: str, values: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A list as text, so that never more than one of its items is there as a value."""
    yield f"{_line(name)}: ["
    before = "\n"
    for value in values:
        yield before
        yield _line(value)
        before = ",\n"
    yield "\n]"
