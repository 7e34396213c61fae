"""The address of the origin, as reports have it: never with what lets somebody in."""

import pytest

from shopsec.repo.git import Git

WORD = "correct-horse-9"


@pytest.fixture
def origin(tree, git):
    def told(address):
        root = tree({"a.py": ""})
        git(root, "init", "-q")
        git(root, "config", "remote.origin.url", address)
        return Git(str(root)).state().remote

    return told


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (f"https://ben:{WORD}@shop.example:8443/a/b.git", "https://shop.example:8443/a/b.git"),
        (f"https://{WORD}@shop.example/a.git?token={WORD}#{WORD}", "https://shop.example/a.git"),
        (f"ssh://ben:{WORD}@shop.example/a", "ssh://shop.example/a"),
        (f"{WORD}@shop.example:a/b.git", "shop.example:a/b.git"),
        ("git@shop.example:a/b.git", "git@shop.example:a/b.git"),
        (f"https://ben:{WORD}@[2001:db8::1]:8443/a.git", "https://[2001:db8::1]:8443/a.git"),
        ("https://[2001:db8::1]/a.git", "https://[2001:db8::1]/a.git"),
    ],
)
def test_logins_are_taken_out(origin, address, told):
    assert origin(address) == told


@pytest.mark.parametrize(
    "address",
    [
        f"https://ben:12/{WORD}@shop.example/a.git",
        f"https://shop.example/ben:{WORD}@a/b.git",
        f"https://ben:{WORD}/x@shop.example/a.git",
        f"/srv/{WORD}/a.git",
        f"file:///srv/{WORD}/a.git",
        f"ext::sh -c {WORD}",
    ],
)
def test_what_cannot_be_told_apart_from_a_login_is_no_address(origin, address):
    assert origin(address) is None
