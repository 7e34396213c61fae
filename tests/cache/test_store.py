"""The file of results: nothing that happens to it gives a wrong value, or more than a slow scan."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from functools import partial
from operator import mul
from pathlib import Path

import pytest

from shopsec.scan.cache.store import FILE_NAME, Held, ResultStore

DAY = 86_400


def key(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(str(tmp_path / "cache"))


def test_what_was_put_is_there(store):
    store.put("bandit", {key(1): b"one", key(2): b""})
    store.put("secrets", {key(3): b"three"})
    assert store.get([key(1), key(2), key(3), key(4)]) == {
        key(1): b"one",
        key(2): b"",
        key(3): b"three",
    }
    assert store.held() == [Held("bandit", 2, 3), Held("secrets", 1, 5)]


def test_nothing_is_made_by_looking(store):
    assert store.get([key(1)]) == {}
    assert store.held() == []
    assert store.size() == 0
    assert not os.path.exists(store.path)


def test_only_its_owner_may_read_it(store):
    store.put("bandit", {key(1): b"one"})
    assert stat.S_IMODE(os.stat(store.path).st_mode) == 0o600


def test_more_keys_than_one_question_holds(store):
    values = {key(number): str(number).encode() for number in range(1_234)}
    store.put("bandit", values)
    assert store.get(values) == values


@pytest.mark.parametrize(
    "content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 5_000, b"\0" * 100_000]
)
def test_a_file_of_another_kind_is_replaced(store, content):
    os.makedirs(os.path.dirname(store.path))
    Path(store.path).write_bytes(content)
    assert store.get([key(1)]) == {}
    store.put("bandit", {key(1): b"one"})  # where the file is found out here only, it is removed
    store.put("bandit", {key(1): b"one"})
    assert store.get([key(1)]) == {key(1): b"one"}


def test_of_a_file_cut_short_nothing_wrong_is_read(store):
    values = {key(number): b"x" * 500 for number in range(200)}
    store.put("bandit", values)
    whole = Path(store.path).read_bytes()
    for length in range(0, len(whole), 4_096):
        Path(store.path).write_bytes(whole[:length])
        found = store.get(values)
        assert found.items() <= values.items()
        store.put("bandit", {key(999): b"new"})
        store.put("bandit", {key(999): b"new"})
        assert store.get([key(999)]) == {key(999): b"new"}


def test_a_changed_value_is_none(store):
    store.put("bandit", {key(1): b'{"findings": 1}', key(2): b"two"})
    content = Path(store.path).read_bytes()
    assert content.count(b'{"findings": 1}') == 1
    Path(store.path).write_bytes(content.replace(b'{"findings": 1}', b'{"findings": 0}'))
    assert store.get([key(1), key(2)]) == {key(2): b"two"}


def test_a_file_of_another_version_begins_anew(store):
    store.put("bandit", {key(1): b"one"})
    with sqlite3.connect(store.path) as database:
        database.execute("PRAGMA user_version = 7")
    database.close()
    assert store.get([key(1)]) == {}
    store.put("bandit", {key(2): b"two"})
    assert store.get([key(1), key(2)]) == {key(2): b"two"}


@pytest.mark.parametrize(
    "other", ["TABLE entries (key BLOB)", "VIEW entries AS SELECT 1 AS key, 2 AS value"]
)
def test_a_file_with_other_tables_is_made_anew(store, other):
    os.makedirs(os.path.dirname(store.path))
    with closing(sqlite3.connect(store.path)) as database:
        database.execute(f"CREATE {other}")
        database.execute("PRAGMA user_version = 1")
    assert store.get([key(1)]) == {}
    store.put("bandit", {key(1): b"one"})
    assert store.get([key(1)]) == {key(1): b"one"}


def test_a_folder_that_cannot_be_made_costs_nothing_else(tmp_path):
    (tmp_path / "cache").write_text("a file")
    store = ResultStore(str(tmp_path / "cache"))
    store.put("bandit", {key(1): b"one"})
    assert store.get([key(1)]) == {}
    assert (tmp_path / "cache").read_text() == "a file"


def test_on_a_full_disk_nothing_is_kept(store, tmp_path):
    # A database that may have no more pages gives the same error as a full disk.
    store.put("bandit", {key(1): b"one"})
    original = ResultStore._open

    def opened(self: ResultStore) -> sqlite3.Connection:
        database = original(self)
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        database.execute(f"PRAGMA max_page_count = {pages}")
        return database

    full = ResultStore(os.path.dirname(store.path))
    full._open = opened.__get__(full)  # type: ignore[method-assign]
    full.put("bandit", {key(number): b"x" * 500 for number in range(2, 100)})
    assert store.get(map(key, range(100))) == {key(1): b"one"}


def test_a_reader_waits_for_no_writer_that_hangs(store, monkeypatch):
    monkeypatch.setattr("shopsec.scan.cache.store._BUSY_SECONDS", 0.01)
    store.put("bandit", {key(1): b"one"})
    with sqlite3.connect(store.path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert store.get([key(1)]) == {}
        store.put("bandit", {key(2): b"two"})
        other.execute("ROLLBACK")
    other.close()
    assert store.get([key(1), key(2)]) == {key(1): b"one"}


WRITER = """
import sys
from shopsec.scan.cache.store import ResultStore
store = ResultStore(sys.argv[1])
number = int(sys.argv[2])
while True:
    for start in range(0, 5_000, 500):
        keys = [each.to_bytes(32, "big") for each in range(start, start + 500)]
        store.put(f"scanner {number}", {each: each * 20 for each in keys})
    print("round", flush=True)
"""


def test_writers_that_are_killed_leave_whole_values(store):
    folder = os.path.dirname(store.path)
    expected = {key(each): key(each) * 20 for each in range(5_000)}
    for _ in range(3):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, folder, str(number)], stdout=subprocess.PIPE
            )
            for number in range(2)
        ]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"round\n"
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            writer.communicate()
        assert store.get(expected) == expected
        store.put("after", {key(9_999): b"last"})
        assert store.get([key(9_999)]) == {key(9_999): b"last"}


def test_threads_share_it(store):
    def work(number: int) -> None:
        for each in range(number * 100, number * 100 + 100, 10):
            store.put("bandit", {key(each + more): b"%d" % (each + more) for more in range(10)})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get(map(key, range(400))) == {key(each): b"%d" % each for each in range(400)}


def test_it_stays_below_its_limit_and_keeps_what_was_used_last(tmp_path):
    limit = 1_000_000
    folder = str(tmp_path)
    first = ResultStore(folder, limit, clock=lambda: 100 * DAY)
    first.put("old", {key(1): b"used", **{key(10 + each): b"x" * 1_000 for each in range(400)}})
    second = ResultStore(folder, limit, clock=lambda: 101 * DAY)
    assert second.get([key(1)]) == {key(1): b"used"}
    for start in range(1_000, 3_000, 400):
        second.put("new", {key(each): b"y" * 1_000 for each in range(start, start + 400)})
    third = ResultStore(folder, limit, clock=lambda: 102 * DAY)
    third.put("newest", {key(5): b"five"})
    assert third.get([key(11), key(5)]) == {key(5): b"five"}
    assert third.size() < 1.6 * limit
    held = sum(each.bytes for each in third.held())
    assert held < limit


def test_a_clock_that_went_back_keeps_nothing_for_ever(tmp_path):
    limit, folder = 1_000_000, str(tmp_path)
    ahead = ResultStore(folder, limit, clock=lambda: 50_000 * DAY)
    ahead.put("ahead", {key(each): b"x" * 1_000 for each in range(400)})
    assert ahead.get([key(1)]) == {key(1): b"x" * 1_000}
    for day in range(100, 104):
        now = ResultStore(folder, limit, clock=partial(mul, day, DAY))
        now.put("now", {key(day * 1_000 + each): b"y" * 1_000 for each in range(400)})
        assert now.get([key(day * 1_000)]) == {key(day * 1_000): b"y" * 1_000}
    assert [each.scanner for each in now.held()] == ["now"]


def test_what_is_too_large_is_left_out(tmp_path):
    store = ResultStore(str(tmp_path), limit=1_000_000)
    store.put("one", {key(1): b"x" * 60_000, key(2): b"two"})
    assert store.get([key(1), key(2)]) == {key(2): b"two"}


def test_clearing_takes_a_journal_too(store):
    store.put("bandit", {key(1): b"one"})
    Path(f"{store.path}-journal").write_bytes(b"left by a writer that was killed")
    store.clear()
    assert os.listdir(os.path.dirname(store.path)) == []
    store.clear()
    assert store.get([key(1)]) == {}
    assert os.path.basename(store.path) == FILE_NAME
