"""A registry of one image on loopback, with or without a login.

https://github.com/opencontainers/distribution-spec
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.containers.image_archive import DEBIAN, write_layout

USER, PASSWORD = "shop", "pass" + "word-of-a-stub"
LOGIN = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class _Registry(ThreadingHTTPServer):
    """Serves an OCI layout as the image ``shop``."""

    def __init__(self, layout: Path, *, login: bool, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        index = json.loads((layout / "index.json").read_bytes())
        self.blobs = layout / "blobs" / "sha256"
        self.digest = index["manifests"][0]["digest"]
        self.login, self.status = login, status
        self.seen: list[str | None] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Registry

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        given = self.headers.get("Authorization")
        self.server.seen.append(given)
        if self.server.login and given != LOGIN:
            self._send(401, b"{}", {"WWW-Authenticate": 'Basic realm="stub"'})
        elif self.path == "/v2/":
            self._send(200, b"{}", {})
        elif self.server.status != 200:
            self._send(self.server.status, b"{}", {})
        elif self.path.startswith("/v2/shop/"):
            name = self.path.rpartition("/")[2]
            self._blob(self.server.digest if "/manifests/" in self.path else name)
        else:
            error = {"errors": [{"code": "NAME_UNKNOWN", "message": "unknown"}]}
            self._send(404, json.dumps(error).encode(), {})

    def _blob(self, name: str) -> None:
        is_manifest = name == self.server.digest
        kind = "application/vnd.oci.image.manifest.v1+json" if is_manifest else "a/b"
        content = (self.server.blobs / name.removeprefix("sha256:")).read_bytes()
        self._send(200, content, {"Content-Type": kind, "Docker-Content-Digest": name})

    def _send(self, code: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def registry(
    folder: Path, *, login: bool = False, status: int = 200
) -> Iterator[tuple[str, list[str | None]]]:
    """Serve ``/v2/shop``; yield host:port and the Authorization headers that come in."""
    write_layout(folder, [DEBIAN])
    server = _Registry(folder, login=login, status=status)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", server.seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
