"""Requests to servers that may be slow, broken or hostile: bounded in time, size and tries.

urllib3 does connections, proxies, certificates and retries with back-off. Redirects are not
followed: what is asked for is where it is said to be, or a person should know. Only a file whose
digest is known may be fetched through some (:meth:`Web.save`), and never from https to http.
"""

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urljoin

import urllib3

from shopsec import __version__
from shopsec.errors import RefreshError

_TRIES = 3
_RETRIED = (429, 500, 502, 503, 504)
_MOVED = (301, 302, 303, 307, 308)
_HOPS = 5
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 30.0
_CHUNK = 1 << 16

Answer = TypeVar("Answer")


class Web:
    """Answers to requests until a deadline; RefreshError names the address and what is wrong."""

    def __init__(self, seconds: float, *, pause: float = 0.5, connections: int = 8) -> None:
        """``pause`` is the first wait before a retry, in seconds; the next is twice as long."""
        self._deadline = time.monotonic() + seconds
        self._pause = pause
        headers = {"User-Agent": f"shopsec/{__version__}"}
        options: dict[str, Any] = {"maxsize": connections, "headers": headers, "retries": False}
        self._direct = urllib3.PoolManager(**options)
        self._proxies = {
            scheme: urllib3.ProxyManager(address, **options)
            for scheme, address in urllib.request.getproxies().items()
            if scheme in {"http", "https"} and address.startswith(("http://", "https://"))
        }

    def get(self, url: str, limit: int) -> bytes:
        """The whole body of an answer with status 200."""
        return self._body("GET", url, limit)

    def post_json(self, url: str, document: object, limit: int) -> Any:
        """What a server answers to a JSON document, as JSON."""
        body = json.dumps(document).encode()
        return parsed(shown(url), self._body("POST", url, limit, body))

    @contextmanager
    def stream(
        self, url: str, headers: Mapping[str, str]
    ) -> Iterator[tuple[int, Mapping[str, str], Iterator[bytes]]]:
        """Status (200, 206 or 416), headers and the body in pieces; one try."""
        with _ended(self._response("GET", url, None, headers)) as response:
            if response.status not in {200, 206, 416}:
                raise _refused(url, response.status)
            yield response.status, response.headers, self._pieces(url, response)

    def save(self, url: str, file: BinaryIO, limit: int) -> None:
        """Write the body of an answer with status 200 to a file, as it is sent.

        Redirects are followed, so what is in the file must be checked by its digest.
        """
        self._tried(url, lambda: self._save_once(url, file, limit))

    def _body(self, method: str, url: str, limit: int, body: bytes | None = None) -> bytes:
        return self._tried(url, lambda: self._once(method, url, limit, body))

    def _tried(self, url: str, once: Callable[[], Answer]) -> Answer:
        problem = RefreshError(f"{shown(url)}: no time is left")
        for attempt in range(_TRIES):
            try:
                return once()
            except _AgainError as error:
                tries = f"{error}, {attempt + 1} tries"
                problem = (
                    AnsweredError(tries, error.status) if error.status else RefreshError(tries)
                )
                wait = max(self._pause * 2**attempt, error.seconds)
                if attempt + 1 == _TRIES or time.monotonic() + wait >= self._deadline:
                    break
                time.sleep(wait)
        raise problem

    def _once(self, method: str, url: str, limit: int, body: bytes | None) -> bytes:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        try:
            with _ended(self._response(method, url, body, headers)) as response:
                if response.status in _RETRIED:
                    raise _again(url, response)
                if response.status != 200:
                    raise _refused(url, response.status)
                content = bytearray()
                for piece in self._pieces(url, response):
                    content += piece
                    if len(content) > limit:
                        raise _too_large(url, limit)
                return bytes(content)
        except _BrokenError as error:
            raise _AgainError(str(error)) from error

    def _save_once(self, url: str, file: BinaryIO, limit: int) -> None:
        try:
            for _ in range(_HOPS + 1):
                with _ended(self._response("GET", url, None, {})) as response:
                    if response.status in _MOVED:
                        url = _next(url, response.headers.get("Location", ""))
                        continue
                    if response.status in _RETRIED:
                        raise _again(url, response)
                    if response.status != 200:
                        raise _refused(url, response.status)
                    # A server may call a .tar.gz a compressed .tar; the digest is of the file.
                    pieces = self._pieces(url, response, decode=False)
                    _write(url, file, pieces, limit)
                    return
        except _BrokenError as error:
            raise _AgainError(str(error)) from error
        raise RefreshError(f"{shown(url)}: leads elsewhere more than {_HOPS} times")

    def _response(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise RefreshError(f"{shown(url)}: no time is left")
        timeout = urllib3.Timeout(
            connect=min(_CONNECT_SECONDS, left), read=min(_READ_SECONDS, left)
        )
        try:
            return self._pool(url).request(
                method, url, body=body, headers={**self._direct.headers, **headers},
                timeout=timeout, redirect=False, preload_content=False,
            )  # fmt: skip
        except urllib3.exceptions.LocationValueError as error:
            raise RefreshError(f"{shown(url)}: is no address") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _BrokenError(f"{shown(url)}: {_words(error)}") from error

    def _pieces(
        self, url: str, response: urllib3.BaseHTTPResponse, *, decode: bool = True
    ) -> Iterator[bytes]:
        try:
            # What has come, not a full chunk: a server that drips must not outlive the deadline.
            while piece := response.read1(_CHUNK, decode_content=decode):
                yield piece
                if time.monotonic() > self._deadline:
                    raise RefreshError(f"{shown(url)}: took too long")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _BrokenError(f"{shown(url)}: the answer broke off ({_words(error)})") from error

    def _pool(self, url: str) -> urllib3.PoolManager:
        parts = urllib3.util.parse_url(url)
        if parts.scheme not in {"http", "https"} or not parts.host:
            raise RefreshError(f"{shown(url)}: is no http or https address")
        proxy = self._proxies.get(parts.scheme)
        if proxy is None or urllib.request.proxy_bypass(parts.host):
            return self._direct
        return proxy


@contextmanager
def _ended(response: urllib3.BaseHTTPResponse) -> Iterator[urllib3.BaseHTTPResponse]:
    """Close a response that is not read to its end; one that is has given its connection back."""
    try:
        yield response
    finally:
        response.close()


class AnsweredError(RefreshError):
    """A server answered, and not with what was asked for."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class _BrokenError(RefreshError):
    """A connection that cannot be made or breaks; another try may help."""


class _AgainError(Exception):
    def __init__(self, message: str, seconds: float = 0.0, status: int = 0) -> None:
        super().__init__(message)
        self.seconds = seconds
        self.status = status


def _again(url: str, response: urllib3.BaseHTTPResponse) -> _AgainError:
    status = response.status
    return _AgainError(f"{shown(url)}: answered {status}", _retry_after(response), status)


def _too_large(url: str, limit: int) -> RefreshError:
    return RefreshError(f"{shown(url)}: the answer is larger than {limit // 1_000} kB")


def _write(url: str, file: BinaryIO, pieces: Iterator[bytes], limit: int) -> None:
    file.seek(0)
    file.truncate()
    for piece in pieces:
        file.write(piece)
        if file.tell() > limit:
            raise _too_large(url, limit)


def _next(url: str, location: str) -> str:
    """Where a redirect leads; a secure way is not left."""
    found = urljoin(url, location)
    if not location or (
        url.lower().startswith("https:") and not found.lower().startswith("https:")
    ):
        raise RefreshError(f"{shown(url)}: leads to no https address, which is not followed")
    return found


_USER = re.compile(r"^([^/?#]*://)?[^/?#]*@")
_USER_WITH_SIGNS = re.compile(r"^([^/?#]*://)?[^/?#@:\[]*:(?!\d*([/?#]|$)).*@", re.DOTALL)
"""A password with an unquoted sign in it is no part of a path: a port has digits only."""


def shown(url: str) -> str:
    """An address as messages and reports may have it: without credentials and query."""
    for pattern in (_USER_WITH_SIGNS, _USER):
        url = pattern.sub(lambda found: found[1] or "", url, count=1)
    return re.split(r"[?#]", url, maxsplit=1)[0]


def parsed(url: str, content: bytes) -> Any:
    """A body as JSON; RefreshError when it is none. ``url`` is named as it is."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RefreshError(f"{url}: answered something else than JSON") from error


def _refused(url: str, status: int) -> AnsweredError:
    if 300 <= status < 400:
        text = f"{shown(url)}: leads elsewhere ({status}), which is not followed"
        return AnsweredError(text, status)
    return AnsweredError(f"{shown(url)}: answered {status}", status)


def _retry_after(response: urllib3.BaseHTTPResponse) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), 60.0) if text.isascii() and text.isdigit() else 0.0


def _words(error: Exception) -> str:
    """What happened in plain words; the library's own hold addresses of objects."""
    cause = error.__cause__ or error
    for kind, words in (
        (urllib3.exceptions.NameResolutionError, "its name is not known here"),
        (urllib3.exceptions.NewConnectionError, "cannot be reached"),  # a kind of the next
        (urllib3.exceptions.ConnectTimeoutError, "cannot be reached in time"),
        (urllib3.exceptions.ReadTimeoutError, "did not answer in time"),
        (urllib3.exceptions.IncompleteRead, "it is shorter than it says"),
        (urllib3.exceptions.SSLError, "its certificate is not accepted"),
        (urllib3.exceptions.ProxyError, "the proxy does not let it through"),
        (urllib3.exceptions.ProtocolError, "the connection broke"),
    ):
        if isinstance(error, kind) or isinstance(cause, kind):
            return words
    return type(error).__name__
