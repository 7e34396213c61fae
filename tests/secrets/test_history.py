import os
import shutil
import sqlite3
import sys
import threading
import time

import pytest

from shopsec.repo.history import GitHistory
from shopsec.scan.secrets.engine import Engine
from shopsec.scan.secrets.history import search_history, translations
from shopsec.scan.secrets.history_cache import CACHE_FILE
from shopsec.scan.secrets.table import load_table

from .planted import ALNUM, drawn, stripe

ENGINE = Engine(load_table(), 0.0)
RULE = "stripe-live-key"


def line(seed=0):
    """A line of code with a key, another one for every seed."""
    key = stripe() if not seed else "sk_live_" + drawn(ALNUM, 24, seed + 100)
    return f'STRIPE = "{key}"\n', key


LINE, KEY = line()


@pytest.fixture
def root(tree, git):
    folder = tree({})
    git(folder, "init", "-q")
    return folder


@pytest.fixture
def commit(root, git):
    """Write files, or remove those that are None, and commit; returns the commit's id."""

    def write(**files):
        for name, content in files.items():
            path = root / f"{name}.py"
            if content is None:
                path.unlink()
            else:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
        git(root, "add", "-A")
        git(root, "commit", "-qm", "change")
        return git(root, "rev-parse", "HEAD").strip()

    return write


@pytest.fixture
def past(root, tmp_path):
    """Search the history of the repository, or of another folder."""

    def run(
        folder=None, *, since=None, limit=5_000_000, seconds=60.0, table="1", cached=True, **more
    ):
        return search_history(
            GitHistory(str(folder or root)),
            ENGINE,
            table,
            tmp_path / "cache" if cached else None,
            since=since,
            limit=limit,
            deadline=time.monotonic() + seconds,
            **more,
        )

    return run


def places(secret):
    return [(place.path, place.commit, place.line) for place in secret.places]


def test_a_secret_that_was_removed_again(past, commit):
    commit(a="x = 1\n")
    added = commit(a="x = 1\n" + LINE)
    commit(a="x = 2\n")
    outcome = past()
    (secret,) = outcome.secrets
    assert (secret.rule, secret.value, secret.name) == (RULE, KEY, "STRIPE")
    assert places(secret) == [("a.py", added, 2)]
    assert secret.places[0].date == "2026-11-01T12:00:00+00:00"
    assert secret.still_in_head is False
    assert (outcome.searched, outcome.from_cache, outcome.problems) == (3, 0, [])


def test_a_secret_that_is_still_there_though_its_file_changed(past, commit):
    added = commit(a=LINE)
    commit(a=LINE + "x = 1\n")
    (secret,) = past().secrets
    assert places(secret) == [("a.py", added, 1)]
    assert secret.still_in_head is True


def test_no_value_is_printed(past, commit):
    commit(a=LINE)
    outcome = past()
    assert len(outcome.secrets) == 1
    assert KEY[8:] not in repr(outcome)


def test_a_renamed_file_has_both_paths(past, commit, root, git):
    added = commit(a=LINE)
    git(root, "mv", "a.py", "b.py")
    moved = commit(other="x = 1\n")
    (secret,) = past().secrets
    assert sorted(places(secret)) == [("a.py", added, 1), ("b.py", moved, 1)]
    assert secret.still_in_head is True


def test_a_secret_that_only_a_merge_brought(past, commit, root, git):
    commit(a="x = 1\n")
    git(root, "checkout", "-qb", "side")
    commit(b="y = 1\n")
    git(root, "checkout", "-q", "main")
    commit(c="z = 1\n")
    git(root, "merge", "-q", "--no-ff", "--no-commit", "side")
    merge = commit(a="x = 1\n" + LINE)
    commit(a="x = 1\n")
    (secret,) = past().secrets
    assert places(secret) == [("a.py", merge, 2)]


def test_a_secret_of_another_branch_a_tag_or_a_stash(past, commit, root, git):
    commit(a="x = 1\n")
    found = {}
    for seed, name in enumerate(("branch", "tag", "stash"), start=1):
        text, key = line(seed)
        git(root, "checkout", "-q", "--detach", "main")
        if name == "stash":
            (root / "a.py").write_text(text)
            git(root, "stash", "-q")
            found[key] = git(root, "rev-parse", "stash").strip()
        else:
            found[key] = commit(a=text)
            git(root, name, f"the-{name}")
    git(root, "checkout", "-q", "main")
    secrets = past().secrets
    assert {secret.value: secret.places[0].commit for secret in secrets} == found
    assert not any(secret.still_in_head for secret in secrets)


def test_a_value_in_many_contents_is_one_secret(past, commit):
    first = commit(a=LINE)
    for number in range(5):
        last = commit(a=LINE + f"x = {number}\n", **{f"copy{number}": f"y = {number}\n" + LINE})
    outcome = past()
    (secret,) = outcome.secrets
    assert len(secret.places) == 6
    assert ("a.py", first, 1) in places(secret)
    assert ("copy4.py", last, 2) in places(secret)
    assert outcome.searched == 11


def test_since_a_commit(past, commit):
    text, key = line(1)
    start = commit(a=LINE)
    added = commit(b=text)
    commit(b="x = 1\n")
    outcome = past(since=start)
    assert [(secret.value, places(secret)) for secret in outcome.secrets] == [
        (key, [("b.py", added, 1)])
    ]
    assert outcome.searched == 2
    # Nor is a part of the history taken for the whole of it by the next run.
    assert len(past().secrets) == 2
    assert past(since=start).searched == 2


def test_since_a_commit_that_there_is_not(past, commit):
    commit(a=LINE)
    outcome = past(since="nothing")
    assert outcome.problems == ["there is no commit nothing, nothing was searched"]
    assert outcome.searched == 0


def test_binary_large_and_left_out_files_are_counted(past, commit, root):
    (root / "django.po").write_text(LINE)
    commit(a=b"\0" + LINE.encode(), b=LINE + "#" * 1_000, c="x = 1\n")
    for _ in range(2):
        outcome = past(limit=500)
        assert outcome.secrets == []
        assert (outcome.binary, outcome.too_large) == (1, 1)
        assert outcome.searched + outcome.from_cache == 1
        assert outcome.left_out == {"translations in old commits": 1}
    assert len(past(limit=5_000).secrets) == 1


def test_what_is_left_out_by_its_path(past, commit):
    commit(a=LINE, vendored=LINE + "x")
    outcome = past(leave_out=lambda path: "vendored files" if path == "vendored.py" else "")
    assert places(outcome.secrets[0])[0][0] == "a.py"
    assert outcome.left_out == {"vendored files": 1}
    assert translations("a/b.po")
    assert not translations("po/b.py")


def test_a_content_that_one_path_leaves_out_is_searched_for_the_other(past, commit, root):
    (root / "a.po").write_text(LINE)
    commit(a=LINE)
    outcome = past()
    assert {place.path for place in outcome.secrets[0].places} == {"a.po", "a.py"}
    assert outcome.left_out == {}


def test_what_the_engine_leaves_out_is_told_in_every_run(past, commit):
    commit(a="STRIPE = 'sk_live_" + "x" * 24 + "'\n")
    first, second = past(), past()
    assert first.secrets == []
    assert first.left_out == second.left_out != {}


def remove_object(root, object_id):
    (root / ".git/objects" / object_id[:2] / object_id[2:]).unlink()


def test_a_missing_file_is_a_problem_until_it_is_back(past, commit, root, git):
    commit(a=LINE)
    blob = git(root, "rev-parse", "HEAD:a.py").strip()
    commit(a="x = 1\n")
    remove_object(root, blob)
    for _ in range(2):
        outcome = past()
        assert outcome.problems == ["1 files of commits are missing"]
        assert outcome.secrets == []
    (root / "back").write_text(LINE)
    git(root, "hash-object", "-w", "back")
    outcome = past()
    assert outcome.problems == []
    assert [secret.value for secret in outcome.secrets] == [KEY]


def test_a_missing_commit_is_a_problem_in_every_run(past, commit, root):
    first = commit(a=LINE)
    commit(a="x = 1\n")
    commit(a="x = 2\n")
    remove_object(root, first)
    for _ in range(2):
        outcome = past()
        assert outcome.problems
        assert outcome.from_cache == 0


def test_a_branch_to_nowhere_is_a_problem(past, commit, root):
    commit(a=LINE)
    (root / ".git/refs/heads/broken").write_text("1" * 40 + "\n")
    assert "1 branches or tags lead to an object that is missing" in past().problems


def test_a_missing_tree_of_head_is_a_problem(past, commit, root, git):
    commit(a=LINE)
    remove_object(root, git(root, "rev-parse", "HEAD^{tree}").strip())
    assert past().problems[0].startswith("what HEAD holds is not known: git ls-tree ended with")


def test_a_shallow_clone_is_a_problem(past, commit, root, git, tmp_path):
    commit(a=LINE)
    commit(a="x = 1\n")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", root.as_uri(), str(shallow))
    for _ in range(2):
        outcome = past(shallow)
        assert outcome.problems == ["the clone is shallow, its older commits are not there"]
        assert (outcome.searched, outcome.from_cache) == (1, 0)


def test_a_partial_clone_is_a_problem_and_fetches_nothing(past, commit, root, git, tmp_path):
    commit(a=LINE)
    commit(a="x = 1\n")
    git(root, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    git(tmp_path, "clone", "-q", "--filter=blob:none", root.as_uri(), str(partial))
    outcome = past(partial)
    assert outcome.problems == ["1 files of commits are missing"]
    assert outcome.searched == 1


def test_out_of_time_is_a_problem(past, commit):
    commit(a=LINE)
    assert past(seconds=-1).problems == ["ran out of time"]
    assert past().from_cache == 0


FAKE = """#!{python} -S
import os, subprocess, sys
real = {real!r}
if "--batch=" in " ".join(sys.argv):
    out = subprocess.run([real, *sys.argv[1:]], stdout=subprocess.PIPE).stdout
    os.write(1, out[: len(out) - 30])
    os.kill(os.getpid(), 9)
os.execv(real, [real, *sys.argv[1:]])
"""


def test_a_git_that_is_killed_is_a_problem(past, commit, tmp_path, monkeypatch):
    commit(a="x = 1\n" * 20)
    added = commit(b=LINE)
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(FAKE.format(python=sys.executable, real=shutil.which("git")))
    program.chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        outcome = past()
    assert outcome.problems == [
        "git cat-file stopped in the middle of a file: the rest of the history is not searched"
    ]
    # What was read before is told, with its commit.
    assert places(outcome.secrets[0]) == [("b.py", added, 1)]
    assert past().from_cache == 0


def test_a_second_run_searches_only_what_had_hits(past, commit):
    commit(a="x = 1\n", b=LINE)
    commit(b="x = 2\n", c=b"\0")
    first, second = past(), past()
    assert (first.searched, first.from_cache) == (3, 0)
    assert (second.searched, second.from_cache) == (1, 2)
    assert first.secrets == second.secrets
    assert (first.binary, second.binary) == (1, 1)


def test_a_new_commit_adds_only_its_own_contents(past, commit):
    text, key = line(1)
    first = commit(a="x = 1\n", b=LINE)
    commit(a="x = 2\n")
    past()
    added = commit(c=text)
    outcome = past()
    assert (outcome.searched, outcome.from_cache) == (2, 2)
    commits = {secret.value: secret.places[0].commit for secret in outcome.secrets}
    assert commits == {KEY: first, key: added}
    assert outcome.secrets == past(cached=False).secrets


def test_a_known_secret_at_a_new_path(past, commit):
    commit(a=LINE)
    past()
    commit(copy=LINE)
    outcome = past()
    assert {place.path for place in outcome.secrets[0].places} == {"a.py", "copy.py"}
    assert outcome.secrets == past(cached=False).secrets == past().secrets


def test_head_moves(past, commit, root, git):
    commit(a=LINE)
    second = commit(a=LINE + "x = 1\n")
    commit(a="x = 1\n")
    first_run = past()
    assert first_run.secrets[0].still_in_head is False
    git(root, "checkout", "-q", second)
    outcome = past()
    assert outcome.secrets[0].still_in_head is True
    assert outcome.secrets[0].places == first_run.secrets[0].places
    assert (outcome.searched, outcome.from_cache) == (2, 1)


def test_only_what_a_secret_is_told_by_is_searched_again(past, commit):
    for number in range(5):
        commit(a=LINE + f"x = {number}\n")
    commit(a="x = 1\n")
    first = past()
    for _ in range(2):
        again = past()
        assert again.secrets == first.secrets
        assert again.searched <= 2
        assert again.searched + again.from_cache == first.searched


def test_the_content_that_a_secret_is_told_by_gets_lost(past, commit, root, git):
    commit(a=LINE)
    blob = git(root, "rev-parse", "HEAD:a.py").strip()
    commit(a=LINE + "x = 1\n")
    past()
    remove_object(root, blob)
    outcome = past()
    assert outcome.problems == ["1 files of commits are missing"]
    assert [secret.still_in_head for secret in outcome.secrets] == [True]


def test_another_table_begins_anew(past, commit):
    commit(a="x = 1\n")
    past()
    assert past(table="2").from_cache == 0
    assert past(table="2").from_cache == 1


def test_a_deleted_branch_takes_its_secrets_along(past, commit, root, git):
    commit(a="x = 1\n")
    git(root, "checkout", "-qb", "side")
    commit(a=LINE)
    git(root, "checkout", "-q", "main")
    assert len(past().secrets) == 1
    git(root, "branch", "-D", "side")
    assert past().secrets == []


def test_a_rewritten_branch_whose_commits_were_collected(past, commit, root, git):
    base = commit(a="x = 1\n")
    commit(a=LINE)
    past()
    git(root, "reset", "-q", "--hard", base)
    added = commit(b=LINE, c="y = 1\n")
    git(root, "reflog", "expire", "--expire=now", "--all")
    git(root, "gc", "-q", "--prune=now")
    outcome = past()
    assert [places(secret) for secret in outcome.secrets] == [[("b.py", added, 1)]]
    assert outcome.problems == []


def test_the_cache_holds_no_value_text_or_path(past, commit, tmp_path):
    commit(very_special_path=LINE + "very special text")
    past()
    folder = tmp_path / "cache"
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    assert content
    for word in (KEY[8:], "very", "special", str(tmp_path), "STRIPE", "stripe"):
        assert word.encode() not in content


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100, b"SQLite format 3\0" * 100])
def test_a_broken_cache_is_mended(past, commit, tmp_path, content):
    commit(a=LINE, b="x = 1\n")
    file = tmp_path / "cache" / CACHE_FILE
    file.parent.mkdir()
    file.write_bytes(content)
    for _ in range(2):
        assert [secret.value for secret in past().secrets] == [KEY]
    assert past().from_cache == 1


@pytest.mark.parametrize(
    ("column", "content"),
    [
        ("tips", "--all"),
        ("again", "x"),
        ("again", "^a b"),
        ("held", "x"),
        ("books", "[]"),
        ("books", None),
    ],
)
def test_a_cache_with_other_contents_is_not_believed(past, commit, tmp_path, column, content):
    commit(a=LINE, b="x = 1\n")
    past()
    with sqlite3.connect(tmp_path / "cache" / CACHE_FILE) as connection:
        connection.execute(f"UPDATE searched SET {column} = ?", (content,))
    connection.close()
    outcome = past()
    assert ([secret.value for secret in outcome.secrets], outcome.from_cache) == ([KEY], 0)
    assert past().from_cache == 1


def test_a_locked_or_unwritable_cache_is_done_without(past, commit, tmp_path, monkeypatch):
    commit(a=LINE, b="x = 1\n")
    past()
    monkeypatch.setattr("shopsec.scan.secrets.history_cache.BUSY_SECONDS", 0)
    connection = sqlite3.connect(tmp_path / "cache" / CACHE_FILE, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    outcome = past()
    assert ([secret.value for secret in outcome.secrets], outcome.from_cache) == ([KEY], 0)
    connection.execute("ROLLBACK")
    connection.close()
    assert past().from_cache == 1
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert [secret.value for secret in past().secrets] == [KEY]


def test_runs_at_the_same_time(past, commit):
    commit(a=LINE, b="x = 1\n")
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(past())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(outcome.secrets) for outcome in outcomes] == [1] * 4
    assert past().from_cache == 1


def test_a_repository_without_commits(past):
    outcome = past()
    assert (outcome.secrets, outcome.searched, outcome.problems) == ([], 0, [])


def test_a_commit_with_an_impossible_time(past, root, git):
    (root / "a.py").write_text(LINE)
    git(root, "add", "-A")
    tree_id = git(root, "write-tree").strip()
    body = f"tree {tree_id}\nauthor a <a@b> {10**17} +0000\ncommitter a <a@b> {10**17} +0000\n\nx\n"
    (root / "body").write_text(body)
    made = git(root, "hash-object", "-t", "commit", "-w", "--literally", "body").strip()
    git(root, "update-ref", "refs/heads/main", made)
    assert past().secrets[0].places[0].date == "1970-01-01T00:00:00+00:00"
