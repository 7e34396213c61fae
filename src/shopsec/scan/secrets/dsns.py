"""Addresses of other forms: Symfony's DSNs, Go's, Oracle's, and URLs within URLs."""

import re

from shopsec.levels import Confidence
from shopsec.scan.secrets.entropy import random_like
from shopsec.scan.secrets.hits import CONNECTION, Hit, Place, Verdict
from shopsec.scan.secrets.logins import (
    RULE,
    Login,
    hit_of_login,
    is_dummy,
    is_placeholder,
    unquote,
)
from shopsec.scan.secrets.lookalikes import is_reference
from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source

_OF_GO, _OF_ORACLE, _ENCODED = ("@tcp(", "@unix("), ("oracle:thin:", "oracle:oci:"), "%3a%2f%2f"
ANCHORS = (*_OF_GO, *_OF_ORACLE, _ENCODED)

DEFAULT = "default"
"""The host of Symfony's DSNs for a service, which has one of its own.

https://symfony.com/doc/current/mailer.html#using-a-3rd-party-transport
"""
_FARTHEST = 600

# user:password@tcp(host:3306)/shop: https://github.com/go-sql-driver/mysql#dsn-data-source-name
_BEFORE_DSN = "\"'`=/ \t\n"
_USER = Pattern(r"[\w.-]{1,60}", re.ASCII)
_HOST = Pattern(r"[\w.-]{1,200}", re.ASCII)
# jdbc:oracle:thin:user/password@host
_ORACLE = Pattern(
    r"oracle:(?:thin|oci):(?P<user>[\w.$#-]{1,60})/(?P<password>[^\s\"'`<>@]{4,100})"
    r"@(?://|\()?(?P<host>[\w.-]{1,200})",
    re.ASCII,
)
# https%3A%2F%2Fuser%3Apassword%40host
_WITHIN = Pattern(
    r"%3A%2F%2F(?P<user>[\w.~+-]{0,100})(?:%3A|:)(?P<password>(?:[\w.~!*+-]|%(?!40|2F|3A)[0-9A-F]{2})"
    r"{4,200})(?:%40|@)(?P<host>[\w.-]{1,200})",
    re.ASCII | re.IGNORECASE,
)
_SCHEME = Pattern(r"(?:^|[^0-9A-Za-z+.-])([A-Za-z][0-9A-Za-z+.-]{1,30})$")


def at_dsn(source: Source, offset: int, anchor: str) -> Hit | None:
    """The password of an address whose anchor stands at an offset."""
    if anchor in _OF_GO:
        return _of_go(source.text, offset, anchor)
    text, scheme = source.text, "oracle"
    begins = offset
    if anchor == _ENCODED:
        before = _SCHEME.search(text, max(0, offset - 34), offset)
        if before is None:
            return None
        scheme, begins = before[1], before.start(1)
    found = (_WITHIN if anchor == _ENCODED else _ORACLE).match(text, offset, offset + _FARTHEST)
    if found is None:
        return None
    place = Place(found.start("password"), found.end("password"), found["password"])
    login = Login(scheme, found["user"], unquote(found["password"]), found["host"])
    return hit_of_login(login, place, begins)


def _of_go(text: str, offset: int, anchor: str) -> Hit | None:
    before = text[max(0, offset - 170) : offset]
    written = before[max(before.rfind(char) for char in _BEFORE_DSN) + 1 :]
    user, _, password = written.partition(":")
    host = _HOST.match(text, offset + len(anchor))
    if not password or not _USER.fullmatch(user):
        return None
    login = Login("mysql", user, password, host[0] if host else "localhost")
    return hit_of_login(login, Place(offset - len(password), offset, password))


# A key in the place of the user: redis://key@host, postmark+api://key@default.
_KEY = Pattern(
    r"(?P<key>[0-9A-Za-z_.~%+-]{8,300})(?::(?P<domain>[0-9A-Za-z.-]{3,100}))?@"
    r"(?P<host>[0-9A-Za-z_.-]{1,200})"
)
_DOMAIN = Pattern(r"(?:[0-9A-Za-z-]{1,63}\.){1,6}[A-Za-z]{2,20}")
_KEYED = frozenset({"redis", "rediss", "nats"})
_LEAST = 16


def is_domain(text: str) -> bool:
    """The name of a domain, as Mailgun's DSN has one behind the key."""
    return _DOMAIN.fullmatch(text) is not None


def key_of(source: Source, offset: int, scheme: re.Match[str]) -> Hit | None:
    """A key that stands where an address has its user, behind ``://``."""
    found = _KEY.match(source.text, offset, offset + _FARTHEST)
    if found is None:
        return None
    key = found["key"]
    if is_placeholder(key) or is_reference(key) or is_dummy(key):
        return None
    place = Place(offset, found.end("key"), key)
    if len(key) < _LEAST or not any(map(str.isdigit, key)):
        return None
    if found["host"] == DEFAULT:
        sure = Confidence.MEDIUM
    elif scheme[1].lower() in _KEYED and not found["domain"] and random_like(key):
        sure = Confidence.LOW
    else:
        return None
    return Hit(RULE, place, Verdict(sure, None, scheme.start(1)), CONNECTION)
