"""What findings say of values in old commits."""

import re

import pytest

from shopsec.repo.history import GitHistory
from shopsec.repo.roles import role_of
from shopsec.scan.secrets.past import Past
from shopsec.scan.secrets.scanner import Secrets
from tests.secrets import planted

LINE = f'STRIPE = "{planted.stripe()}"\n'


@pytest.fixture
def root(tree, git):
    folder = tree({})
    git(folder, "init", "-q")
    return folder


@pytest.fixture
def commit(root, tree, git):
    def write(files, day=1):
        tree(files)
        git(root, "add", "-A")
        git(
            root, "commit", "-qm", "change",
            GIT_COMMITTER_DATE=f"2026-11-{day:02}T12:00:00Z",
        )  # fmt: skip
        return git(root, "rev-parse", "HEAD").strip()

    return write


@pytest.fixture
def scan(root, target_of):
    def run(since=None, folder=None):
        folder = folder or root
        target, host = target_of(folder)
        return Secrets(Past(GitHistory(str(folder)), since, role_of)).scan(target, host)

    return run


def excluded(outcome):
    return {each.reason: each.count for each in outcome.run.excluded}


def test_two_private_keys_in_the_past_are_two_findings(scan, commit):
    one, other = planted.private_key(), planted.private_key(length=512)
    commit({"a.pem": one, "b.pem": other})
    commit({"a.pem": "", "b.pem": ""}, 2)
    for _ in range(2):  # the second run is told what the first one knew
        findings = scan().findings
        assert sorted(str(each.location) for each in findings) == ["a.pem:1", "b.pem:1"]
        assert len({each.symbol for each in findings}) == 2


def test_a_key_has_one_fingerprint_in_the_files_and_in_the_past(scan, commit):
    commit({"a.pem": "x\n" + planted.private_key()})
    (present,) = scan().findings
    commit({"a.pem": ""}, 2)
    (past,) = scan().findings
    assert past.symbol == present.symbol
    assert str(past.location) == "a.pem:2"


def test_another_key_that_stood_at_the_path_of_one_that_is_there(scan, commit):
    commit({"a.pem": planted.private_key()})
    commit({"a.pem": planted.private_key(length=512)}, 2)
    findings = scan().findings
    assert len(findings) == 2
    assert (
        sum("neither in the files any more nor in HEAD" in each.message for each in findings) == 1
    )


@pytest.mark.parametrize(
    ("head", "files", "said"),
    [
        (LINE, LINE, ", also in HEAD,"),
        (LINE, "", ", no longer in the files, but still in HEAD,"),
        ("", LINE, ", not in HEAD,"),
        ("", "", ", neither in the files any more nor in HEAD,"),
    ],
)
def test_whether_head_has_it(scan, commit, root, head, files, said):
    commit({"a.py": LINE})
    commit({"a.py": head, "b.py": "x = 1\n"}, 2)
    (root / "a.py").write_text(files)
    (finding,) = scan().findings
    assert said in finding.message


def test_the_commit_and_the_path_that_brought_it(scan, commit, root, git):
    first = commit({"old.py": LINE}, 3)
    git(root, "mv", "old.py", "a.py")
    commit({}, 3)
    (finding,) = scan().findings
    assert str(finding.location) == "a.py:1"
    assert finding.message.endswith(
        f", in the history since commit {first[:12]} of 2026-11-03, which brought it to old.py"
    )


def test_a_path_is_told_from_the_top_of_the_repository(scan, commit, root):
    commit({"shop/old.py": LINE, "shop/a.py": ""})
    commit({"shop/old.py": ""}, 2)
    (finding,) = scan(folder=root / "shop").findings
    assert finding.message.endswith("which brought it to shop/old.py")


def test_head_is_not_spoken_of_where_only_newer_commits_are_searched(scan, commit):
    start = commit({"a.py": "x = 1\n"})
    commit({"a.py": LINE}, 2)
    commit({"a.py": "x = 2\n"}, 3)
    (finding,) = scan(since=start).findings
    assert ", no longer in the files, in the history since" in finding.message


def test_what_does_not_count_where_it_stood_is_counted(scan, commit):
    password = f'password = "{planted.password()}"\n'
    commit({"tests/a.py": password, "vendor/a.py": password, "vendor/b.py": LINE})
    commit({"tests/a.py": "", "vendor/a.py": "", "vendor/b.py": ""}, 2)
    outcome = scan()
    assert [each.rule_id for each in outcome.findings] == ["secrets.stripe-live-key"]
    assert excluded(outcome) == {
        "passwords by name in tests, in old commits": 1,
        "values in vendored files that are no sure key, in old commits": 1,
    }


def test_what_is_silenced_in_an_old_commit_is_named(scan, commit):
    first = commit({"a.py": LINE, ".gitleaksignore": "a.py:stripe:1\n"})
    commit({"a.py": "x = 1\n"}, 2)
    outcome = scan()
    assert outcome.findings == ()
    ((item,),) = [each.items for each in outcome.run.excluded]
    assert (item.name, str(item.location)) == (f"a.py in commit {first[:12]}", "a.py:1")
    assert re.search("old commits", outcome.run.excluded[0].reason)


def test_the_ledger_says_the_same_where_an_earlier_run_knew_the_past(scan, commit):
    commit({"a.py": "one\n", "b.py": LINE})
    commit({"a.py": "two\n", "b.py": ""}, 2)
    first, second = scan().run, scan().run
    assert first.message == "4 contents of old commits searched"
    assert first == second
