"""The store as a scan finds it: whole, damaged, of another layout or not there."""

import sqlite3

import pytest

from shopsec.model import Status
from shopsec.scan.dependencies.store import FILE_NAME, Store
from shopsec.scan.dependencies.store_update import update_store
from shopsec.scan.web import Web
from tests.dependencies.conftest import reasons
from tests.dependencies.osv_stub import advisory, archive

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
    "bytes": lambda path: overwrite(path, affected__data=b"\xff\xfe"),
}


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


def test_a_store_of_another_layout_is_named_with_the_next_step(audit, store):
    with sqlite3.connect(store) as database:
        database.execute("PRAGMA user_version = 2")
    database.close()
    outcome = audit(FILES)
    assert reasons(outcome)["idna==3.7"] == (2, f"{store}: is of another version of shopsec")
    assert (outcome.run.status, outcome.run.next_step) == (Status.FAILED, "shopsec db update")


def test_flipped_bytes_are_never_a_crash(audit, store):
    whole = store.read_bytes()
    for at in range(0, len(whole), len(whole) // 60):
        noisy = bytearray(whole)
        noisy[at : at + 40] = bytes(each ^ 0x55 for each in noisy[at : at + 40])
        store.write_bytes(noisy)
        run = audit(FILES).run
        assert run.covered + run.not_covered_count == run.handed_in == 2


def test_a_scan_only_reads(audit, store):
    before = (store.read_bytes(), sorted(store.parent.iterdir()))
    store.chmod(0o400)
    outcome = audit(FILES)
    assert [finding.rule_id for finding in outcome.findings if finding.rule_id == "X-7"] == ["X-7"]
    assert (store.read_bytes(), sorted(store.parent.iterdir())) == before


def test_no_store_has_no_ecosystems(tmp_path):
    assert Store(tmp_path / "gone").ecosystems() == {}
