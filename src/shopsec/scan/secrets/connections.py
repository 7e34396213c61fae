"""Passwords in addresses and connection strings: ``postgres://user:password@host``, ``Pwd=...``."""

import re

from shopsec.levels import Confidence, Severity
from shopsec.scan.secrets.file_kinds import allows_bare
from shopsec.scan.secrets.hits import CONNECTION, Hit, Place, Verdict
from shopsec.scan.secrets.lookalikes import is_dummy_password, is_made_up, is_reference
from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source

URL_ANCHORS = ("://", ":\\/\\/")
STRING_ANCHORS = ("password=", "pwd=", "password =", "pwd =")
RULE = "url-password"

_SHORTEST = 4
_FARTHEST = 600
_SCHEME = Pattern(r"(?:^|[^0-9A-Za-z+.-])([A-Za-z][0-9A-Za-z+.-]{1,20})$")
_USER_INFO = Pattern(
    r"(?P<user>[^\s/?#@:\"'`<>\\]{0,100}):"
    r"(?P<password>[^\s\"'`<>@]{1,200}(?:@[^\s\"'`<>@/]{1,60})??)@(?:tcp\()?"
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z_.-]{1,200}+|[$%{][^\s\"'`@]{1,100})(?!@)"
)
_NEVER_IN_A_PASSWORD = Pattern(r"\s[.+]\s|[{}<>|\"'`^]|\\[^/]|^[$%(\[]|\$\w*$|^\*+$|^[A-Z][A-Z_]*$")
# RFC 2606 and RFC 6761: names that are for documentation and testing.
_DOCUMENTATION = Pattern(
    r"(?:^|\.)example(?:\.(?:com|org|net))?$|\.(?:invalid|test|example)$|^(?:host|hostname|your|my)\b",
    re.IGNORECASE,
)
_PRIVATE = Pattern(
    r"^[\w-]+$"  # one label: this machine, or a service of a compose file
    r"|^(?:127|10|192\.168)\.|^172\.(?:1[6-9]|2\d|3[01])\.|^0\.0\.0\.0$|^\["
    r"|\.(?:local|localhost|internal|lan|svc)$|\.svc\.",
    re.IGNORECASE,
)
_THIS_MACHINE = Pattern(
    r"^(?:localhost|127\.[\d.]+|0\.0\.0\.0|\[::1\]|host\.docker\.internal)$", re.IGNORECASE
)


# Data stores and brokers: whoever is let in reads orders, so that even a poor password counts.
_STORES = frozenset({
    "postgres", "postgresql", "postgis", "mysql", "mysql2", "mariadb", "mongodb", "mongodb+srv",
    "redis", "rediss", "amqp", "amqps", "mssql", "sqlserver", "clickhouse", "oracle", "db2",
    "cockroachdb", "timescaledb", "cassandra", "elasticsearch", "couchdb", "neo4j", "bolt", "nats",
    "memcached", "influxdb", "pgsql", "psql", "trilogy",
})  # fmt: skip


def at_url(source: Source, offset: int, anchor: str) -> Hit | None:
    """A password in an address whose ``://`` stands at an offset.

    A finding of low severity for a private or documentation host and for a password that is
    everybody's; none for those where the address is not a data store's.
    """
    text = source.text
    if text.find("@", offset, offset + _FARTHEST) < 0:
        return None
    scheme = _SCHEME.search(text, max(0, offset - 24), offset)
    found = _USER_INFO.match(text, offset + len(anchor), offset + _FARTHEST)
    if scheme is None or found is None:
        return None
    password, host = unquote(found["password"]), found["host"]
    if host[0] in "$%{" or _is_placeholder(password):
        return None
    store = scheme[1].lower().partition("+")[0] in _STORES or scheme[1].lower() in _STORES
    weak = password == found["user"] or _is_dummy(password)
    if (weak or _DOCUMENTATION.search(host)) and not store:
        return None
    if weak and (_THIS_MACHINE.search(host) or _DOCUMENTATION.search(host)):
        return None
    place = Place(found.start("password"), found.end("password"), found["password"])
    low = weak or _PRIVATE.search(host) or _DOCUMENTATION.search(host)
    return _hit(place, password, low=bool(low), begins=scheme.start(1))


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
    if not _CONNECTION.search(around) or _is_placeholder(value) or is_reference(value):
        return None
    host = _HOST.search(around)
    low = _is_dummy(value) or (
        host is not None and (_DOCUMENTATION.search(host[1]) or _PRIVATE.search(host[1]))
    )
    return _hit(Place(found.start(group), found.end(group), value), value, low=bool(low))


def _in_quotes(before: str) -> bool:
    """A string has begun and not ended, as far as the line tells."""
    return any(before.count(quote) % 2 for quote in "\"'`")


def _hit(place: Place, password: str, *, low: bool, begins: int | None = None) -> Hit:
    if low:
        return Hit(RULE, place, Verdict(Confidence.LOW, Severity.LOW, begins), CONNECTION)
    mixed = re.search(r"\d|\W", password)
    sure = Confidence.HIGH if mixed else Confidence.MEDIUM
    return Hit(RULE, place, Verdict(sure, None, begins), CONNECTION)


_STANDS_FOR_ONE = Pattern(
    r"^(?:x+|\*+|\.+|_+|pass|pw|pwd|passwd|password|user|username|secret|your.*|my.?password|<.*)$",
    re.IGNORECASE,
)


def unquote(text: str) -> str:
    """A password as it is meant (RFC 3986, section 2.1)."""
    if "%" not in text:
        return text
    from urllib.parse import unquote as unquoted  # noqa: PLC0415 -- few passwords need it

    return unquoted(text)


def _is_placeholder(value: str) -> bool:
    """What no server ever took for a password."""
    return len(value) < _SHORTEST or bool(_NEVER_IN_A_PASSWORD.search(value))


def _is_dummy(value: str) -> bool:
    return is_dummy_password(value) or is_made_up(value) or bool(_STANDS_FOR_ONE.match(value))
