"""A forge on loopback that keeps comments, as GitHub's and GitLab's interfaces answer."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Forge:
    """What it holds, what it was asked, and how it is to fail."""

    kept: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of each request, without the query."""
    headers: list[dict[str, str]] = field(default_factory=list)
    status: int = 0
    """A status to answer everything with; 0 for none."""
    garbage: bytes = b""
    """What to answer everything with."""
    raw: bytes = b""
    """What to send for everything, in place of an answer of HTTP."""
    mine: dict[str, Any] = field(default_factory=dict)
    """What it adds to what is created: whose it is."""
    url: str = ""

    def answer(self, method: str, path: str, body: Any) -> Any:
        """What it says to a request, after it was done."""
        if path.endswith("/user"):
            return {"id": 7}
        if method == "GET":
            query = dict(each.split("=") for each in path.partition("?")[2].split("&"))
            size, page = int(query["per_page"]), int(query["page"])
            return self.kept[(page - 1) * size : page * size]
        if method == "POST":
            self.kept.append({"id": 1000 + len(self.kept), **self.mine, **body})
            return self.kept[-1]
        number = int(path.rpartition("/")[2])
        (one,) = [each for each in self.kept if each["id"] == number]
        one.update(body)
        return one


@contextmanager
def running(forge: Forge) -> Iterator[Forge]:
    """The forge, answering at ``forge.url`` until the end."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            forge.asked.append((self.command, self.path.partition("?")[0]))
            forge.headers.append(dict(self.headers))
            if forge.raw:
                self.wfile.write(forge.raw)
                return
            content = forge.garbage
            if not forge.status and not content:
                content = json.dumps(forge.answer(self.command, self.path, body)).encode()
            self.send_response(forge.status or 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = _do  # noqa: N815 -- http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    forge.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield forge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
