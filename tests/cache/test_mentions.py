"""Which files have a word in them: read once for a state of all files."""

import pytest

from shopsec.scan.cache.mentions import mentioning
from shopsec.scan.cache.store import ResultStore
from shopsec.scan.host import Host

LIMIT = 1_000


@pytest.fixture
def ask(target_of, tmp_path, monkeypatch):
    """The files below a folder that mention shopsec, and how many were read to know it."""

    def run(root, *, kept=True):
        target, host = target_of(root)
        host.results = ResultStore(str(tmp_path / "cache")) if kept else None
        host.digests(target.inventory.files, LIMIT)
        read: list[str] = []

        def note(file, *_):
            read.append(file.uri)

        found = mentioning(b"shopsec:", target.inventory.files, host.noting(note), LIMIT)
        return found, read

    return run


def test_unchanged_files_are_read_once(tree, ask):
    root = tree({"a.py": "# ShopSec: allow X\n", "b.py": "nothing\n", "large.py": "x" * 2_000})
    assert ask(root) == ({"a.py"}, ["a.py", "b.py"])
    assert ask(root) == ({"a.py"}, [])
    (root / "b.py").write_text("# shopsec: allow Y\n")
    assert ask(root) == ({"a.py", "b.py"}, ["a.py", "b.py"])
    (root / "b.py").write_text("nothing\n")
    assert ask(root) == ({"a.py"}, [])


def test_without_former_results_nothing_is_said(tree, ask):
    assert ask(tree({"a.py": "# shopsec: allow X\n"}), kept=False) == (None, [])


def test_files_that_change_meanwhile_are_not_kept(tree, target_of, tmp_path):
    root = tree({"a.py": "nothing\n"})
    target, host = target_of(root)
    host.results = ResultStore(str(tmp_path / "cache"))
    host.digests(target.inventory.files, LIMIT)
    (root / "a.py").write_text("shopsec:")
    assert mentioning(b"shopsec:", target.inventory.files, host, LIMIT) == frozenset({"a.py"})
    (root / "a.py").write_text("nothing\n")
    target, fresh = target_of(root)
    assert isinstance(fresh, Host)
    fresh.results = host.results
    assert mentioning(b"shopsec:", target.inventory.files, fresh, LIMIT) == frozenset()
