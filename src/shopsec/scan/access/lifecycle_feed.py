"""Refreshing the table of lifecycles from endoflife.date. ``shopsec scan`` never does this.

One request for each product that names endoflife.date as its source; the others keep what they
have. It is all or nothing: a single product that cannot be had leaves the old table in place.

API: https://endoflife.date/docs/api/v1/
"""

import datetime
import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shopsec import __version__
from shopsec.errors import RefreshError
from shopsec.policy.lifecycle import Cycle, Lifecycles, Product

FEED = "https://endoflife.date/api/v1/products"
URL_VARIABLE = "SHOPSEC_LIFECYCLE_URL"
"""Environment variable for a mirror of the feed."""

_SOURCE = re.compile(r"https://endoflife\.date/([a-z0-9-]+)")
_ANSWER_BYTES = 2_000_000
_CHUNK = 65_536
_AT_A_TIME = 4
_CYCLE = re.compile(r"\d+(\.\d+)*")

Fetch = Callable[[str], bytes]


def refreshed_lifecycles(old: Lifecycles, today: datetime.date, fetch: Fetch) -> Lifecycles:
    """The table with the cycles of today; RefreshError names the product that stopped it."""
    names = [name for name, product in old.products.items() if _SOURCE.match(product.source)]
    with ThreadPoolExecutor(max_workers=_AT_A_TIME) as pool:
        answers = list(pool.map(lambda name: _refreshed(name, old.products[name], fetch), names))
    products = dict(old.products) | dict(zip(names, answers, strict=True))
    return Lifecycles(as_of=today, products=products)


def fetch_from(base: str, seconds: float = 120.0) -> Fetch:
    """A function that asks ``base``/name; all its answers together may take so many seconds."""
    if not base.startswith(("https://", "http://")):
        raise RefreshError(f"{base}: is no http or https address")
    deadline = time.monotonic() + seconds
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(), urllib.request.HTTPHandler(), urllib.request.HTTPSHandler(),
        urllib.request.HTTPErrorProcessor(), urllib.request.HTTPDefaultErrorHandler(),
    ):  # fmt: skip
        opener.add_handler(handler)

    def fetch(name: str) -> bytes:
        url = f"{base.rstrip('/')}/{name}"
        request = urllib.request.Request(url, headers={"User-Agent": f"shopsec/{__version__}"})  # noqa: S310 -- the scheme is checked above
        try:
            with opener.open(request, timeout=min(10.0, seconds)) as answer:
                return _read(answer, url, deadline)
        except urllib.error.HTTPError as error:
            error.close()
            raise RefreshError(f"{url}: answered {error.code}") from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise RefreshError(f"{url}: cannot be had: {reason}") from error

    return fetch


def _read(answer: Any, url: str, deadline: float) -> bytes:
    """The whole answer, in bounded time and size."""
    content = bytearray()
    while chunk := answer.read1(_CHUNK):
        content += chunk
        if len(content) > _ANSWER_BYTES:
            raise RefreshError(f"{url}: the answer is larger than {_ANSWER_BYTES // 1_000} kB")
        if time.monotonic() > deadline:
            raise RefreshError(f"{url}: took too long")
    if answer.length:
        raise RefreshError(f"{url}: the answer broke off")
    return bytes(content)


def _refreshed(name: str, old: Product, fetch: Fetch) -> Product:
    match = _SOURCE.match(old.source)
    slug = match[1] if match else name
    try:
        result = json.loads(fetch(slug))["result"]
        cycles = tuple(
            _cycle(release, old) for release in result["releases"]
            if _CYCLE.fullmatch(str(release["name"]))
        )  # fmt: skip
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RefreshError(f"{slug}: the answer is not what the API documents") from error
    if not cycles:
        raise RefreshError(f"{slug}: the answer has no release lines")
    ordered = sorted(cycles, key=lambda each: each.parts, reverse=True)
    return old.model_copy(update={"cycles": tuple(ordered)})


def _cycle(release: dict[str, Any], product: Product) -> Cycle:
    end = release.get("eolFrom")
    if product.extended and release.get("eoesFrom"):
        end = release["eoesFrom"]
    latest = release.get("latest") or {}
    name = str(release["name"])
    known = next((each for each in product.cycles if each.cycle == name), None)
    return Cycle(
        cycle=name,
        released=release.get("releaseDate"),
        active_until=release.get("eoasFrom"),
        end=end,
        ended=end is None and release.get("isEol") is True,
        latest=str(latest.get("name") or ""),
        codename=known.codename if known else _codename(release, product),
    )


def _codename(release: dict[str, Any], product: Product) -> str:
    """The word that image tags use; only systems and Node.js have one there."""
    words = str(release.get("codename") or "").lower().split()
    has_codenames = any(each.codename for each in product.cycles)
    return words[0] if words and has_codenames else ""
