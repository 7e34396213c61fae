"""Making the store: whole and new, or as it was, byte for byte."""

import datetime
import io
import json
import os
import resource
import sqlite3
import subprocess
import sys
import time
import zipfile

import pytest

from shopsec.errors import RefreshError
from shopsec.scan.dependencies import store_update, store_writer
from shopsec.scan.dependencies.packages import Key
from shopsec.scan.dependencies.store import Store
from shopsec.scan.dependencies.store_layout import FILE_NAME, StoredEcosystem
from shopsec.scan.dependencies.store_update import update_store
from shopsec.scan.web import Web
from tests.dependencies.osv_stub import Stub, advisory, archive, serving

A = advisory("X-1", "PyPI", "a", ("introduced", "0"), ("fixed", "2"))
B = advisory("X-2", "npm", "b", ("introduced", "0"), range_type="SEMVER")
MAL = advisory("MAL-1", "npm", "evil", ("introduced", "0"), modified="2026-11-03T01:02:03Z")
GONE = advisory("X-3", "PyPI", "a", ("introduced", "0"), withdrawn="2026-01-01T00:00:00Z",
                modified="2026-11-01T00:00:00Z")  # fmt: skip
KEY = Key("PyPI", "a", "1")


def quiet(_):
    pass


def make(folder, origin, *ecosystems, say=quiet):
    return update_store(folder, str(origin), ecosystems, Web(20, pause=0), say)


@pytest.fixture
def mirror(tmp_path):
    def put(**archives):
        for name, content in archives.items():
            path = tmp_path / "mirror" / name / "all.zip"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else archive(content))
        return tmp_path / "mirror"

    return put


@pytest.fixture
def folder(tmp_path, mirror):
    """A cache with a store."""
    make(tmp_path / "cache", mirror(PyPI=[A]), "PyPI")
    return tmp_path / "cache"


@pytest.fixture
def unchanged(folder):
    """Check that an update fails, and that the store is what it was, byte for byte."""

    def run(call, *left):
        before = (folder / FILE_NAME).read_bytes()
        with pytest.raises(RefreshError) as caught:
            call()
        assert (folder / FILE_NAME).read_bytes() == before
        assert sorted(each.name for each in folder.iterdir()) == sorted([FILE_NAME, *left])
        return caught.value

    return run


def test_a_store_is_made_and_says_what_it_holds(tmp_path, mirror):
    said: list[str] = []
    stored = make(tmp_path / "new" / "cache", mirror(PyPI=[A, GONE], npm=[B, MAL]), "npm", "PyPI",
                  "npm", say=said.append)  # fmt: skip
    assert stored == [
        StoredEcosystem("PyPI", "2026-11-01T00:00:00Z", 1, 0, 0),
        StoredEcosystem("npm", "2026-11-03T01:02:03Z", 1, 1, 0),
    ]
    assert said == ["PyPI: reading all.zip", "npm: reading all.zip"]
    made = Store(tmp_path / "new" / "cache" / FILE_NAME)
    assert list(made.ecosystems().values()) == stored
    evil = Key("npm", "evil", "1.0.0")
    answer = made.look_up([KEY, evil, Key("PyPI", "a", "2"), Key("Go", "x", "1.0.0")])
    assert {str(key): [each.id for each in found] for key, found in answer.records.items()} == {
        "a==1": ["X-1"], "evil 1.0.0": ["MAL-1"], "a==2": [],
    }  # fmt: skip
    assert answer.unanswered == {Key("Go", "x", "1.0.0"): "the local store has no advisories of Go"}


def test_other_ecosystems_are_kept(folder, mirror):
    make(folder, mirror(npm=[B, MAL], Go=[advisory("G-1", "Go", "x", ("introduced", "0"))]), "npm")
    make(folder, mirror(), "Go")
    stored = Store(folder / FILE_NAME)
    assert [(each.name, each.advisories, each.malicious)
            for each in stored.ecosystems().values()] == [
        ("PyPI", 1, 0), ("npm", 1, 1), ("Go", 1, 0),
    ]  # fmt: skip
    keys = [KEY, Key("npm", "b", "1.0.0"), Key("npm", "evil", "1.0.0"), Key("Go", "x", "1.0.0")]
    found = stored.look_up(keys).records
    assert [found[key][0].id for key in keys] == ["X-1", "X-2", "MAL-1", "G-1"]
    make(folder, mirror(PyPI=[advisory("X-9", "PyPI", "a", ("introduced", "0"))]), "PyPI")
    assert [stored.look_up([key]).records[key][0].id for key in keys] == [
        "X-9", "X-2", "MAL-1", "G-1",
    ]  # fmt: skip


def test_a_folder_with_signs_of_addresses_in_its_name(tmp_path, mirror):
    odd = tmp_path / "a?mode=rw#b %41"
    make(odd, mirror(PyPI=[A], npm=[B]), "PyPI")
    make(odd, mirror(), "npm")
    assert set(Store(odd / FILE_NAME).ecosystems()) == {"PyPI", "npm"}
    assert [each.name for each in odd.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize("old", [b"", b"garbage" * 999, "layout"])
def test_a_store_that_cannot_be_read_is_made_anew_and_that_is_said(folder, mirror, old):
    path = folder / FILE_NAME
    if old == "layout":
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA user_version = 99")
        database.close()
    else:
        path.write_bytes(old)
    said: list[str] = []
    make(folder, mirror(npm=[B]), "npm", say=said.append)
    assert [line for line in said if line.endswith(": nothing of it is kept")] == said[:1]
    assert set(Store(path).ecosystems()) == {"npm"}


def damaged_zips():
    good = archive([A] * 1)
    flipped = bytearray(good)
    flipped[60] ^= 255  # in the compressed record
    encrypted = bytearray(good)
    encrypted[6] |= 1
    encrypted[good.index(b"PK\x01\x02") + 8] |= 1
    method = bytearray(good)
    method[8] = method[good.index(b"PK\x01\x02") + 10] = 99
    return {
        "empty": b"", "html": b"<html>", "cut": good[:-30], "half": good[: len(good) // 2],
        "flipped": bytes(flipped), "encrypted": bytes(encrypted), "method": bytes(method),
        "no records": archive([]), "only withdrawn": archive([GONE]),
        "only garbage": archive([b"{"] * 3), "two of a hundred": archive([A] + [b"{"] * 3),
        "gzip": b"\x1f\x8b" + good,
    }  # fmt: skip


ZIPS = damaged_zips()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", sorted(set(ZIPS) - {"gzip"}))
def test_an_archive_that_is_not_whole_changes_nothing(folder, mirror, unchanged, name):
    error = unchanged(lambda: make(folder, mirror(npm=[B], PyPI=ZIPS[name]), "npm", "PyPI"))
    assert "PyPI/all.zip: " in error.message
    assert error.exit_code == 3


def test_an_archive_cut_off_anywhere_changes_nothing(folder, mirror, unchanged):
    whole = archive([A, B])
    for end in range(0, len(whole), 7):
        unchanged(lambda end=end: make(folder, mirror(PyPI=whole[:end]), "PyPI"))


def test_a_damaged_archive_gives_a_store_or_a_named_error(folder, mirror):
    whole = archive([A] * 1)
    for at in range(len(whole)):
        noisy = bytearray(whole)
        noisy[at] ^= 0x5A
        try:
            make(folder, mirror(PyPI=bytes(noisy)), "PyPI")
        except RefreshError as error:
            assert "PyPI/all.zip: " in error.message  # noqa: PT017 -- both ends are right
        assert Store(folder / FILE_NAME).ecosystems()["PyPI"].advisories == 1


def test_a_few_records_that_cannot_be_read_are_counted(folder, mirror):
    records = [advisory(f"X-{n}", "PyPI", "a", ("introduced", "0")) for n in range(300)]
    (stored,) = make(folder, mirror(PyPI=[*records, b"{", b"[]", b"\xff"]), "PyPI")
    assert (stored.advisories, stored.refused) == (300, 3)
    (database,) = Store(folder / FILE_NAME).look_up([]).databases
    assert (database.name, database.date) == (
        "OSV PyPI, 300 advisories, 3 records unreadable", "2026-10-01",
    )  # fmt: skip


def test_more_than_one_record_in_a_hundred_is_too_much(folder, mirror, unchanged):
    records = [advisory(f"X-{n}", "PyPI", "a", ("introduced", "0")) for n in range(100)]
    error = unchanged(lambda: make(folder, mirror(PyPI=[*records, *[b"{"] * 3]), "PyPI"))
    assert error.message.endswith("holds 100 advisories and 3 records that cannot be read")


def test_a_time_that_is_none_makes_no_store_newer(folder, mirror):
    odd = advisory("X-2", "PyPI", "a", ("introduced", "0"), modified="zzzz")
    (stored,) = make(folder, mirror(PyPI=[A, odd]), "PyPI")
    assert stored.date == A["modified"]


TODAY = datetime.datetime.now(tz=datetime.UTC).date().isoformat()


@pytest.mark.parametrize(
    "modified",
    ["9999-99-99T00:00:00Z", "2026-02-30T00:00:00Z", "\u0669" * 4 + "-11-11T00:00:00Z",
     "9998-01-01T\u0660", "9998-W01-1T00:00:00Z"],
)  # fmt: skip
def test_a_day_that_no_calendar_has_makes_no_store_newer(folder, mirror, modified):
    odd = advisory("X-2", "PyPI", "a", ("introduced", "0"), modified=modified)
    (stored,) = make(folder, mirror(PyPI=[A, odd]), "PyPI")
    assert stored.date == A["modified"]


@pytest.mark.parametrize(
    ("modified", "said"),
    [
        ("9998-01-01T00:00:00Z", f"PyPI: an advisory is of 9998-01-01; it is taken as of {TODAY}"),
        (None, f"PyPI: no advisory tells when it was changed; it is taken as of {TODAY}"),
    ],
)
def test_no_store_is_newer_than_its_update(folder, mirror, modified, said):
    lines: list[str] = []
    record = advisory("X-2", "PyPI", "a", ("introduced", "0"), modified=modified)
    (stored,) = make(folder, mirror(PyPI=[record]), "PyPI", say=lines.append)
    assert (stored.date, lines[-1]) == (TODAY, said)


def bomb(size):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("X-1.json", b" " * size)
    return buffer.getvalue()


def test_a_bomb_is_not_unpacked(folder, mirror, unchanged):
    content = bomb(20_000_001)
    assert len(content) < 30_000
    error = unchanged(lambda: make(folder, mirror(PyPI=content), "PyPI"))
    assert error.message.endswith("all.zip: unpacks to more than advisories can be")


def test_many_records_that_are_a_bomb_together(folder, mirror, unchanged, monkeypatch):
    monkeypatch.setattr(store_update, "_ALL_BYTES", 1_000)
    records = [advisory(f"X-{n}", "PyPI", "a", ("introduced", "0")) for n in range(10)]
    error = unchanged(lambda: make(folder, mirror(PyPI=records), "PyPI"))
    assert error.message.endswith("all.zip: unpacks to more than advisories can be")


def test_a_bomb_that_lies_about_its_size(folder, mirror, unchanged):
    content = bytearray(bomb(5_000_000))
    small = (100).to_bytes(4, "little")
    content[22:26] = small
    central = content.index(b"PK\x01\x02")
    content[central + 24 : central + 28] = small
    error = unchanged(lambda: make(folder, mirror(PyPI=bytes(content)), "PyPI"))
    assert "is no whole zip archive" in error.message


@pytest.mark.parametrize("target", ["os.replace", "os.fsync", "tempfile.mkstemp"])
def test_a_disk_that_is_full_changes_nothing(folder, mirror, unchanged, monkeypatch, target):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(target, full)
    error = unchanged(lambda: make(folder, mirror(npm=[B]), "npm"))
    assert error.message == f"{folder}: the store cannot be written: No space left on device"
    assert error.hint == "the store that was there is kept"


@pytest.mark.parametrize("step", ["add", "copy", "finish_ecosystem", "close"])
def test_a_database_that_fails_at_any_step_changes_nothing(
    folder, mirror, unchanged, monkeypatch, step
):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store_writer.StoreWriter, step, full)
    error = unchanged(lambda: make(folder, mirror(npm=[B]), "npm"))
    assert error.message == f"{folder}: the store cannot be written: database or disk is full"


def limited():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_a_disk_that_fills_while_writing_changes_nothing(folder, mirror, unchanged):
    records = [advisory(f"X-{n}", "PyPI", f"a{n}", ("introduced", "0")) for n in range(3_000)]
    origin = mirror(PyPI=records)
    program = (
        "import signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from pathlib import Path\n"
        "from shopsec.errors import RefreshError\n"
        "from shopsec.scan.dependencies.store_update import update_store\n"
        "from shopsec.scan.web import Web\n"
        "try: update_store(Path(sys.argv[1]), sys.argv[2], ['PyPI'], Web(9), str)\n"
        "except RefreshError as error: sys.exit(error.message)\n"
    )

    def run():
        ended = subprocess.run([sys.executable, "-c", program, str(folder), str(origin)],
                               preexec_fn=limited, capture_output=True, text=True, check=False,
                               env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
        assert ended.returncode == 1
        raise RefreshError(ended.stderr.strip())

    error = unchanged(run)
    assert error.message.startswith(f"{folder}: the store cannot be written: ")


def test_an_ecosystem_that_nobody_audits(folder, unchanged, tmp_path):
    error = unchanged(lambda: make(folder, tmp_path, "PyPI", "Hex"))
    assert error.message == "Hex: is no ecosystem that is audited"


def test_a_copy_that_is_not_there(folder, unchanged, tmp_path):
    error = unchanged(lambda: make(folder, tmp_path / "gone", "PyPI"))
    assert error.message == f"{tmp_path}/gone/PyPI/all.zip: no such file"
    assert error.hint == (
        "copy https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip there"
    )


PATH = "/PyPI/all.zip"
PART, TAG = "PyPI.zip.part", "PyPI.zip.etag"
NEW = archive([advisory(f"X-{n}", "PyPI", "a", ("introduced", "0")) for n in range(200)])


def test_a_download_in_one_piece(folder):
    with serving(Stub(files={PATH: NEW, "/crates.io/all.zip": archive([
        advisory("R-1", "crates.io", "x", ("introduced", "0"))])})) as stub:  # fmt: skip
        stored = make(folder, f"{stub.url}/", "PyPI", "crates.io")
    assert [(each.name, each.advisories) for each in stored] == [("PyPI", 200), ("crates.io", 1)]
    assert stub.asked == [(PATH, None), ("/crates.io/all.zip", None)]
    assert [each.name for each in folder.iterdir()] == [FILE_NAME]


@pytest.fixture
def broken_off(folder, unchanged):
    """A download that broke off after 1,000 bytes."""
    with serving(Stub(files={PATH: NEW}, break_at=1_000)) as stub:
        error = unchanged(lambda: make(folder, stub.url, "PyPI"), PART, TAG)
    assert error.message == f"{stub.url}{PATH}: the answer broke off (it is shorter than it says)"
    assert (folder / PART).read_bytes() == NEW[:1_000]


@pytest.mark.usefixtures("broken_off")
class TestAfterABreak:
    def test_it_goes_on_where_it_ended(self, folder):
        with serving(Stub(files={PATH: NEW})) as stub:
            (stored,) = make(folder, stub.url, "PyPI")
        assert (stored.advisories, stub.asked) == (200, [(PATH, "bytes=1000-")])
        assert [each.name for each in folder.iterdir()] == [FILE_NAME]

    def test_a_file_that_changed_is_fetched_from_the_start(self, folder):
        with serving(Stub(files={PATH: archive([A, GONE])})) as stub:
            (stored,) = make(folder, stub.url, "PyPI")
        assert (stored.advisories, stub.asked) == (1, [(PATH, "bytes=1000-")])

    def test_a_server_that_refuses_the_range_is_asked_again(self, folder):
        (folder / PART).write_bytes(NEW)
        with serving(Stub(files={PATH: NEW}, bare_416=True)) as stub:
            (stored,) = make(folder, stub.url, "PyPI")
        assert stored.advisories == 200
        assert stub.asked == [(PATH, f"bytes={len(NEW)}-"), (PATH, None)]

    def test_a_part_that_is_longer_than_the_file_is_fetched_again(self, folder):
        (folder / PART).write_bytes(NEW + b"x")
        with serving(Stub(files={PATH: NEW})) as stub:
            assert make(folder, stub.url, "PyPI")[0].advisories == 200
        assert stub.asked == [(PATH, f"bytes={len(NEW) + 1}-"), (PATH, None)]

    def test_a_part_that_is_whole_and_damaged_is_dropped(self, folder, unchanged):
        (folder / PART).write_bytes(b"x" * len(NEW))
        with serving(Stub(files={PATH: NEW})) as stub:
            error = unchanged(lambda: make(folder, stub.url, "PyPI"), TAG)
            assert "is no whole zip archive" in error.message
            assert make(folder, stub.url, "PyPI")[0].advisories == 200

    @pytest.mark.parametrize(
        "tag", [b"", b"\xff\xfe", b"a\nb: c", b'"a\r\nb: c"', '"\u00e4"'.encode(), b'"' * 5_000]
    )
    def test_a_damaged_tag_is_none(self, folder, tag):
        (folder / TAG).write_bytes(tag)
        with serving(Stub(files={PATH: NEW})) as stub:
            make(folder, stub.url, "PyPI")
        assert stub.asked == [(PATH, None)]

    def test_a_server_that_always_refuses_it_is_not_asked_for_ever(self, folder, unchanged):
        with serving(Stub(files={PATH: NEW}, mode="416")) as stub:
            error = unchanged(lambda: make(folder, stub.url, "PyPI"), TAG)
        assert error.message == f"{stub.url}{PATH}: answered 416"
        assert stub.asked == [(PATH, "bytes=1000-"), (PATH, None)]

    def test_a_server_that_goes_on_elsewhere_is_not_believed(self, folder, unchanged):
        with serving(Stub(files={PATH: NEW}, range_shift=5)) as stub:
            error = unchanged(lambda: make(folder, stub.url, "PyPI"), PART, TAG)
        assert error.message.endswith("goes on at another place than was asked for")
        assert (folder / PART).read_bytes() == NEW[:1_000]

    def test_a_beginning_of_something_else_is_noticed_and_dropped(self, folder, unchanged):
        (folder / PART).write_bytes(b"x" * 1_000)
        with serving(Stub(files={PATH: NEW})) as stub:
            error = unchanged(lambda: make(folder, stub.url, "PyPI"), TAG)
            assert (error.message, error.hint) == (
                f"{stub.url}{PATH}: came damaged",
                "run it again",
            )
            assert make(folder, stub.url, "PyPI")[0].advisories == 200

    def test_without_a_digest_the_archive_itself_tells(self, folder, unchanged):
        (folder / PART).write_bytes(b"x" * 1_000)
        with serving(Stub(files={PATH: NEW}, no_hash=True)) as stub:
            error = unchanged(lambda: make(folder, stub.url, "PyPI"), TAG)
            assert "is no whole zip archive" in error.message
            assert make(folder, stub.url, "PyPI")[0].advisories == 200

    def test_without_its_tag_it_is_fetched_from_the_start(self, folder):
        (folder / TAG).unlink()
        with serving(Stub(files={PATH: NEW})) as stub:
            make(folder, stub.url, "PyPI")
        assert stub.asked == [(PATH, None)]


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("404", "answered 404"),
        ("405", "answered 405"),
        ("429", "answered 429"),
        ("500", "answered 500"),
        ("302", "leads elsewhere (302), which is not followed"),
    ],
)
def test_a_server_that_does_not_give_it(folder, unchanged, mode, message):
    with serving(Stub(files={PATH: NEW}, mode=mode)) as stub:
        error = unchanged(lambda: make(folder, stub.url, "PyPI"))
    assert error.message == f"{stub.url}{PATH}: {message}"


def test_an_archive_without_end(folder, unchanged, monkeypatch):
    monkeypatch.setattr(store_update, "_ARCHIVE_BYTES", 1_000)
    with serving(Stub(files={PATH: NEW})) as stub:
        error = unchanged(lambda: make(folder, stub.url, "PyPI"), PART, TAG)
    assert error.message == f"{stub.url}{PATH}: is larger than 0 GB"


def test_the_second_of_two_that_fails_changes_nothing_and_keeps_the_first_download(
    folder, unchanged
):
    files = {PATH: NEW}
    with serving(Stub(files=files)) as stub:
        error = unchanged(lambda: make(folder, stub.url, "PyPI", "npm"), PART, TAG)
        assert error.message == f"{stub.url}/npm/all.zip: answered 404"
        stub.asked.clear()
        files["/npm/all.zip"] = archive([B])
        assert [each.advisories for each in make(folder, stub.url, "PyPI", "npm")] == [200, 1]
        assert stub.asked == [(PATH, f"bytes={len(NEW)}-"), ("/npm/all.zip", None)]


def test_what_killed_updates_left_goes_after_an_hour(folder, mirror):
    for name, age in ((".advisories.sqlite.old", 3_700), (".advisories.sqlite.new", 3_500)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (time.time() - age, time.time() - age))
    make(folder, mirror(npm=[B]), "npm")
    assert sorted(each.name for each in folder.iterdir()) == [".advisories.sqlite.new", FILE_NAME]


def test_lists_of_versions_are_kept_where_ranges_do_not_hold_them(folder, mirror):
    record = json.loads(json.dumps(A))
    record["affected"][0]["versions"] = ["0.5", "1.0", "3.0", "odd-version"]
    make(folder, mirror(PyPI=[record]), "PyPI")
    with sqlite3.connect(folder / FILE_NAME) as database:
        ((data,),) = database.execute("SELECT data FROM affected").fetchall()
    database.close()
    assert json.loads(data) == [
        "PyPI", [["ECOSYSTEM", [["introduced", "0"], ["fixed", "2"]]]], ["3.0", "odd-version"],
    ]  # fmt: skip
    answer = Store(folder / FILE_NAME).look_up([Key("PyPI", "a", v) for v in ("1.5", "2", "3")])
    assert [len(found) for found in answer.records.values()] == [1, 0, 1]


def test_a_quarter_of_a_million_notices_take_less_than_a_minute(folder, mirror):
    records = [
        advisory(f"MAL-2030-{number}", "npm", f"evil-{number}", ("introduced", "0"),
                 range_type="SEMVER", details="x" * 1_000)
        for number in range(2_000)
    ]  # fmt: skip
    origin = mirror(npm=records)
    started = time.process_time()
    make(folder, origin, "npm")
    assert (time.process_time() - started) / 2_000 < 60 / 250_000
    assert (folder / FILE_NAME).stat().st_size / 2_000 < 400
