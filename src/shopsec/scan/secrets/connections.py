"""Passwords in addresses and connection strings: ``postgres://user:password@host``, ``Pwd=...``."""

import re

from shopsec.scan.secrets import dsns
from shopsec.scan.secrets.file_kinds import allows_bare
from shopsec.scan.secrets.hits import Hit, Place
from shopsec.scan.secrets.logins import (
    Login,
    hit_of_login,
    hit_of_password,
    is_dummy,
    is_placeholder,
    is_port,
    is_weak_host,
    unquote,
)
from shopsec.scan.secrets.lookalikes import is_reference
from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source

URL_ANCHORS = ("://", ":\\/\\/", *dsns.ANCHORS)
STRING_ANCHORS = ("password=", "pwd=", "password =", "pwd =")

_FARTHEST = 600
_SCHEME = Pattern(r"(?:^|[^0-9A-Za-z+.-])([A-Za-z][0-9A-Za-z+.-]{1,30})$")
_USER_INFO = Pattern(
    r"(?P<user>[^\s/?#@:\"'`<>\\[\]]{0,100}(?:@[0-9A-Za-z.-]{1,80})?):"
    r"(?P<password>[^\s\"'`<>@]{1,200}(?:@[^\s\"'`<>@/]{1,60})??)@(?:tcp\()?"
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z_.-]{1,200}+|[$%{][^\s\"'`@]{1,100})(?!@)"
)


def at_url(source: Source, offset: int, anchor: str) -> Hit | None:
    """A password in an address whose ``://``, or what stands for it, is at an offset."""
    if anchor in dsns.ANCHORS:
        return dsns.at_dsn(source, offset, anchor)
    text = source.text
    if text.find("@", offset, offset + _FARTHEST) < 0:
        return None
    scheme = _SCHEME.search(text, max(0, offset - 34), offset)
    if scheme is None:
        return None
    found = _USER_INFO.match(text, offset + len(anchor), offset + _FARTHEST)
    if found is None or (found["host"] == dsns.DEFAULT and dsns.is_domain(found["password"])):
        return dsns.key_of(source, offset + len(anchor), scheme)
    if found["host"][0] in "$%{" or is_port(found["password"]):
        return None
    login = Login(scheme[1], found["user"], unquote(found["password"]), found["host"])
    place = Place(found.start("password"), found.end("password"), found["password"])
    return hit_of_login(login, place, scheme.start(1))


# What a connection string names besides: ADO.NET, ODBC, libpq, JDBC.
_CONNECTION = Pattern(
    r"jdbc:|odbc|\b(?:server|data source|address|addr|network address|host(?:name)?|uid"
    r"|user ?(?:id|name)?|database|dbname|initial catalog|driver|provider|dsn|endpoint"
    r"|accountname|broker)\s?[=:]",
    re.IGNORECASE,
)
_HOST = Pattern(
    r"(?:jdbc:[a-z0-9:]{2,30}//?/?|\b(?:server|data source|address|host(?:name)?)\s?=\s?(?:tcp:)?)"
    r"([0-9A-Za-z_.-]{1,200})",
    re.IGNORECASE,
)
_VALUE = Pattern(
    r"(?:password|pwd)\s?=\s?(?:'([^'\n]{4,100})'|\{([^}\n]{4,100})\}|([^\s;&\"'`,<>)]{4,100}))",
    re.IGNORECASE,
)
_AROUND = 300


def at_string(source: Source, offset: int) -> Hit | None:
    """A password of a connection string, beside a server or user of it on the line."""
    text = source.text
    found = _VALUE.match(text, offset)
    if found is None or (offset and text[offset - 1] in "_-."):
        return None
    line = max(source.line_start(offset), offset - _AROUND)
    end = min(source.line_end(offset), found.end() + _AROUND)
    if not _in_quotes(text[line:offset]) and not allows_bare(source.path):
        return None  # an argument of a call
    around = text[line:offset] + " " + text[found.end() : end]
    group = next(number for number in (1, 2, 3) if found[number] is not None)
    value = found[group]
    if not _CONNECTION.search(around) or is_placeholder(value) or is_reference(value):
        return None
    host = _HOST.search(around)
    low = is_dummy(value) or (host is not None and is_weak_host(host[1]))
    return hit_of_password(Place(found.start(group), found.end(group), value), value, low=low)


def _in_quotes(before: str) -> bool:
    """A string has begun and not ended, as far as the line tells."""
    return any(before.count(quote) % 2 for quote in "\"'`")
