"""Whatever a file holds, reading it ends with a ledger, and never with an error of ours."""

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopsec.model import Status
from tests.imported.conftest import result, sarif

WHOLE = sarif(
    result(
        "R1",
        kind="fail",
        level="error",
        rank=5.0,
        relatedLocations=result()["locations"],
        codeFlows=[{"threadFlows": [{"locations": [{"location": result()["locations"][0]}]}]}],
        partialFingerprints={"commitSha": "abc"},
        suppressions=[{"kind": "inSource", "status": "rejected"}],
        taxa=[{"id": "79", "index": 0, "toolComponent": {"name": "CWE", "index": 0}}],
        rule={"id": "R1", "index": 0, "toolComponent": {"index": 0}},
        properties={"security-severity": "9.8", "tags": ["CWE-79"]},
    ),
    rules=[
        {
            "id": "R1",
            "name": "Name",
            "shortDescription": {"text": "short"},
            "fullDescription": {"text": "full"},
            "helpUri": "https://example.org",
            "messageStrings": {"default": {"text": "{0}"}},
            "defaultConfiguration": {"level": "note", "rank": 3.0},
            "properties": {"precision": "high", "tags": ["security"]},
            "relationships": [{"target": {"id": "79", "toolComponent": {"name": "CWE"}}}],
        }
    ],
    invocations=[
        {
            "executionSuccessful": True,
            "exitCode": 0,
            "toolExecutionNotifications": [{"level": "error", "message": {"text": "x"}}],
        }
    ],
    artifacts=[{"location": {"uri": "app.py"}}],
    originalUriBaseIds={"ROOT": {"uri": "file:///work/"}},
    versionControlProvenance=[{"revisionId": "0123456789"}],
)
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(),
    st.text(max_size=20),
    st.just([]),
    st.just({}),
    st.just([[]]),
    st.just({"text": 7}),
    st.just("\ud800"),
)


def paths_of(value, path=()):
    yield path
    items: Any = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, inner in items:
        yield from paths_of(inner, (*path, key))


PATHS = [path for path in paths_of(WHOLE) if path]


@settings(
    max_examples=400,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.sampled_from(PATHS), JUNK), min_size=1, max_size=3))
def test_wrong_types_anywhere(imported, changes):
    document = copy.deepcopy(WHOLE)
    for path, junk in changes:
        place = document
        try:
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = copy.deepcopy(junk)
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change took the place away
    outcome = imported(document)
    run = outcome.run
    assert run.handed_in == run.covered + run.not_covered_count
    assert len(outcome.findings) == run.covered
    known = {rule.id for rule in outcome.rules}
    assert all(each.rule_id in known for each in outcome.findings)
    # The notification of an error, or what is wrong, keeps it from being whole.
    if document["runs"] == WHOLE["runs"] and document["version"] == WHOLE["version"]:
        assert run.status is Status.PARTIAL


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes(imported, content):
    assert imported(content).run.status is Status.FAILED


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(min_value=0, max_value=len(json.dumps(WHOLE)) - 1))
def test_a_file_cut_short_is_never_whole(imported, length):
    outcome = imported(json.dumps(WHOLE).encode()[:length])
    assert (outcome.run.status, outcome.findings) == (Status.FAILED, ())


def test_a_long_text_everywhere(imported):
    long = "A" * 20_000 + "{0}" * 10_000
    described = {
        "id": long,
        "shortDescription": {"text": long},
        "fullDescription": {"text": long},
        "helpUri": "https://example.org/" + long,
        "properties": {"tags": [long] * 300},
    }
    outcome = imported(
        sarif(
            result(long, message={"text": long, "arguments": [long] * 100}),
            tool=long,
            rules=[described],
        )
    )
    (finding,) = outcome.findings
    (rule,) = outcome.rules
    assert max(map(len, (finding.message, rule.title, rule.why, rule.fix, rule.id))) <= 600
    assert rule.help_uri is None
    assert len(outcome.run.version or "") <= 200


def test_many_places_and_nested_arrays(imported):
    deep: list[object] = []
    for _ in range(150):
        deep = [deep]
    outcome = imported(
        sarif(result(relatedLocations=[result()["locations"][0]] * 50_000, codeFlows=[deep, *deep]))
    )
    assert [each.related for each in outcome.findings] == [()]
    assert outcome.run.status is Status.SUCCEEDED
