"""Where pipelines fetch shopsec from."""

import re

import pytest

from shopsec.errors import UsageError
from shopsec.starter.source import NO_COMMIT, NO_URL, Source, commit_of, found, host_of, url_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("acme/shopsec", "https://github.example.com/acme/shopsec"),
        ("https://git.example.com/sec/shopsec.git", "https://git.example.com/sec/shopsec.git"),
        ("git@git.example.com:sec/shopsec.git", "git@git.example.com:sec/shopsec.git"),
        ("ssh://git@git.example.com:2222/sec/s", "ssh://git@git.example.com:2222/sec/s"),
        ("file:///srv/git/shopsec", "file:///srv/git/shopsec"),
    ],
)
def test_an_address_that_is_asked_for(text, url):
    assert url_of(text, "github.example.com") == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shopsec",
        "-upload/shopsec",
        "https://",
        "https://git.example.com/",
        "https://user:pw@git.example.com/s",
        "https://token@git.example.com/s",
        "token@git.example.com:s",
        "https://git.example.com/s?token=x",
        "https://git.example.com/$CI_JOB_TOKEN",
        'https://git.example.com/"\n- uses: x',
        "https://git.example.com/a b",
        "ext::sh -c id",
    ],
)
def test_what_is_no_address_or_has_a_login(text):
    with pytest.raises(UsageError) as refused:
        url_of(text, "github.com")
    assert refused.value.message == "--source: is no git address, or one with a login"


@pytest.mark.parametrize("text", ["", "main", "v1.0", COMMIT[:39], COMMIT + "\n", COMMIT.upper()])
def test_what_is_no_commit(text):
    with pytest.raises(UsageError) as refused:
        commit_of(text)
    assert refused.value.message == "--commit: is no full commit id of 40 hexadecimal digits"


@pytest.mark.parametrize(
    ("met", "url"),
    [
        ("https://user:pw@gitlab.com/sec/shopsec.git", "https://gitlab.com/sec/shopsec"),
        ("git@github.com:acme/shopsec.git", "https://github.com/acme/shopsec"),
        ("ssh://token@git.example.com:2222/sec/s.git", "https://git.example.com/sec/s"),
        ("https://git.example.com:8443/s", "https://git.example.com:8443/s"),
        ("/srv/git/shopsec", ""),
        ("file:///srv/git/shopsec", ""),
        ("https://git.example.com/$(id)", ""),
        ("https://[bad/s", ""),
        (None, ""),
    ],
)
def test_an_address_that_is_met(met, url):
    assert found(met, COMMIT) == Source(url, COMMIT)


def test_a_commit_that_is_met():
    assert found(None, None) == found(None, "main") == Source()


def test_nobody_can_register_a_placeholder():
    unknown = Source()
    owner, _, name = unknown.action.partition("/")
    assert (name, unknown.address, unknown.revision) == ("shopsec", NO_URL, NO_COMMIT)
    # GitHub: letters, digits and hyphens, at most 39; of managed users one underscore more.
    assert len(owner) > 39
    assert not re.fullmatch(r"[A-Za-z0-9_-]+", owner)
    assert host_of(unknown.address).endswith(".invalid")
    assert set(unknown.revision) == {"0"}


@pytest.mark.parametrize(
    ("url", "action"),
    [
        ("https://github.com/acme/shopsec.git", "acme/shopsec"),
        ("git@github.example.com:acme/shopsec", "acme/shopsec"),
        ("https://github.com/acme/group/shopsec", Source().action),
        ("https://notgithub.com/acme/shopsec", Source().action),
        ("https://gitlab.com/acme/shopsec", Source().action),
    ],
)
def test_what_uses_can_name(url, action):
    assert Source(url, COMMIT).action == action


@pytest.mark.parametrize(
    ("url", "host", "template"),
    [
        (
            "https://git.example.com/sec/shopsec.git",
            "git.example.com",
            {"project": "sec/shopsec", "ref": COMMIT, "file": "/gitlab-template/shopsec.yml"},
        ),
        (
            "https://gitlab.com/sec/shopsec.git",
            "git.example.com",
            {
                "remote": f"https://gitlab.com/sec/shopsec/-/raw/{COMMIT}/gitlab-template/shopsec.yml"
            },
        ),
        (
            "acme/shopsec",
            "git.example.com",
            {
                "remote": f"https://raw.githubusercontent.com/acme/shopsec/{COMMIT}"
                "/gitlab-template/shopsec.yml"
            },
        ),
        ("https://git.example.com/s", "gitlab.com", {}),
        ("file:///srv/s", "", {}),
    ],
)
def test_what_gitlab_includes(url, host, template):
    assert Source(url_of(url, "github.com"), COMMIT).template(host) == template
