"""The store as a scan finds it: whole, damaged, of another layout or not there."""

import itertools
import json
import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopsec.model import Status
from shopsec.scan.dependencies.osv_record import parse
from shopsec.scan.dependencies.packages import Key
from shopsec.scan.dependencies.ranges import State, evaluate
from shopsec.scan.dependencies.store import Store
from shopsec.scan.dependencies.store_layout import FILE_NAME, StoredEcosystem, seal
from shopsec.scan.dependencies.store_update import update_store
from shopsec.scan.dependencies.store_writer import StoreWriter
from shopsec.scan.web import Web
from tests.dependencies.conftest import reasons
from tests.dependencies.osv_stub import Record, Stub, advisory, archive, serving

FILES = {"requirements.txt": "django==2.2.0\nidna==3.7\n"}
RECORDS = [
    advisory(f"X-{number}", "PyPI", "idna" if number == 7 else f"p{number}", ("introduced", "0"))
    for number in range(400)
]


@pytest.fixture
def store(tmp_path):
    """The path of a whole store."""
    path = tmp_path / "mirror" / "PyPI" / "all.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(archive(RECORDS))
    mirror = str(tmp_path / "mirror")
    update_store(tmp_path / "cache", mirror, ["PyPI"], Web(10), lambda _: None)
    return tmp_path / "cache" / FILE_NAME


def overwrite(path, **values):
    """Change every row, as a disk may."""
    with sqlite3.connect(path) as database:
        for place, value in values.items():
            table, column = place.split("__")
            database.execute(f"UPDATE {table} SET {column} = ?", (value,))
    database.close()
    sealed_anew(path)


def sealed_anew(path):
    """With the right checksum, as if a program had written it so."""
    size = path.stat().st_size
    os.truncate(path, size - size % 4_096)
    seal(path)


def altered(path, statement):
    """Change the tables."""
    with sqlite3.connect(path) as database:
        database.execute(statement)
    database.close()
    sealed_anew(path)


def advisories_of(text):
    return lambda path: overwrite(path, advisories__data=text)


DAMAGES = {
    "garbage": lambda path: path.write_bytes(b"garbage" * 1_000),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:9_000]),
    "cut after the header": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "no tables": lambda path: path.write_bytes(
        path.read_bytes()[:4096].replace(b"CREATE TABLE", b"CREATE TABEL")
    ),
    "rows of advisories": lambda path: overwrite(path, advisories__data="{"),
    "rows of packages": lambda path: overwrite(path, affected__data="[1]"),
    "a list": lambda path: overwrite(path, affected__data='["PyPI", 3, 4]'),
    "an event": lambda path: overwrite(
        path, affected__data='["PyPI", [["SEMVER", [["x", "1"]]]], []]'
    ),
    "nested too deeply": lambda path: overwrite(path, affected__data="[" * 50_000),
    "a version": lambda path: overwrite(
        path, affected__data='["PyPI", [["SEMVER", [["introduced", 1]]]], []]'
    ),
    "a list of versions": lambda path: overwrite(path, affected__data='["PyPI", [], [1]]'),
    "versions that are a text": lambda path: overwrite(path, affected__data='["PyPI", [], "37"]'),
    "an ecosystem": lambda path: overwrite(path, affected__data="[[], [], []]"),
    "advisories nested too deeply": lambda path: overwrite(path, advisories__data="[" * 50_000),
    **{
        f"advisories of {text}": advisories_of(text)
        for text in (
            "[]", "3", '"X-7"', '{"id": 7}', '{"id": "../X"}', '{"id": "X-7", "aliases": [3]}',
            '{"id": "X-7", "aliases": [[]]}', '{"id": "X-7", "aliases": 3}',
            '{"id": "X-7", "summary": []}', '{"id": "X-7", "summary": "\\ud800"}',
            '{"id": "X-7", "severity": [3]}', '{"id": "X-7", "severity": [["CVSS_V3", 3]]}',
            '{"id": "X-7", "word": 3}', '{"id": "X-7", "cwe": [79]}', '{"id": "X-7", "modified": 3}',
        )
    },
    "a date that is a number": lambda path: overwrite(path, ecosystems__date=5),
    "a date that is none": lambda path: overwrite(path, ecosystems__date="x"),
    "a date of no calendar": lambda path: overwrite(path, ecosystems__date="9999-99-99T00:00:00Z"),
    "a date of bytes": lambda path: overwrite(path, ecosystems__date=b"\xff"),
    "counts": lambda path: overwrite(path, ecosystems__refused="many"),
    "a name of bytes": lambda path: overwrite(path, ecosystems__name=b"PyPI"),
    "one column more": lambda path: altered(path, "ALTER TABLE ecosystems ADD COLUMN x"),
    "one column less": lambda path: altered(path, "ALTER TABLE ecosystems DROP COLUMN refused"),
    "another table": lambda path: altered(path, "ALTER TABLE affected RENAME TO x"),
    "bytes": lambda path: overwrite(path, affected__data=b"\xff\xfe"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_store_is_named_with_the_next_step(audit, store, name):
    DAMAGES[name](store)
    outcome = audit(FILES)
    named = reasons(outcome)
    assert set(named) == {"django==2.2.0", "idna==3.7"}
    assert all(why.startswith(f"{store}: ") for _, why in named.values())
    assert (outcome.run.status, outcome.run.covered) == (Status.FAILED, 0)
    assert outcome.run.message == "2 of 2 packages were not audited"
    assert outcome.run.next_step == "shopsec db update"
    # The embedded pack answers for what it knows.
    assert "CVE-2022-28346" in {finding.rule_id for finding in outcome.findings}


@pytest.mark.parametrize(
    "data", ["[3]", '"a"', '["PyPI", [["SEMVER", [["introduced", "0"]]]], [], 3]', "[" * 50_000]
)
def test_a_damaged_notice_is_named(audit, store, data):
    altered(store, "INSERT INTO malicious VALUES ('PyPI', 'idna', 'MAL-1', '', '', '')")
    overwrite(store, malicious__data=data)
    assert reasons(audit(FILES))["idna==3.7"][1].startswith(f"{store}: ")


def test_a_store_of_another_layout_is_named_with_the_next_step(audit, store):
    with sqlite3.connect(store) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    outcome = audit(FILES)
    assert reasons(outcome)["idna==3.7"] == (2, f"{store}: is of another version of shopsec")
    assert (outcome.run.status, outcome.run.next_step) == (Status.FAILED, "shopsec db update")


@pytest.fixture
def locked(monkeypatch):
    """A folder that this user may not look into (root may look into all of them)."""

    def lock(folder):
        real = Path.stat

        def stat(path, **options):
            if path.parent == folder:
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, **options)

        monkeypatch.setattr(Path, "stat", stat)

    return lock


def is_named_as_unreadable(outcome, store, why):
    reason = f"{store}: the store of advisories cannot be read: {why}"
    assert {each for _, each in reasons(outcome).values()} == {reason}
    assert outcome.run.status is Status.FAILED
    assert outcome.run.next_step == (
        f"make {store.parent} readable and writable, then shopsec db update"
    )
    assert "CVE-2022-28346" in {finding.rule_id for finding in outcome.findings}


def test_a_folder_that_cannot_be_read_is_named_with_the_next_step(audit, store, locked):
    locked(store.parent)
    is_named_as_unreadable(audit(FILES), store, "Permission denied")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_not_opened(audit, store, make):
    store.unlink()
    make(store)
    is_named_as_unreadable(audit(FILES), store, "is no file")


def test_a_loop_of_links_is_named(audit, store):
    store.unlink()
    store.symlink_to(store)
    is_named_as_unreadable(audit(FILES), store, "Too many levels of symbolic links")


def test_details_that_cannot_be_read_are_fetched(audit, store, locked):
    record = advisory("X-1", "PyPI", "idna", ("introduced", "0"))
    locked(store.parent)
    with serving(Stub(records=[record])) as stub:
        outcome = audit({"requirements.txt": "idna==3.7\n"}, stub.url)
    assert (outcome.run.status, len(outcome.findings)) == (Status.SUCCEEDED, 1)


@pytest.mark.parametrize("sealed", [True, False])
def test_flipped_bytes_are_never_a_crash(audit, store, sealed):
    whole = store.read_bytes()
    for at in range(0, len(whole), len(whole) // 25):
        noisy = bytearray(whole)
        noisy[at : at + 40] = bytes(each ^ 0x55 for each in noisy[at : at + 40])
        store.write_bytes(noisy)
        if sealed:
            sealed_anew(store)
        run = audit(FILES).run
        assert run.covered + run.not_covered_count == run.handed_in == 2
        assert sealed or run.covered == 0


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM affected WHERE name = 'idna'",
        "DELETE FROM advisories",
        'UPDATE affected SET data = \'["PyPI", [], ["9"]]\'',
        "UPDATE affected SET name = 'idnb' WHERE name = 'idna'",
    ],
)
def test_rows_that_were_changed_or_lost_are_no_clean_answer(audit, store, statement):
    with sqlite3.connect(store) as database:
        database.execute(statement)
    database.close()
    outcome = audit(FILES)
    assert {why for _, why in reasons(outcome).values()} == {
        f"{store}: the store of advisories is damaged: its checksum is another"
    }
    assert (outcome.run.status, outcome.run.next_step) == (Status.FAILED, "shopsec db update")


def test_a_store_that_lost_its_end_is_damaged(audit, store):
    whole = store.read_bytes()
    for end in (0, 1, 16, 60, 64, 100, 200, len(whole) - 32, len(whole) - 1):
        store.write_bytes(whole[:end])
        assert audit(FILES).run.covered == 0
    store.write_bytes(whole + b"x")
    assert audit(FILES).run.covered == 0


def test_other_programs_can_read_a_store(store):
    with sqlite3.connect(store) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("SELECT count(*) FROM affected").fetchall() == [(400,)]
    database.close()


def test_a_scan_only_reads(audit, store):
    before = (store.read_bytes(), sorted(store.parent.iterdir()))
    store.chmod(0o400)
    outcome = audit(FILES)
    assert [finding.rule_id for finding in outcome.findings if finding.rule_id == "X-7"] == ["X-7"]
    assert (store.read_bytes(), sorted(store.parent.iterdir())) == before


def test_no_store_has_no_ecosystems(tmp_path):
    assert Store(tmp_path / "gone").ecosystems() == {}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Put records into a new store and look versions of PyPI's package a up in it."""
    numbers = itertools.count()
    folder = tmp_path_factory.mktemp("stores")

    def look_up(records, ecosystem, versions):
        path = folder / f"{next(numbers)}.sqlite"
        writer = StoreWriter(path)
        for record in records:
            writer.add(ecosystem, record)
        writer.finish_ecosystem(StoredEcosystem(ecosystem, "2026-10-01", len(records), 0, 0))
        writer.close()
        return Store(path).look_up([Key(ecosystem, "a", version) for version in versions])

    return look_up


VERSIONS = ("0.9", "1.0", "1.0rc1", "1.1", "2", "2.0.1", "10.0", "2.0.post1")
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["introduced", "fixed", "last_affected", "limit"]),
        st.sampled_from(["0", *VERSIONS, "no version"]),
    ).map(lambda pair: {pair[0]: pair[1]}),
    max_size=4,
)
PACKAGES = st.fixed_dictionaries(
    {
        "package": st.sampled_from(
            [{"ecosystem": e, "name": n} for e in ("PyPI", "npm") for n in ("a", "A", "b")]
        ),
        "ranges": st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(["ECOSYSTEM", "GIT", "NEW"]), "events": EVENTS}
            ),
            max_size=2,
        ),
        "versions": st.lists(st.sampled_from([*VERSIONS, "no version"]), max_size=3),
    }
)
ADVISORIES = st.builds(
    lambda id_, affected: {"id": id_, "modified": "m", "affected": affected},
    st.sampled_from(["X-1", "MAL-1"]),
    st.lists(PACKAGES, max_size=3),
)


@given(document=ADVISORIES, ecosystem=st.sampled_from(["PyPI", "npm"]))
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_the_store_says_of_every_version_what_the_record_says(stored, document, ecosystem):
    record = parse(json.dumps(document).encode())
    names = {"a", "A"} if ecosystem == "PyPI" else {"a"}
    about = [
        each.affected for each in record.affected
        if each.affected.ecosystem == ecosystem and each.affected.name in names
    ]  # fmt: skip
    answer = stored([record], ecosystem, VERSIONS)
    for version in VERSIONS:
        key = Key(ecosystem, "a", version)
        states = {evaluate(each, version).state for each in about}
        affected = State.AFFECTED in states
        assert [each.id for each in answer.records[key]] == ([record.id] if affected else [])
        assert (key in answer.unanswered) == (not affected and State.CANNOT_TELL in states)


def test_an_advisory_of_two_ecosystems_is_in_both(stored):
    record: Record = {"id": "X-1", "modified": "m", "affected": [
        {"package": {"ecosystem": each, "name": "a"}, "versions": [version]}
        for each, version in (("PyPI", "1"), ("npm", "2.0.0"))]}  # fmt: skip
    for ecosystem, version in (("PyPI", "1"), ("npm", "2.0.0")):
        answer = stored([parse(json.dumps(record).encode())], ecosystem, ["1", "2.0.0"])
        assert [key.version for key, found in answer.records.items() if found] == [version]
