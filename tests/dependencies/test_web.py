"""Requests: connections are used again, and nothing is followed or believed."""

import pytest

from shopsec.errors import RefreshError
from shopsec.scan.web import Web, parsed, shown
from tests.dependencies.osv_stub import Stub, serving


def test_a_connection_is_used_again():
    with serving(Stub(files={"/a": b"x" * 100_000}, keeps=True)) as stub:
        web = Web(20, pause=0)
        assert [len(web.get(f"{stub.url}/a", 100_000)) for _ in range(3)] == [100_000] * 3
    assert len(stub.clients) == 1


def test_the_limit_is_exact():
    with serving(Stub(files={"/a": b"x" * 1_000})) as stub:
        assert Web(20).get(f"{stub.url}/a", 1_000) == b"x" * 1_000
        with pytest.raises(RefreshError, match="the answer is larger than 0 kB"):
            Web(20).get(f"{stub.url}/a", 999)


def test_a_proxy_of_the_environment_is_asked(monkeypatch):
    with serving(Stub(files={"http://osv.invalid/a": b"through"})) as stub:
        monkeypatch.setenv("http_proxy", stub.url)
        monkeypatch.setenv("no_proxy", "")
        assert Web(20).get("http://osv.invalid/a", 100) == b"through"


def test_hosts_that_need_no_proxy_are_asked_themselves(monkeypatch):
    with serving(Stub(files={"/a": b"direct"})) as stub:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert Web(20).get(f"{stub.url}/a", 100) == b"direct"


def test_no_time_is_no_request():
    with serving(Stub(files={"/a": b"x"})) as stub:
        with pytest.raises(RefreshError, match="/a: no time is left"):
            Web(0).get(f"{stub.url}/a", 100)
        assert stub.asked == []


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff", b"[" * 100_000])
def test_what_is_no_json(content):
    with pytest.raises(RefreshError, match="u: answered something else than JSON"):
        parsed("u", content)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://host.example/a/b", "https://host.example/a/b"),
        ("https://user:pw@host.example:8443/a?token=x#y", "https://host.example:8443/a"),
        ("HTTPS://user@host.example", "HTTPS://host.example"),
        ("https://user:p@w@host.example/a", "https://host.example/a"),
        ("https://user:p/w@host.example/a", "https://host.example/a"),
        ("https://user:p?w#@host.example/a", "https://host.example/a"),
        ("user:pw@host.example/a", "host.example/a"),
        ("https://host.example:80/@scope/a", "https://host.example:80/@scope/a"),
        ("https://[::1]:80/@scope/a?b@c", "https://[::1]:80/@scope/a"),
        ("https://host.example?user=a@b", "https://host.example"),
        ("", ""),
    ],
)
def test_addresses_are_shown_without_secrets(url, text):
    assert shown(url) == text


@pytest.mark.parametrize(
    "mode", ["404", "302", "429", "garbage", "truncated", "large", "[]", '{"results": [{"vulns": 3}]}',
             '{"results": [{"vulns": [3]}]}'],
)  # fmt: skip
@pytest.mark.usefixtures("waits")
def test_no_failure_tells_a_password(audit, mode):
    with serving(Stub(modes={"/": mode}, headers={"Location": "/elsewhere"})) as stub:
        url = stub.url.replace("//", "//user:hunter2@")
        outcome = audit({"requirements.txt": "a==1\n"}, f"{url}/v1/query")
    assert stub.url in str(outcome.run)
    assert "hunter2" not in str(outcome)


@pytest.mark.parametrize(
    "url", ["http://u:hunter2@127.0.0.1:9", "http://u:hunter2@/", "u:hunter2@x"]
)
@pytest.mark.usefixtures("waits")
def test_no_address_that_cannot_be_reached_tells_a_password(audit, url):
    outcome = audit({"requirements.txt": "a==1\n"}, url)
    assert outcome.run.covered == 0
    assert "hunter2" not in str(outcome)
