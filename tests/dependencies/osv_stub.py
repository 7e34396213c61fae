"""Stand-ins on loopback for OSV's service and bucket and for CISA's feed, with ways to fail.

The service evaluates ranges of plain versions by code of its own, so that what it finds can be
compared with what shopsec finds in a store.
"""

import base64
import hashlib
import http.server
import io
import json
import re
import threading
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]


def advisory(
    id_: str,
    ecosystem: str,
    name: str,
    *events: tuple[str, str],
    range_type: str = "ECOSYSTEM",
    **fields: Any,
) -> Record:
    """An advisory of one package in the shape of the real ones."""
    ranges = [{"type": range_type, "events": [{kind: version} for kind, version in events]}]
    return {
        "id": id_,
        "modified": "2026-10-01T12:00:00Z",
        "summary": f"{name} can be attacked",
        "affected": [{"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges}],
    } | fields


DJANGO = advisory(
    "GHSA-2gwj-7jmv-h26r",
    "PyPI",
    "django",
    ("introduced", "2.2"),
    ("fixed", "2.2.28"),
    aliases=["CVE-2022-28346", "PYSEC-2022-190"],
    summary="SQL Injection in Django",
    details="QuerySet.annotate can be attacked. More text.",
)


def affects(record: Record, package: dict[str, str], version: str) -> bool:
    """OSV's evaluation, for versions of numbers and dots; names but PyPI's letter by letter."""
    ecosystem = package["ecosystem"].partition(":")[0]
    spelled = str.lower if ecosystem == "PyPI" else str
    return any(
        version in each.get("versions", ())
        or any(_holds(one, version) for one in each.get("ranges", ()) if one["type"] != "GIT")
        for each in record["affected"]
        if spelled(each["package"]["name"]) == spelled(package["name"])
        and each["package"]["ecosystem"] == ecosystem
    )


def _holds(one: Record, version: str) -> bool:
    inside = False
    for event in one["events"]:
        ((kind, at),) = event.items()
        if kind == "introduced":
            inside = inside or at == "0" or _numbers(version) >= _numbers(at)
        elif (kind == "fixed" and _numbers(version) >= _numbers(at)) or (
            kind == "last_affected" and _numbers(version) > _numbers(at)
        ):
            inside = False
    return inside


def _numbers(version: str) -> list[int]:
    numbers = [int(each) for each in re.findall(r"\d+", version)]
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers


def archive(records: Iterable[Record | bytes]) -> bytes:
    """An all.zip; bytes are put in as they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for number, record in enumerate(records):
            if isinstance(record, bytes):
                file.writestr(f"raw-{number}.json", record)
            else:
                file.writestr(f"{record['id']}.json", json.dumps(record))
    return buffer.getvalue()


def feed(date: str = "2026-11-20T10:00:00.0000Z", count: int = 1_500, *more: str) -> bytes:
    """CISA's catalogue with so many ids, and these."""
    ids = [*more, *(f"CVE-2030-{number:05}" for number in range(count - len(more)))]
    entries = [{"cveID": each, "vendorProject": "x"} for each in ids]
    document = {"dateReleased": date, "count": len(entries), "vulnerabilities": entries}
    return json.dumps(document).encode()


@dataclass
class Stub:
    """What the servers have and how they behave; tests change it between requests."""

    records: list[Record] = field(default_factory=lambda: [DJANGO])
    mode: str = "good"
    after: int = 0
    """The mode takes hold after so many good answers of a path."""
    good_from: int = 0
    """The mode ends with so many requests of a path; 0 for never."""
    modes: dict[str, str] = field(default_factory=dict)
    """Modes of single paths, by their beginning; they hold at once."""
    page: int = 0
    """Advisories on a page of a batch's results; 0 for all."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Of the bucket and the feed, by path."""
    break_at: int = 0
    """A file breaks off after so many bytes; 0 for never."""
    range_shift: int = 0
    """How far beside the place that was asked for a file goes on."""
    no_hash: bool = False
    bare_416: bool = False
    """A range that begins after the end is refused without the length."""
    keeps: bool = False
    """Connections are kept for the next request."""
    headers: dict[str, str] = field(default_factory=dict)
    """Sent beside each answer."""
    asked: list[tuple[str, Any]] = field(default_factory=list)
    """Path and body (or Range) of every request."""
    clients: set[int] = field(default_factory=set)
    """Ports from which requests came."""
    url: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    ended: threading.Event = field(default_factory=threading.Event)

    def paths(self) -> list[str]:
        """The paths that were asked, in order."""
        return [path for path, _ in self.asked]

    def mode_of(self, path: str) -> str:
        """How to answer this request."""
        for beginning, mode in self.modes.items():
            if path.startswith(beginning):
                return mode
        self.counts[path] += 1
        count = self.counts[path]
        good = count <= self.after or (self.good_from and count >= self.good_from)
        return "good" if good else self.mode


def etag_of(content: bytes) -> str:
    """A tag that changes with the content."""
    return f'"{hashlib.sha256(content).hexdigest()[:16]}"'


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: Stub

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.stub.asked.append((self.path, body))
        if self.path == "/v1/query":
            found = self._matching(body["package"] | {"ecosystem": "PyPI"}, body["version"])
            self._in_mode({"vulns": found} if found else {})
        else:
            self._in_mode({"results": [self._result(query) for query in body["queries"]]})

    def do_GET(self) -> None:
        self.stub.clients.add(self.client_address[1])
        self.stub.asked.append((self.path, self.headers.get("Range")))
        content = self.stub.files.get(self.path)
        by_id = {record["id"]: record for record in self.stub.records}
        wanted = by_id.get(self.path.removeprefix("/v1/vulns/"))
        if content is not None:
            self._file(content)
        elif wanted is not None:
            self._in_mode(wanted)
        else:
            self._answer(404, b"{}")

    def _matching(self, package: dict[str, str], version: str) -> list[Record]:
        return [record for record in self.stub.records if affects(record, package, version)]

    def _result(self, query: Record) -> Record:
        found = self._matching(query["package"], query["version"])
        named = [{"id": each["id"], "modified": each["modified"]} for each in found]
        if not self.stub.page:
            return {"vulns": named} if named else {}
        start = int(query.get("page_token") or 0)
        end = start + self.stub.page
        result: Record = {"vulns": named[start:end]}
        return result | ({"next_page_token": str(end)} if end < len(named) else {})

    def _in_mode(self, document: Any) -> None:
        text = json.dumps(document).encode()
        mode = self.stub.mode_of(self.path)
        if mode == "good":
            self._answer(200, text)
        elif mode.isdigit():
            self._answer(int(mode), b"<html>no</html>")
        elif mode == "garbage":
            self._answer(200, b"<html>maintenance</html>")
        elif mode == "truncated":
            self._answer(200, text[: len(text) // 2], length=len(text))
        elif mode == "short":  # the length that it tells ends before the document does
            self._answer(200, text, length=len(text) - 2)
        elif mode == "large":
            self._answer(200, b'"' + b"x" * 40_000_000 + b'"')
        elif mode == "stalled":
            self.stub.ended.wait(30)
        elif mode == "dripping":
            self._drip(text)
        else:  # another document
            self._answer(200, mode.encode())

    def _drip(self, text: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        for byte in text:
            self.wfile.write(bytes([byte]))
            if self.stub.ended.wait(0.2):
                return

    def _file(self, content: bytes) -> None:
        mode = self.stub.mode_of(self.path)
        if mode.isdigit():
            self._answer(int(mode), b"")
            return
        tag, begin, status = etag_of(content), 0, 200
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.headers.get("If-Range", tag) == tag:
            begin, status = int(asked[1]) + self.stub.range_shift, 206
            if begin >= len(content):
                total = {"Content-Range": f"bytes */{len(content)}"}
                self._answer(416, b"", None, **({} if self.stub.bare_416 else total))
                return
        headers = {"ETag": tag}
        if status == 206:
            headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        if not self.stub.no_hash:
            digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest())
            headers["x-goog-hash"] = f"crc32c=AAAAAA==, md5={digest.decode()}"
        body = content[begin:]
        sent = body[: self.stub.break_at] if self.stub.break_at else body
        self._answer(status, sent, length=len(body), **headers)

    def _answer(self, status: int, text: bytes, length: int | None = None, **more: str) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        if not self.stub.keeps:
            self.send_header("connection", "close")
        self.send_header("content-length", str(len(text) if length is None else length))
        for name, value in (self.stub.headers | more).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some tests are about."""


@contextmanager
def serving(stub: Stub) -> Iterator[Stub]:
    """Serve until the end of the block."""
    handler = type("Handler", (_Handler,), {"stub": stub})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stub
    finally:
        stub.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def osv(mode: str = "good", after: int = 0) -> Iterator[str]:
    """The service with one advisory, as the address that SHOPSEC_OSV_URL takes."""
    with serving(Stub(mode=mode, after=after)) as stub:
        yield f"{stub.url}/v1/query"
