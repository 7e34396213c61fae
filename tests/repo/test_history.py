import contextlib
import os
import shutil
import sys
import time

import pytest

from shopsec.errors import ScannerError
from shopsec.repo.git import GitUnavailableError
from shopsec.repo.history import GitHistory

LATER = 60


def deadline():
    return time.monotonic() + LATER


def commit(git, root, name, content, message="change"):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    git(root, "add", "-A")
    git(root, "commit", "-qm", message)
    return git(root, "rev-parse", "HEAD").strip()


def changes(history, known=(), also=()):
    with history.changes(known, also, deadline()) as found:
        assert found.problem == ""
        return [(change.path, change.commit) for change in found]


@pytest.fixture
def root(tree, git):
    folder = tree({})
    git(folder, "init", "-q")
    return folder


def test_every_change_with_its_commit(root, git):
    first = commit(git, root, "a.py", "1")
    second = commit(git, root, "näme\nwith line feed.py", "2")
    git(root, "rm", "-q", "a.py")
    git(root, "commit", "-qm", "removed")
    history = GitHistory(str(root))
    assert changes(history) == [("näme\nwith line feed.py", second), ("a.py", first)]
    assert changes(history, known=[first]) == [("näme\nwith line feed.py", second)]
    assert changes(history, known=[second], also=[first]) == [("a.py", first)]


def test_a_rename_is_a_change_and_a_merge_only_what_it_brought_itself(root, git):
    first = commit(git, root, "a.py", "1\n2\n3\n")
    git(root, "checkout", "-qb", "side")
    side = commit(git, root, "side.py", "s")
    git(root, "checkout", "-q", "main")
    git(root, "mv", "a.py", "b.py")
    git(root, "commit", "-qm", "renamed")
    renamed = git(root, "rev-parse", "HEAD").strip()
    git(root, "merge", "-q", "--no-ff", "--no-commit", "side")
    merge = commit(git, root, "b.py", "of the merge")
    assert sorted(changes(GitHistory(str(root)))) == sorted(
        [("a.py", first), ("side.py", side), ("b.py", renamed), ("b.py", merge)]
    )


def test_a_merge_without_anything_of_its_own(root, git):
    commit(git, root, "a.py", "1")
    git(root, "checkout", "-qb", "side")
    commit(git, root, "side.py", "s")
    git(root, "checkout", "-q", "main")
    commit(git, root, "b.py", "b")
    git(root, "merge", "-q", "--no-ff", "-m", "merge", "side")
    git(root, "commit", "-q", "--allow-empty", "-m", "empty")
    assert {path for path, _ in changes(GitHistory(str(root)))} == {"a.py", "side.py", "b.py"}


def test_contents_and_sizes(root, git):
    commit(git, root, "a.bin", b"\0\nblob x 7\n")
    history = GitHistory(str(root))
    blob = git(root, "rev-parse", "HEAD:a.bin").strip()
    gone = "1" * 40
    asked = [(blob, "with blank.bin"), (gone, "gone")]
    assert list(history.sizes(asked, deadline())) == [
        (blob, "with blank.bin", 11),
        (gone, "", None),
    ]
    assert list(history.contents(asked, deadline())) == [
        (blob, "with blank.bin", b"\0\nblob x 7\n"),
        (gone, "", None),
    ]
    assert history.head_blobs(deadline()) == {blob: "a.bin"}


def test_what_is_no_file_has_no_content(root, git):
    first = commit(git, root, "a.py", "1")
    history = GitHistory(str(root))
    assert list(history.contents([(first, "a")], deadline())) == [(first, "a", None)]
    assert list(history.sizes([(first, "a")], deadline())) == [(first, "", None)]


def test_a_repository_without_commits(root):
    history = GitHistory(str(root))
    assert history.tips(deadline()) == ((), 0, 0)
    assert history.head_blobs(deadline()) == {}
    assert changes(history) == []
    assert history.commit_of("HEAD") is None


def test_no_repository(tree):
    with pytest.raises(GitUnavailableError):
        GitHistory(str(tree({"a": ""})))


def test_a_broken_git_folder_does_not_lead_to_the_repository_above(root, git, tmp_path):
    commit(git, root, "a.py", "1")
    (root / "inner" / ".git").mkdir(parents=True)
    with pytest.raises(ScannerError):
        GitHistory(str(root / "inner")).tips(deadline())


def test_a_folder_below_the_root_sees_its_own_part(root, git):
    commit(git, root, "a.py", "1")
    second = commit(git, root, "shop/b.py", "2")
    history = GitHistory(str(root / "shop"))
    assert changes(history) == [("b.py", second)]
    assert history.head_blobs(deadline()) == {
        git(root, "rev-parse", "HEAD:shop/b.py").strip(): "b.py"
    }
    assert history.identity != GitHistory(str(root)).identity


def test_tips(root, git):
    first = commit(git, root, "a.py", "1")
    git(root, "tag", "-a", "v1", "-m", "tag")
    git(root, "tag", "file", "HEAD:a.py")
    (root / ".git/refs/heads/broken").write_text("1" * 40 + "\n")
    assert GitHistory(str(root)).tips(deadline()) == ((first,), 1, 1)


def test_which_commits_are_there_and_which_are_led_to(root, git):
    first = commit(git, root, "a.py", "1")
    second = commit(git, root, "a.py", "2")
    git(root, "reset", "-q", "--hard", first)
    history = GitHistory(str(root))
    assert history.existing([first, second, "1" * 40], deadline()) == [first, second]
    assert history.unreachable([first, second], [first], deadline()) == {second}


def test_commits_are_named_but_no_option_is(root, git):
    first = commit(git, root, "a.py", "1")
    history = GitHistory(str(root))
    assert history.commit_of("main") == first
    assert history.commit_of("nothing") is None
    assert history.commit_of("--help") is None


def test_a_missing_tree_leaves_the_rest(root, git):
    commit(git, root, "a.py", "1")
    tree_id = git(root, "rev-parse", "HEAD^{tree}").strip()
    second = commit(git, root, "b.py", "2")
    (root / ".git/objects" / tree_id[:2] / tree_id[2:]).unlink()
    third = commit(git, root, "c.py", "3")
    with GitHistory(str(root)).changes([], [], deadline()) as found:
        assert "git diff-tree ended with" in found.problem
        assert [change.commit for change in found] == [third]
    assert second != third


def test_programs_named_by_the_repository_are_not_run(root, git):
    commit(git, root, "a.py", "1")
    witness = root / "witness"
    program = root / "program"
    program.write_text(f"#!/bin/sh\ntouch {witness}\n")
    program.chmod(0o755)
    (root / ".gitattributes").write_text("* filter=evil diff=evil\n")
    for key in (
        "core.fsmonitor", "core.pager", "gpg.program", "filter.evil.smudge", "filter.evil.process",
        "diff.evil.textconv", "diff.evil.command", "diff.external", "core.sshCommand",
    ):  # fmt: skip
        git(root, "config", key, str(program))
    for key in ("log.showSignature", "diff.renames", "diff.relative"):
        git(root, "config", key, "true")
    git(root, "config", "core.worktree", "/")
    history = GitHistory(str(root))
    blob = git(root, "rev-parse", "HEAD:a.py").strip()
    assert len(changes(history)) == 1
    assert list(history.contents([(blob, "a.py")], deadline())) == [(blob, "a.py", b"1")]
    assert not witness.exists()


def test_what_a_partial_clone_left_out_is_not_fetched(root, git, tmp_path):
    commit(git, root, "a.py", "1")
    commit(git, root, "a.py", "2")
    git(root, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", root.as_uri(), str(partial))
    git(partial, "config", "protocol.file.allow", "always")
    history = GitHistory(str(partial))
    with history.changes([], [], deadline()) as found:
        blobs = [(change.blob, change.path) for change in found]
    assert [size for *_, size in history.sizes(blobs, deadline())] == [None, None]
    # A git before 2.45 would rather end than say that it may not fetch.
    with contextlib.suppress(ScannerError):
        list(history.contents(blobs, deadline()))
    listed = git(partial, "rev-list", "--objects", "--all", "--missing=print")
    assert listed.count("?") == 2


def test_replaced_and_grafted_commits_are_seen_as_they_were(root, git):
    first = commit(git, root, "a.py", "secret")
    commit(git, root, "a.py", "harmless")
    orphan = git(root, "commit-tree", "-m", "r", "HEAD^{tree}").strip()
    git(root, "replace", "HEAD", orphan)
    (root / ".git/info/grafts").write_text(git(root, "rev-parse", "HEAD"))
    assert ("a.py", first) in changes(GitHistory(str(root)))


def test_variables_of_a_hook_do_not_move_us(root, git, tmp_path, monkeypatch):
    first = commit(git, root, "a.py", "1")
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path))
    assert changes(GitHistory(str(root))) == [("a.py", first)]


FAKE = """#!{python} -S
import os, subprocess, sys
real = {real!r}
if {command!r} in sys.argv and {argument!r} in " ".join(sys.argv):
    out = subprocess.run([real, *sys.argv[1:]], stdout=subprocess.PIPE).stdout
    os.write(1, out[:{kept}])
    {end}
os.execv(real, [real, *sys.argv[1:]])
"""


@pytest.fixture
def fake_git(tmp_path, monkeypatch):
    """Put a git first on PATH whose ``command`` prints so many bytes and comes to an ``end``."""

    def write(command, kept, end, argument=""):
        real = shutil.which("git")
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "git"
        program.write_text(
            FAKE.format(
                python=sys.executable,
                real=real,
                command=command,
                argument=argument,
                kept=kept,
                end=end,
            )
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return write


@pytest.mark.parametrize("end", ["sys.exit(0)", "os.kill(os.getpid(), 9)"])
def test_a_git_that_stops_in_the_middle_of_a_file(root, git, fake_git, end):
    commit(git, root, "a.py", "1" * 1_000)
    blob = git(root, "rev-parse", "HEAD:a.py").strip()
    fake_git("cat-file", 200, end, "--batch=")
    history = GitHistory(str(root))
    with pytest.raises(ScannerError, match="git cat-file stopped in the middle of a file"):
        list(history.contents([(blob, "a.py")], deadline()))


def test_a_git_that_does_not_answer_for_all(root, git, fake_git):
    commit(git, root, "a.py", "1")
    blob = git(root, "rev-parse", "HEAD:a.py").strip()
    fake_git("cat-file", 0, "sys.exit(0)")
    history = GitHistory(str(root))
    with pytest.raises(ScannerError, match="did not answer"):
        list(history.contents([(blob, "a.py")], deadline()))
    with pytest.raises(ScannerError, match="did not answer"):
        list(history.sizes([(blob, "a.py")], deadline()))


def test_a_listing_that_was_cut_off(root, git, fake_git):
    commit(git, root, "a.py", "1")
    second = commit(git, root, "b.py", "2")
    fake_git("diff-tree", 200, "os.kill(os.getpid(), 9)")
    with GitHistory(str(root)).changes([], [], deadline()) as found:
        assert found.problem == "git diff-tree ended with -9"
        assert [change.commit for change in found] == [second]


def test_git_is_ended_when_time_is_up(root, git, fake_git):
    commit(git, root, "a.py", "1")
    fake_git("rev-list", 0, "import time; time.sleep(30)")
    begun = time.monotonic()
    with GitHistory(str(root)).changes([], [], time.monotonic() + 1) as found:
        assert found.problem == "ran out of time"
    assert time.monotonic() - begun < 10
    with pytest.raises(ScannerError, match="ran out of time"):
        GitHistory(str(root)).tips(time.monotonic() - 1)


def test_no_git(root, git, monkeypatch):
    commit(git, root, "a.py", "1")
    monkeypatch.setenv("PATH", str(root))
    with pytest.raises(ScannerError, match="git cannot be started"):
        GitHistory(str(root)).tips(deadline())


def test_a_listing_without_end_is_cut(root, git, monkeypatch):
    commit(git, root, "a.py", "1")
    monkeypatch.setattr("shopsec.repo.history.OUTPUT_LIMIT", 10)
    with GitHistory(str(root)).changes([], [], deadline()) as found:
        assert found.problem == "git lists more than 1 GB of changes"
