"""Which branch is the default one, as far as a clone can tell."""

import pytest

from shopsec.repo.git import Git


@pytest.fixture
def root(tree, git):
    root = tree({"a": "x"})
    git(root, "init", "-q", "-b", "teapots")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root


def test_what_is_checked_out_where_nothing_else_tells(root):
    assert Git(str(root)).default_branch() == "teapots"


@pytest.mark.parametrize("name", ["refs/heads/master", "refs/remotes/origin/master"])
def test_a_usual_name_wins(root, git, name):
    git(root, "update-ref", name, "HEAD")
    assert Git(str(root)).default_branch() == "master"
    git(root, "update-ref", "refs/heads/main", "HEAD")
    assert Git(str(root)).default_branch() == "main"


def test_what_origin_says_wins(root, git):
    git(root, "update-ref", "refs/heads/main", "HEAD")
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/release/1.x")
    assert Git(str(root)).default_branch() == "release/1.x"


def test_a_repository_without_a_commit(tree, git):
    root = tree({"a": "x"})
    git(root, "init", "-q", "-b", "trunk")
    assert Git(str(root)).default_branch() == "trunk"


def test_a_commit_is_published_once_origin_has_it(root, git):
    commit = git(root, "rev-parse", "HEAD").strip()
    assert not Git(str(root)).is_published(commit)
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert Git(str(root)).is_published(commit)
    git(root, "commit", "-q", "--allow-empty", "-m", "second")
    assert not Git(str(root)).is_published(git(root, "rev-parse", "HEAD").strip())
