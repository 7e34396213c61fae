"""Passwords in URLs: ``postgres://user:password@host``."""

import re
from urllib.parse import unquote

from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.basic_auth import BasicAuthDetector

from shopsec.scan.secrets.hits import Place, Verdict
from shopsec.scan.secrets.lookalikes import is_dummy_password, is_made_up
from shopsec.scan.secrets.source import Source

_SHORTEST = 4
_REACH = 200
_USER = re.compile(r"([a-z][\w+.-]{1,20})://([^/:@\s]*):$", re.IGNORECASE)
_HOST = re.compile(r"@(\[[0-9a-f:.]+\]|[\w.-]+)", re.IGNORECASE | re.ASCII)
_NEVER_IN_A_PASSWORD = re.compile(r"[{}<>*\\|\"'`^]")
# RFC 2606 and RFC 6761: names that are for documentation and testing.
_DOCUMENTATION = re.compile(r"(^|\.)example(\.(com|org|net))?$|\.(invalid|test)$", re.IGNORECASE)
_PRIVATE = re.compile(
    r"^[\w-]+$"  # one label: this machine, or a service of a compose file
    r"|^(127|10|192\.168)\.|^0\.0\.0\.0$|^\[|\.(local|localhost|internal)$",
    re.IGNORECASE,
)


class UrlPassword(RegexBasedDetector):
    """The stock pattern, and the one without a user that Redis has."""

    secret_type = BasicAuthDetector.secret_type
    denylist = (*BasicAuthDetector.denylist, re.compile(r"rediss?://:([^:/?#\[\]@\s\"'`]+)@"))


def url_password(source: Source, place: Place) -> Verdict | None:
    """A real password for a host that others can reach; for a private one only a low finding."""
    line = source.line_start(place.start)
    before = _USER.search(source.text, max(line, place.start - _REACH), place.start)
    host = _HOST.match(source.text, place.end)
    if before is None or host is None or _DOCUMENTATION.search(host[1]):
        return None
    if place.value == before[2] or _is_no_password(place.value):
        return None
    if _PRIVATE.search(host[1]):
        return Verdict("low", "low", before.start())
    mixed = re.search(r"\d", place.value)
    return Verdict("high" if mixed else "medium", begins=before.start())


def _is_no_password(value: str) -> bool:
    value = unquote(value)
    return (
        len(value) < _SHORTEST
        or bool(_NEVER_IN_A_PASSWORD.search(value))
        or is_dummy_password(value)
        or is_made_up(value)
    )
