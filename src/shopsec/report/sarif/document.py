"""The document: one run, written a result a line."""

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
from shopsec.report.sarif.texts import said

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# Without an indent json is encoded in C, ten times as fast.
_line = json.JSONEncoder(sort_keys=True).encode


def text_of(report: Report, flavour: Flavour) -> str:
    """The report as SARIF; the same report gives the same bytes.

    Results are cut further where the document would be larger than its reader takes.
    """
    chosen = selection(report, flavour)
    text = _text(report, flavour, chosen)
    while flavour.most_bytes and len(text) > flavour.most_bytes and chosen.results:
        size = compressed_size(text)
        if size <= flavour.most_bytes:
            break
        chosen = chosen.shorter(int(len(chosen.results) * 0.95 * flavour.most_bytes / size))
        text = _text(report, flavour, chosen)
    return text


def _text(report: Report, flavour: Flavour, chosen: Selection) -> str:
    names = RuleNames(report, flavour)
    named = [names.of(result) for result in chosen.results]
    rules = used(named)
    indexes = {each.id: index for index, each in enumerate(rules)}
    taxa = taxonomies(each.rule for each in rules)
    run = _run(report, chosen) | {
        "tool": {
            "driver": {
                "name": "shopsec",
                "semanticVersion": report.version,
                "rules": [descriptor(each, taxa) for each in rules],
                "supportedTaxonomies": taxa.supported,
            }
        },
        "taxonomies": taxa.listed,
    }
    return "".join(_parts(run, _results(report, flavour, chosen, indexes, names)))


def _run(report: Report, chosen: Selection) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "decision": report.decision.outcome.value,
        "policy": said(report.policy),
        "today": report.today,
        "counts": {
            "active": sum(result.active for result in report.results),
            "suppressed": sum(not result.active for result in report.results),
            "absent": len(report.absent),
            "written": len(chosen.results),
            "leftOut": chosen.left_out_by_tier,
        },
    }
    if report.compared_with:
        properties["comparedWith"] = said(report.compared_with)
    return {
        "automationDetails": {"id": category(report.repository)},
        "columnKind": "unicodeCodePoints",
        "invocations": invocations(report.coverage, chosen.notice),
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "properties": properties,
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


def _parts(run: dict[str, Any], results: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The text, so that never more than one result is there as a value."""
    yield f'{{"$schema": {_line(_SCHEMA)}, "version": "2.1.0", "runs": [{{\n'
    for name, value in sorted(run.items()):
        if value:
            yield f"{_line(name)}: {_line(value)},\n"
    yield '"results": ['
    before = "\n"
    for result in results:
        yield before
        yield _line(result)
        before = ",\n"
    yield "\n]}]}\n"
