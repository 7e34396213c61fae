"""OSV's service in all its moods: whatever is not a whole answer is named, never clean."""

import datetime
import itertools
import sqlite3
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopsec.model import Status
from shopsec.scan.dependencies.osv_details import FILE_NAME, DetailCache
from shopsec.scan.dependencies.osv_service import OsvService, base_of
from shopsec.scan.dependencies.packages import Key
from shopsec.scan.web import Web
from tests.dependencies.conftest import reasons
from tests.dependencies.osv_stub import DJANGO, Stub, advisory, serving

FILES = {"requirements.txt": "django==2.2.0\nrequests>=2\nidna==3.7\n"}
ID = DJANGO["id"]
BATCH, DETAIL = "/v1/querybatch", f"/v1/vulns/{ID}"


def service(stub, folder, seconds=20):
    return OsvService(stub.url, Web(seconds, pause=0), DetailCache(folder), 2)


def keys(*names, version="1.0"):
    return [Key("PyPI", name, version) for name in names]


@pytest.mark.parametrize(
    ("mode", "message", "tries"),
    [
        ("405", "answered 405", 1),
        ("302", "leads elsewhere (302), which is not followed", 1),
        ("404", "answered 404", 1),
        ("429", "answered 429, 3 tries", 3),
        ("500", "answered 500, 3 tries", 3),
        ("503", "answered 503, 3 tries", 3),
        ("garbage", "answered something else than JSON", 1),
        ("short", "answered something else than JSON", 1),
        ("truncated", "the answer broke off (it is shorter than it says), 3 tries", 3),
        ("large", "the answer is larger than 33000 kB", 1),
        ("[]", "does not answer for every package", 1),
        ("{}", "does not answer for every package", 1),
        ('{"results": [{}]}', "does not answer for every package", 1),
        ('{"results": [{}, {}, {}]}', "does not answer for every package", 1),
        ('{"results": [{}, null]}', "the answer is not what the API documents", 1),
        ('{"results": [{}, []]}', "the answer is not what the API documents", 1),
        ('{"results": [{}, {"vulns": null}]}', "the answer is not what the API documents", 1),
        ('{"results": [{}, {"next_page_token": 1}]}', "the answer is not what the API documents",
         1),
        ('{"results": [{}, {"vulns": [{"id": "../x"}]}]}', "names an advisory without an id", 1),
        ('{"results": [{}, {"vulns": ["X-1"]}]}', "names an advisory without an id", 1),
    ],
)  # fmt: skip
def test_a_service_that_fails_is_named_and_never_clean(audit, waits, mode, message, tries):
    with serving(Stub(modes={BATCH: mode}, headers={"Location": "/elsewhere"})) as stub:
        outcome = audit(FILES, f"{stub.url}/v1/query")
    reason = f"{stub.url}{BATCH}: {message}"
    assert reasons(outcome) == {
        "django==2.2.0": (1, reason),
        "idna==3.7": (3, reason),
        "requests>=2": (2, "is not pinned to one version"),
    }
    assert stub.paths() == [BATCH] * tries
    assert waits == [0.5, 1.0][: tries - 1]
    assert (outcome.run.status, outcome.run.handed_in, outcome.run.covered) == (Status.FAILED, 3, 0)
    assert outcome.run.message == "2 of 2 packages were not audited"
    assert outcome.run.next_step == "run again; or shopsec db update, then scan with --offline"
    # What the embedded pack knows is told all the same.
    assert "CVE-2022-28346" in {finding.rule_id for finding in outcome.findings}


def test_the_wait_is_the_one_that_the_service_asks_for(tmp_path, waits):
    with serving(Stub(mode="429", headers={"Retry-After": "3"})) as stub:
        answer = service(stub, tmp_path).look_up(keys("django"))
    assert waits == [3.0, 3.0]
    assert list(answer.unanswered.values()) == [f"{stub.url}{BATCH}: answered 429, 3 tries"]


def test_a_wait_beyond_the_deadline_is_not_begun(tmp_path, waits):
    with serving(Stub(mode="429", headers={"Retry-After": "600"})) as stub:
        answer = service(stub, tmp_path, seconds=30).look_up(keys("django"))
    assert waits == []
    assert list(answer.unanswered.values()) == [f"{stub.url}{BATCH}: answered 429, 1 tries"]


def test_a_service_that_recovers_gives_the_whole_answer(tmp_path, waits):
    key = Key("PyPI", "django", "2.2.0")
    with serving(Stub(mode="503", good_from=2)) as stub:
        answer = service(stub, tmp_path).look_up([key])
    assert [record.id for record in answer.records[key]] == [ID]
    assert stub.paths() == [BATCH, BATCH, DETAIL, DETAIL]
    assert (answer.unanswered, len(waits)) == ({}, 2)


@pytest.mark.parametrize("mode", ["stalled", "dripping"])
def test_a_service_without_end_is_bounded_by_the_scanners_time(audit, mode):
    with serving(Stub(modes={BATCH: mode})) as stub:
        start = time.monotonic()
        outcome = audit(FILES, stub.url, seconds=1)
    assert time.monotonic() - start < 10
    assert outcome.run.status is Status.FAILED
    words = "did not answer in time, 1 tries" if mode == "stalled" else "took too long"
    line, reason = reasons(outcome)["idna==3.7"]
    assert line == 3
    assert words in reason or "broke off (did not answer in time)" in reason


def test_no_service_at_all(audit, waits):
    with serving(Stub()) as stub:
        url = stub.url
    outcome = audit(FILES, url)
    assert reasons(outcome)["idna==3.7"] == (3, f"{url}{BATCH}: cannot be reached, 3 tries")
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://x", "ftp://x/v1/querybatch: is no http or https address"),
        ("file:///etc", "file:///etc/v1/querybatch: is no http or https address"),
        ("http://[", "http://[/v1/querybatch: is no address"),
    ],
)
def test_an_address_that_is_none(audit, url, message):
    assert reasons(audit(FILES, url))["idna==3.7"] == (3, message)


@pytest.mark.parametrize(
    ("given_url", "base"),
    [
        (None, "https://api.osv.dev"),
        ("http://x:1/v1/query", "http://x:1"),
        ("http://x:1/osv/v1/query/", "http://x:1/osv"),
        ("http://x:1/", "http://x:1"),
    ],
)
def test_the_address_is_the_one_that_pip_audit_takes(given_url, base):
    assert base_of(given_url) == base


def test_a_thousand_packages_are_one_request(tmp_path):
    wanted = keys(*(f"p{number}" for number in range(1_001)))
    with serving(Stub()) as stub:
        answer = service(stub, tmp_path).look_up(wanted)
    assert [len(body["queries"]) for _, body in stub.asked] == [1_000, 1]
    assert set(answer.records) == set(wanted)
    assert answer.unanswered == {}


def test_a_batch_that_fails_costs_its_own_packages_only(tmp_path, waits):
    wanted = keys(*(f"p{number}" for number in range(1_001)))
    with serving(Stub(mode="500", after=1)) as stub:
        answer = service(stub, tmp_path).look_up(wanted)
    assert set(answer.records) == set(wanted[:1_000])
    assert set(answer.unanswered) == {wanted[-1]}


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_all_pages_are_read(tmp_path, page):
    records = [advisory(f"X-{n}", "PyPI", "a", ("introduced", "0")) for n in range(5)]
    with serving(Stub(records=records, page=page)) as stub:
        (key, other) = keys("a", "b")
        answer = service(stub, tmp_path).look_up([key, other])
    assert sorted(record.id for record in answer.records[key]) == [f"X-{n}" for n in range(5)]
    assert answer.records[other] == []
    batches = [body["queries"] for path, body in stub.asked if path == BATCH]
    assert len(batches) == -(-5 // page)
    assert all(query["package"]["name"] == "a" for batch in batches[1:] for query in batch)


def test_pages_without_end_are_given_up(tmp_path):
    with serving(Stub(modes={BATCH: '{"results": [{"next_page_token": "again"}]}'})) as stub:
        answer = service(stub, tmp_path).look_up(keys("a"))
    assert list(answer.unanswered.values()) == [f"{stub.url}: answers without end"]
    assert len(stub.asked) == 50


def test_a_page_that_fails_makes_the_package_unanswered(tmp_path, waits):
    records = [advisory(f"X-{n}", "PyPI", "a", ("introduced", "0")) for n in range(2)]
    with serving(Stub(records=records, page=1, mode="500", after=1)) as stub:
        answer = service(stub, tmp_path).look_up(keys("a"))
    assert answer.records == {}
    assert list(answer.unanswered) == keys("a")


def test_names_are_asked_for_as_they_are_written_too(tmp_path):
    with serving(Stub()) as stub:
        service(stub, tmp_path).look_up([Key("NuGet", "a.b", "1", ("A.B",)), Key("PyPI", "c", "1")])
    asked = [query["package"]["name"] for query in stub.asked[0][1]["queries"]]
    assert asked == ["A.B", "a.b", "c"]


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("500", "answered 500, 3 tries"),
        ("404", "answered 404"),
        ("truncated", "the answer broke off (it is shorter than it says), 3 tries"),
        ("large", "the answer is larger than 20000 kB"),
    ],
)
def test_details_that_cannot_be_had_leave_the_finding_and_a_gap(audit, waits, mode, message):
    record = advisory("X-1", "PyPI", "a", ("introduced", "0"))
    with serving(Stub(records=[record], modes={"/v1/vulns/": mode})) as stub:
        outcome = audit({"requirements.txt": "a==1\nb==1\n"}, stub.url)
    assert [finding.message for finding in outcome.findings] == ["a 1: X-1"]
    assert reasons(outcome) == {"a==1": (1, f"{stub.url}/v1/vulns/X-1: {message}")}
    assert (outcome.run.status, outcome.run.covered) == (Status.PARTIAL, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("garbage", "record 1: is not JSON"),
        ("[]", "record 1: is not a JSON object"),
        ('{"id": "X-2"}', "X-1: the service answers with another advisory"),
        ('{"id": "X-1", "affected": 3}', "X-1: 'affected' is not a list of objects"),
    ],
)
def test_details_that_are_none_leave_the_finding_and_a_gap(tmp_path, text, message):
    record = advisory("X-1", "PyPI", "a", ("introduced", "0"))
    with serving(Stub(records=[record], modes={"/v1/vulns/": text})) as stub:
        answer = service(stub, tmp_path).look_up(keys("a"))
    assert [each.id for each in answer.records[keys("a")[0]]] == ["X-1"]
    assert answer.unanswered == {keys("a")[0]: message}
    assert not (tmp_path / FILE_NAME).exists()


def test_a_withdrawn_advisory_affects_nothing(tmp_path):
    record = advisory("X-1", "PyPI", "a", ("introduced", "0"), withdrawn="2026-01-01T00:00:00Z")
    with serving(Stub(records=[record])) as stub:
        answer = service(stub, tmp_path).look_up(keys("a"))
    assert (answer.records, answer.unanswered) == ({keys("a")[0]: []}, {})


def test_details_are_fetched_once_for_each_change(tmp_path):
    key = Key("PyPI", "django", "2.2.0")
    with serving(Stub(records=[dict(DJANGO)])) as stub:

        def look_up():
            stub.asked.clear()
            (record,) = service(stub, tmp_path).look_up([key]).records[key]
            return record.summary, stub.paths()

        assert look_up() == ("SQL Injection in Django", [BATCH, DETAIL])
        assert look_up() == ("SQL Injection in Django", [BATCH])
        stub.records[0] |= {"modified": "2026-11-02T00:00:00Z", "summary": "Changed"}
        assert look_up() == ("Changed", [BATCH, DETAIL])
        assert look_up() == ("Changed", [BATCH])  # fmt: skip


@pytest.mark.parametrize("damage", ["garbage", "empty", "folder", "other tables", "other rows"])
def test_a_damaged_cache_costs_requests_only(tmp_path, damage):
    path = tmp_path / FILE_NAME
    if damage == "folder":
        path.mkdir()
    elif damage in {"garbage", "empty"}:
        path.write_bytes(b"garbage " * 1_000 if damage == "garbage" else b"")
    else:
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE advisories (id PRIMARY KEY, modified, data)")
            row = (ID, DJANGO["modified"], 3 if damage == "other tables" else '{"id": 3}')
            database.execute("INSERT INTO advisories VALUES (?, ?, ?)", row)
        database.close()
    key = Key("PyPI", "django", "2.2.0")
    with serving(Stub()) as stub:
        for _ in range(2):
            (record,) = service(stub, tmp_path).look_up([key]).records[key]
            assert record.summary == "SQL Injection in Django"
    assert stub.paths()[:2] == [BATCH, DETAIL]


def test_the_cache_forgets_what_was_fetched_longest_ago(tmp_path, monkeypatch):
    monkeypatch.setattr("shopsec.scan.dependencies.osv_details._MOST", 3)
    cache = DetailCache(tmp_path)
    names = [(f"X-{number}", "m") for number in range(5)]
    for name in names:
        cache.write({name: f'{{"id": "{name[0]}"}}'.encode()})
    assert set(cache.read(set(names))) == set(names[2:])


CHANGES = itertools.count()
LINES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("abcdef"), st.integers(1, 3)).map(lambda p: f"{p[0]}=={p[1]}"),
        st.sampled_from(["x>=2", "-r gone.txt", "==", "y", "# z", "", "-e ./q"]),
    ),
    max_size=12,
)


@given(lines=LINES, failing=st.booleans())
@settings(max_examples=25, deadline=datetime.timedelta(seconds=30),
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_audited_and_named_are_all_that_was_read(audit, waits, lines, failing):
    changed = f"change {next(CHANGES)}"  # so that no example finds another's in the cache
    records = [advisory("X-1", "PyPI", "a", ("introduced", "2"), modified=changed)]
    modes = {"/v1/vulns/": "500"} if failing else {}
    with serving(Stub(records=records, modes=modes)) as stub:
        outcome = audit({"requirements.txt": "\n".join(lines)}, stub.url)
    named = [line for line in lines if line and not line.startswith("#")]
    pinned = [line for line in named if "==" in line and line != "=="]
    bad = [line for line in pinned if failing and line in {"a==2", "a==3"}]
    assert outcome.run.handed_in == len(named)
    assert outcome.run.covered == len(pinned) - len(bad)
    assert outcome.run.covered + outcome.run.not_covered_count == outcome.run.handed_in


def test_without_a_folder_no_advisory_is_kept():
    cache = DetailCache(None)
    cache.write({("GHSA-1", "2026-01-01"): b"{}"})
    assert cache.read({("GHSA-1", "2026-01-01")}) == {}
