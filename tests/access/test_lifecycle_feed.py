"""Refreshing the table of lifecycles, against a server that fails in every way."""

import datetime
import http.server
import json
import threading
import time

import pytest
from click.testing import CliRunner

from shopsec.cli.main import cli
from shopsec.errors import RefreshError
from shopsec.policy.lifecycle import Lifecycles, embedded_lifecycles, newest_lifecycles
from shopsec.scan.access import lifecycle_feed
from shopsec.scan.access.lifecycle_feed import fetch_from, refreshed_lifecycles
from shopsec.scan.dependencies import kev
from tests.dependencies.osv_stub import Stub, feed, serving

DAY = datetime.date(2026, 11, 24)
EMBEDDED = embedded_lifecycles()
# The shape that the API documents, with what is of no interest here left in.
RELEASE = {
    "name": "9.9", "codename": None, "label": "9.9", "releaseDate": "2026-01-02", "isLts": False,
    "isEoas": False, "eoasFrom": "2027-01-02", "isEol": False, "eolFrom": "2028-01-02",
    "isMaintained": True, "latest": {"name": "9.9.3", "date": "2026-11-01", "link": "x"},
}  # fmt: skip


def answer(*releases):
    return json.dumps({"schema_version": "1.2.1", "result": {"releases": releases}}).encode()


def table(*names):
    products = {name: EMBEDDED.products[name] for name in names}
    return Lifecycles(as_of=EMBEDDED.as_of, products=products)


def test_cycles_of_today_replace_those_of_the_table():
    asked = []

    def fetch(name):
        asked.append(name)
        return answer(RELEASE, RELEASE | {"name": "10"}, RELEASE | {"name": "rolling"})

    new = refreshed_lifecycles(table("php", "saleor"), DAY, fetch)
    assert asked == ["php"]
    assert new.as_of == DAY
    assert [each.cycle for each in new.products["php"].cycles] == ["10", "9.9"]
    cycle = new.products["php"].cycles[1]
    assert cycle.model_dump(mode="json") == {
        "cycle": "9.9", "released": "2026-01-02", "active_until": "2027-01-02",
        "end": "2028-01-02", "ended": False, "latest": "9.9.3", "codename": "",
    }  # fmt: skip
    assert new.products["php"].images == EMBEDDED.products["php"].images
    assert new.products["saleor"] == EMBEDDED.products["saleor"]


@pytest.mark.parametrize(
    ("product", "release", "cycle"),
    [
        ("debian", {"name": "14", "codename": "Forky", "eoesFrom": "2032-01-01"},
         {"end": "2032-01-01", "codename": "forky"}),
        ("ubuntu", {"name": "30.04", "codename": "Quick Quokka", "eoesFrom": "2040-01-01"},
         {"end": "2028-01-02", "codename": "quick"}),
        ("nodejs", {"name": "20", "codename": None}, {"codename": "iron"}),
        ("mysql", {"eolFrom": None, "isEol": True, "latest": None},
         {"end": None, "ended": True, "latest": ""}),
        ("mysql", {"eolFrom": None, "codename": "X Y"}, {"end": None, "ended": False, "codename": ""}),
    ],
)  # fmt: skip
def test_what_a_release_says(product, release, cycle):
    new = refreshed_lifecycles(table(product), DAY, lambda _: answer(RELEASE | release))
    (found,) = new.products[product].cycles
    assert found.model_dump(mode="json").items() >= cycle.items()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<html>", b"{}", b"[]", b'{"result": {}}', b'{"result": {"releases": 3}}',
        b'{"result": {"releases": []}}', b'{"result": {"releases": [{"name": "rolling"}]}}',
        answer(RELEASE | {"eolFrom": "soon"}), answer(RELEASE | {"latest": 3}),
        answer(RELEASE)[:-30], b"[" * 100_000,
    ],
)  # fmt: skip
def test_garbage_changes_nothing(content):
    with pytest.raises(RefreshError, match="php: the answer"):
        refreshed_lifecycles(table("php"), DAY, lambda _: content)


class Server(http.server.ThreadingHTTPServer):
    behave = "ok"
    daemon_threads = True

    def handle_error(self, *_):
        """A client that hangs up is what some of these tests are about."""


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        behave = self.server.behave
        if behave.isdigit():
            self.send_error(int(behave))
            return
        content = answer(RELEASE)
        if behave == "garbage":
            content = b"\x00\xff" * 100
        if behave == "large":
            content = b"x" * 3_000_000
        self.send_response(302 if behave == "redirect" else 200)
        if behave == "redirect":
            self.send_header("Location", "file:///etc/hostname")
        self.send_header("Content-Length", str(len(content) + 100 * (behave == "truncated")))
        self.end_headers()
        for byte in range(0, len(content), 20):
            if behave == "slow":
                self.wfile.flush()
                time.sleep(0.2)
            self.wfile.write(content[byte : byte + 20] if behave == "slow" else content)
            if behave != "slow":
                return

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def url_of(server):
    return f"http://127.0.0.1:{server.server_address[1]}/api/v1/products/"


@pytest.mark.parametrize(
    ("behave", "message"),
    [
        ("404", "answered 404"),
        ("405", "answered 405"),
        ("429", "answered 429"),
        ("500", "answered 500"),
        ("redirect", "answered 302"),
        ("truncated", "broke off"),
        ("large", "larger than 2000 kB"),
        ("slow", "took too long"),
        ("garbage", "not what the API documents"),
    ],
)
def test_a_server_that_fails(server, behave, message):
    server.behave = behave
    fetch = fetch_from(url_of(server), seconds=0.5 if behave == "slow" else 10)
    start = time.monotonic()
    with pytest.raises(RefreshError, match=message):
        refreshed_lifecycles(table("php"), DAY, fetch)
    assert time.monotonic() - start < 5


def test_no_server_and_no_address(server):
    url = url_of(server)
    server.server_close()
    with pytest.raises(RefreshError, match="cannot be had"):
        fetch_from(url)("php")
    with pytest.raises(RefreshError, match="no http or https address"):
        fetch_from("file:///etc")


@pytest.fixture
def update(monkeypatch, tmp_path, server):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(lifecycle_feed.URL_VARIABLE, url_of(server))
    empty = tmp_path / "empty"
    empty.mkdir()

    def run():
        with serving(Stub(files={"/kev.json": feed()})) as stub:
            monkeypatch.setenv(kev.URL_VARIABLE, f"{stub.url}/kev.json")
            return CliRunner().invoke(cli, ["db", "update", str(empty)], standalone_mode=False)

    return run


def test_the_command_writes_a_table_that_scans_use(update, tmp_path):
    result = update()
    assert (result.exception, result.return_value) == (None, 0)
    path = tmp_path / "shopsec" / "lifecycle.json"
    assert f"\n{path}: {len(EMBEDDED.products)} products, " in result.output
    used = newest_lifecycles(path)
    assert used.as_of >= DAY
    assert [each.cycle for each in used.products["php"].cycles] == ["9.9"]


@pytest.mark.parametrize("behave", ["405", "429", "500", "truncated", "garbage"])
def test_the_table_that_was_there_stays_when_the_command_fails(update, server, tmp_path, behave):
    path = tmp_path / "shopsec" / "lifecycle.json"
    path.parent.mkdir()
    path.write_text("before")
    server.behave = behave
    result = update()
    assert (result.exception, result.return_value) == (None, 3)
    assert "shopsec: error: " in result.stderr
    assert path.read_text() == "before"
    names = {each.name for each in path.parent.iterdir()}
    assert names == {"lifecycle.json", "kev.json"}  # one part's failure does not keep others
