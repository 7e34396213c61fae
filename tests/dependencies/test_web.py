"""Requests: connections are used again, and nothing is followed or believed."""

import pytest

from shopsec.errors import RefreshError
from shopsec.scan.web import Web, parsed
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
