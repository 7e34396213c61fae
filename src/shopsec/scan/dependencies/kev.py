"""CISA's catalogue of known exploited vulnerabilities: an embedded snapshot, or a newer one.

https://www.cisa.gov/known-exploited-vulnerabilities-catalog (its data is in the public domain,
CC0 1.0).
"""

import datetime
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shopsec.errors import RefreshError
from shopsec.model.coverage import calendar_day
from shopsec.policy.bundled import policies_folder

FILE_NAME = "kev.json"
FEED = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
URL_VARIABLE = "SHOPSEC_KEV_URL"
"""Environment variable for a mirror of the feed."""
FEED_NAME = "known_exploited_vulnerabilities.json"
LIMIT = 50_000_000

_CVE = re.compile(r"CVE-\d{4}-\d{4,}")
# The catalogue only grows: one with much less is cut off or something else.
_LEAST = 1_000


@dataclass(frozen=True)
class Kev:
    """Ids of the catalogue."""

    date: str
    """Day of the catalogue, ISO 8601."""
    ids: frozenset[str]
    embedded: bool = False
    """Shipped with shopsec."""


def load_kev(cache: Path) -> Kev:
    """The newest catalogue that is here: the refreshed one, or else the embedded one."""
    embedded = replace(_read(policies_folder() / FILE_NAME), embedded=True)
    try:
        refreshed = _read(cache / FILE_NAME)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return embedded
    return max(refreshed, embedded, key=lambda each: each.date)


def _read(path: Path) -> Kev:
    document = json.loads(path.read_text(encoding="ascii"))
    date, ids = document["date"], document["ids"]
    if not isinstance(date, str) or len(date) != 10 or calendar_day(date) is None:
        raise ValueError("no day")
    if not isinstance(ids, list) or not ids or not all(isinstance(each, str) for each in ids):
        raise ValueError("no ids")
    return Kev(date, frozenset(ids))


def kev_of_feed(url: str, document: Any) -> Kev:
    """The catalogue as CISA publishes it; RefreshError when it is not that."""
    try:
        day = calendar_day(str(document["dateReleased"]))
        ids = frozenset(str(entry["cveID"]) for entry in document["vulnerabilities"])
        told = document.get("count", len(document["vulnerabilities"]))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise RefreshError(f"{url}: is not CISA's catalogue") from error
    if day is None:
        raise RefreshError(f"{url}: is not CISA's catalogue")
    whole = told == len(document["vulnerabilities"]) and len(ids) >= _LEAST
    if not whole or not all(map(_CVE.fullmatch, ids)):
        raise RefreshError(f"{url}: is not the whole of CISA's catalogue")
    # A date of the future would keep it fresh for ever.
    today = datetime.datetime.now(tz=datetime.UTC).date()
    return Kev(min(day, today).isoformat(), ids)


def kev_text(kev: Kev) -> str:
    """The form in which it is kept."""
    return json.dumps({"date": kev.date, "ids": sorted(kev.ids)}, indent=0) + "\n"
