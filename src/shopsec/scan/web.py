"""Requests to servers that may be slow, broken or hostile: bounded in time, size and tries.

urllib3 does connections, proxies, certificates and retries with back-off. Redirects are not
followed: what is asked for is where it is said to be, or a person should know.
"""

import json
import re
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import urllib3

from shopsec import __version__
from shopsec.errors import RefreshError

_TRIES = 3
_RETRIED = (429, 500, 502, 503, 504)
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 30.0
_CHUNK = 1 << 16


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

    def _body(self, method: str, url: str, limit: int, body: bytes | None = None) -> bytes:
        problem = RefreshError(f"{shown(url)}: no time is left")
        for attempt in range(_TRIES):
            try:
                return self._once(method, url, limit, body)
            except _AgainError as error:
                problem = RefreshError(f"{error}, {attempt + 1} tries")
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
                    raise _AgainError(
                        f"{shown(url)}: answered {response.status}", _retry_after(response)
                    )
                if response.status != 200:
                    raise _refused(url, response.status)
                content = bytearray()
                for piece in self._pieces(url, response):
                    content += piece
                    if len(content) > limit:
                        raise RefreshError(
                            f"{shown(url)}: the answer is larger than {limit // 1_000} kB"
                        )
                return bytes(content)
        except _BrokenError as error:
            raise _AgainError(str(error)) from error

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

    def _pieces(self, url: str, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        try:
            # What has come, not a full chunk: a server that drips must not outlive the deadline.
            while piece := response.read1(_CHUNK, decode_content=True):
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


class _BrokenError(RefreshError):
    """A connection that cannot be made or breaks; another try may help."""


class _AgainError(Exception):
    def __init__(self, message: str, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.seconds = seconds


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


def _refused(url: str, status: int) -> RefreshError:
    if 300 <= status < 400:
        return RefreshError(f"{shown(url)}: leads elsewhere ({status}), which is not followed")
    return RefreshError(f"{shown(url)}: answered {status}")


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
