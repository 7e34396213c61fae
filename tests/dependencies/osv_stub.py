"""A stand-in for OSV's query API on loopback, with the ways it is known to fail."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# The shape of a real answer of POST /v1/query, shortened to what pip-audit reads.
DJANGO = {
    "vulns": [
        {
            "id": "GHSA-2gwj-7jmv-h26r",
            "aliases": ["CVE-2022-28346", "PYSEC-2022-190"],
            "summary": "SQL Injection in Django",
            "details": "QuerySet.annotate can be attacked. More text.",
            "affected": [
                {
                    "package": {"name": "django", "ecosystem": "PyPI"},
                    "ranges": [
                        {
                            "type": "ECOSYSTEM",
                            "events": [{"introduced": "2.2"}, {"fixed": "2.2.28"}],
                        }
                    ],
                }
            ],
        }
    ]
}


@contextmanager
def osv(mode: str = "good", after: int = 0) -> Iterator[str]:
    """Serve until the end of the block; ``mode`` takes hold after so many good answers."""
    count = 0
    ended = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            nonlocal count
            count += 1
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            name = body["package"]["name"]
            text = json.dumps(DJANGO if name == "django" else {}).encode()
            if mode == "good" or count <= after:
                self.answer(200, text)
            elif mode.isdigit():
                self.answer(int(mode), b"<html>no</html>")
            elif mode == "garbage":
                self.answer(200, b"<html>maintenance</html>")
            elif mode == "truncated":
                self.answer(200, text[: len(text) // 2], length=len(text))
            elif mode == "stalled":
                ended.wait(30)

        def answer(self, status: int, text: bytes, length: int | None = None) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(length or len(text)))
            self.end_headers()
            self.wfile.write(text)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
