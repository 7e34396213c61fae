"""What is no SARIF, or not whole, says so and is never clean."""

import gzip
import json

import pytest

from shopsec.model import Status
from tests.imported.conftest import result, sarif

FINE = json.dumps(sarif(result()))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "tool.sarif is empty: the tool wrote nothing"),
        (b" \n", "tool.sarif is empty: the tool wrote nothing"),
        (FINE[:-10].encode(), "tool.sarif is no whole JSON: "),
        (gzip.compress(FINE.encode()), "tool.sarif is compressed: gunzip it first"),
        (
            json.dumps(
                sarif(externalPropertyFileReferences={"results": [{"location": {"uri": "r.json"}}]})
            ).encode(),
            "tool.sarif runs.0 has its results in other files, which are not read",
        ),
        (b"\xff\xfe\x00", "tool.sarif is no text in UTF-8"),
        (b"[]", "tool.sarif is JSON, but no SARIF: it has no version or no runs"),
        (b'{"results": []}', "tool.sarif is JSON, but no SARIF: it has no version or no runs"),
        (b'{"version": "1.0.0", "runs": []}', "tool.sarif is SARIF 1.0.0; 2.1.0 is read"),
        (b'{"version": 2, "runs": []}', "tool.sarif is SARIF of no version; 2.1.0 is read"),
        (
            b'{"version": "2.1.0", "runs": []}',
            "tool.sarif has no runs, so no tool says anything in it",
        ),
        (
            b'{"version": "2.1.0", "runs": [{"tool": {"driver": {}}}]}',
            "tool.sarif is not as SARIF says: runs.0.tool.driver.name",
        ),
        (
            json.dumps(sarif() | {"runs": [{"tool": {"driver": {"name": "x"}}}]}).encode(),
            "tool.sarif runs.0 has no results: the tool did not scan",
        ),
        (b"[" * 100_000, "tool.sarif is no whole JSON: "),
        (b'{"version": ' + b"9" * 10_000 + b', "runs": []}', "tool.sarif is no whole JSON: "),
        (
            json.dumps(sarif(tool="shopsec")).encode(),
            "tool.sarif is a report of shopsec itself",
        ),
    ],
)
def test_what_cannot_be_read_is_failed(imported, content, message):
    outcome = imported(content)
    assert outcome.run.status is Status.FAILED
    assert outcome.run.message.startswith(message)
    assert outcome.run.next_step == "let the tool run on this commit, then shopsec"
    assert outcome.findings == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_editors_and_powershell_write_is_read(imported, encoding):
    outcome = imported(FINE.encode(encoding))
    assert outcome.run.status is Status.SUCCEEDED
    assert [str(each.location) for each in outcome.findings] == ["app.py:1"]


def test_a_tool_that_found_nothing_has_succeeded(imported):
    outcome = imported(sarif())
    assert (outcome.run.status, outcome.run.handed_in) == (Status.SUCCEEDED, 0)


def test_a_result_that_is_none_costs_itself_alone(imported):
    broken = result() | {"locations": "here"}
    outcome = imported(sarif(result(), broken, 7, None, result(line=2)))
    assert [str(each.location) for each in outcome.findings] == ["app.py:1", "app.py:2"]
    assert (outcome.run.status, outcome.run.covered, outcome.run.handed_in) == (
        Status.PARTIAL,
        2,
        5,
    )
    assert [group.reason for group in outcome.run.not_covered] == ["is not as SARIF says"]


def test_only_flaws_that_are_there_count(imported):
    accepted = [{"kind": "inSource"}]
    refused = [{"kind": "inSource", "status": "rejected"}]
    outcome = imported(
        sarif(
            result("A", kind="fail"),
            result("B", kind="open"),
            result("C", kind="review"),
            result("D", kind="pass"),
            result("E", kind="notApplicable"),
            result("F", kind="informational"),
            result("G", baselineState="absent"),
            result("H", baselineState="unchanged"),
            result("I", suppressions=accepted),
            result("J", suppressions=accepted + refused),
            result("K", suppressions=[]),
            result("A"),
        )
    )
    assert [each.rule_id[-1] for each in outcome.findings] == ["A", "B", "C", "H", "J", "K"]
    assert {each.reason: each.count for each in outcome.run.excluded} == {
        "results that are no flaw (kind)": 3,
        "results that the tool says are gone (baselineState)": 1,
        "results suppressed in the tool or beside the code": 1,
        "results that the tool says twice": 1,
    }
    assert outcome.run.status is Status.SUCCEEDED
