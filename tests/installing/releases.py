"""Made-up releases, and a server on loopback that has them or fails in some way."""

import gzip
import hashlib
import http.server
import io
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shopsec.policy.tools import Asset, Release, Tool
from shopsec.scan.tools.install import this_platform

VERSION = "9.9.9"
NAME = f"trivy_{VERSION}_Linux-64bit.tar.gz"


def program(version: str = VERSION) -> bytes:
    """What tells its version as Trivy does."""
    return f'#!/bin/sh\necho "Version: {version}"\n'.encode()


def tar_of(*members: tuple[tarfile.TarInfo | str, bytes]) -> bytes:
    """A .tar.gz of regular files by name, or of members as they are given."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(archive.getvalue(), mtime=0)


def member(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """A member of a tar archive that is no regular file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_of(members: dict[str, bytes], mode: int = 0o100755) -> bytes:
    """A .zip of members with this mode."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            file.writestr(info, content)
    return archive.getvalue()


def release(version: str = VERSION) -> bytes:
    """An archive as the makers of Trivy pack it."""
    return tar_of(("LICENSE", b"free"), ("contrib/html.tpl", b"x"), ("trivy", program(version)))


def tool_of(content: bytes, version: str = VERSION, name: str = NAME) -> Tool:
    """A table whose only release is this archive, for this machine."""
    digest = hashlib.sha256(content).hexdigest()
    asset = Asset(platform=this_platform(), name=name, sha256=digest)
    return Tool(
        name="trivy", title="Trivy", url="https://releases.invalid", default=version,
        oldest="0.1.0", releases=(Release(version=version, assets=(asset,)),),
    )  # fmt: skip


@dataclass
class Server:
    """Answers to requests, in turn; the last is repeated."""

    answers: list[Callable[[http.server.BaseHTTPRequestHandler], None]]
    url: str = ""
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


def status(code: int, body: bytes = b"", **headers: str):
    """An answer with a status; ``Retry_After`` is Retry-After."""

    def answer(handler):
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def truncated(body: bytes):
    """An answer that is shorter than it says."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[:-1])

    return answer


def endless(handler):
    """A body that comes a byte at a time until the test is over."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while not handler.server.scripted.over.wait(0.01):
            handler.wfile.write(b"x")
            handler.wfile.flush()
    except OSError:
        return  # the client has gone


def silent(handler):
    """No answer until the test is over."""
    handler.server.scripted.over.wait(20)


class _HttpServer(http.server.ThreadingHTTPServer):
    scripted: Server


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _HttpServer

    def do_GET(self):
        scripted = self.server.scripted
        scripted.asked.append(self.path)
        answers = scripted.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)
        self.close_connection = True

    def log_message(self, *_):
        pass


@contextmanager
def serving(*answers) -> Iterator[Server]:
    """A server on a free port of loopback."""
    server = _HttpServer(("127.0.0.1", 0), _Handler)
    server.scripted = Server(list(answers), f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.scripted
    finally:
        server.scripted.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
