import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopsec.errors import ScannerError
from shopsec.scan.dependencies.osv_record import (
    AffectedPackage,
    OsvRecord,
    Reference,
    SeverityVector,
    parse,
)
from shopsec.scan.dependencies.ranges import Affected, Event, EventKind, Range

V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
RECORD = {
    "schema_version": "1.7.0",
    "id": "GHSA-aaaa-bbbb-cccc",
    "modified": "2024-05-01T00:00:00Z",
    "withdrawn": "2024-06-01T00:00:00Z",
    "aliases": ["CVE-2024-1"],
    "related": ["CVE-2024-2"],
    "upstream": ["CVE-2024-3"],
    "summary": "A cart can be emptied by others",
    "severity": [{"type": "CVSS_V3", "score": V3}],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "cart"},
            "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}]},
                {"type": "GIT", "repo": "x", "events": [{"introduced": "0", "limit": "abc"}]},
            ],
            "versions": ["1.0", "1.1"],
            "severity": [{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"}],
        },
        {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]},
        {"package": {"ecosystem": "npm", "name": "cart"}, "versions": ["2.0.0"]},
    ],
    "references": [{"type": "FIX", "url": "https://example.org/fix"}],
    "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-862"]},
}


def parsed(**changed):
    kept = {name: value for name, value in (RECORD | changed).items() if value is not None}
    return parse(json.dumps(kept).encode())


def test_every_field():
    assert parsed() == OsvRecord(
        id="GHSA-aaaa-bbbb-cccc",
        modified="2024-05-01T00:00:00Z",
        withdrawn="2024-06-01T00:00:00Z",
        aliases=("CVE-2024-1",),
        related=("CVE-2024-2",),
        upstream=("CVE-2024-3",),
        summary="A cart can be emptied by others",
        severity=(SeverityVector("CVSS_V3", V3),),
        severity_word="HIGH",
        cwe_ids=("CWE-862",),
        affected=(
            AffectedPackage(
                Affected(
                    "PyPI",
                    "cart",
                    (
                        Range(
                            "ECOSYSTEM",
                            (Event(EventKind.INTRODUCED, "0"), Event(EventKind.FIXED, "1.2")),
                        ),
                        Range(
                            "GIT",
                            (Event(EventKind.INTRODUCED, "0"), Event(EventKind.LIMIT, "abc")),
                        ),
                    ),
                    ("1.0", "1.1"),
                ),
                (SeverityVector("CVSS_V4", "CVSS:4.0/AV:N"),),
            ),
            AffectedPackage(Affected("npm", "cart", (), ("2.0.0",))),
        ),
        references=(Reference("FIX", "https://example.org/fix"),),
    )


def test_least():
    assert parse(b'{"id": "X-1"}') == OsvRecord(id="X-1", modified="")


@pytest.mark.parametrize(
    ("record_id", "malicious"), [("MAL-2025-1", True), ("GHSA-MAL-", False), ("CVE-2024-1", False)]
)
def test_malicious(record_id, malicious):
    assert parsed(id=record_id).is_malicious is malicious


@pytest.mark.parametrize("junk", [None, 1, "x", [1, None, {"type": 1}], {"a": {}}, [[]], True])
def test_fields_that_decide_nothing_may_be_junk(junk):
    for name in ("aliases", "related", "upstream", "severity", "references", "database_specific"):
        assert parsed(**{name: junk}).affected == parsed().affected
    assert parsed(withdrawn=junk, summary=junk).affected == parsed().affected


def package(**fields):
    return [{"package": {"ecosystem": "npm", "name": "x"}, **fields}]


@pytest.mark.parametrize(
    ("affected", "message"),
    [
        ("x", "'affected' is not a list of objects"),
        ([1], "'affected' is not a list of objects"),
        ([{"package": {"ecosystem": "npm"}}], "'package' has no name or no ecosystem"),
        ([{"package": {"ecosystem": "", "name": "x"}}], "'package' has no name or no ecosystem"),
        ([{"package": "x"}], "'package' has no name or no ecosystem"),
        (package(versions="1.0"), "'versions' is not a list of texts"),
        (package(versions=[1]), "'versions' is not a list of texts"),
        (package(ranges={}), "'ranges' is not a list of objects"),
        (package(ranges=[{"events": []}]), "'type' of a range is not a text"),
        (package(ranges=[{"type": "SEMVER", "events": "x"}]), "'events' is not a list of objects"),
        (
            package(ranges=[{"type": "SEMVER", "events": [{"introduced": 0}]}]),
            "'events' has one that is not in the schema",
        ),
        (
            package(ranges=[{"type": "SEMVER", "events": [{"mended": "1"}]}]),
            "'events' has one that is not in the schema",
        ),
    ],
)
def test_what_decides_a_match_must_be_right(affected, message):
    with pytest.raises(ScannerError) as caught:
        parsed(affected=affected)
    assert caught.value.message == f"GHSA-aaaa-bbbb-cccc: {message}"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "record 7: is not JSON"),
        (b"{", "record 7: is not JSON"),
        (b"\xff\xfe", "record 7: is not JSON"),
        (b"[" * 100_000, "record 7: is not JSON"),
        (b"[]", "record 7: is not a JSON object"),
        (b"{}", "record 7: has no id"),
        (b'{"id": 1}', "record 7: has no id"),
        (b'{"id": ""}', "record 7: has no id"),
        (b'{"id": "\\u001b[31m"}', "record 7: has no id"),
        (b'{"id": "X-1, X-2"}', "record 7: has no id"),
        (b'{"id": "../X-1"}', "record 7: has no id"),
        (b'{"id": "' + b"A" * 129 + b'"}', "record 7: has no id"),
        (b'{"id": "X", "summary": "\\ud800"}', "record 7: has text that is not Unicode"),
    ],
)
def test_garbage_is_named_by_its_number(data, message):
    with pytest.raises(ScannerError) as caught:
        parse(data, 7)
    assert caught.value.message == message


def test_escaped_pairs_are_text():
    assert parse(b'{"id": "X", "summary": "\\ud83d\\ude00"}').summary == "\U0001f600"


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "package",
                    "ranges",
                    "versions",
                    "events",
                    "type",
                    "introduced",
                    "name",
                    "ecosystem",
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*RECORD, "id"]), anything))
@settings(deadline=None)  # how long it takes is another test's matter
def test_any_object_gives_a_record_or_a_scanner_error(document):
    try:
        record = parse(json.dumps(document).encode())
    except ScannerError:
        return
    assert record.id == document["id"]


@given(st.binary())
def test_any_bytes_give_a_record_or_a_scanner_error(data):
    with contextlib.suppress(ScannerError):
        parse(data)


@pytest.mark.parametrize(
    "alias", ["", " ", "CVE 1", "a\nb", "../x", "<b>", "-1", "\u00e4", "\x1b[31m", "A" * 129]
)
def test_what_is_no_id_is_no_other_name(alias):
    document = {"id": "X-1", "aliases": [alias, "CVE-2024-1", "A" * 128]}
    assert parse(json.dumps(document).encode()).aliases == ("CVE-2024-1", "A" * 128)
