"""What a user, a password and a host say about each other: a finding, a poor one or none."""

import re
from typing import NamedTuple

from shopsec.levels import Confidence, Severity
from shopsec.scan.secrets.hits import CONNECTION, Hit, Place, Verdict
from shopsec.scan.secrets.lookalikes import is_dummy_password, is_made_up, is_unspeakable
from shopsec.scan.secrets.pattern import Pattern

RULE = "url-password"

_SHORTEST = 4
_NEVER_IN_A_PASSWORD = Pattern(
    r"\s[.+]\s|[{}<>|\"'`]|\[\^|\\[^/]|^[$%(\[]|\$\w*$|^\*+$|^[A-Z][A-Z_]*$"
)
# What a path begins with behind a port: "https://host:8443/path?mail=info@shop".
_PORT = Pattern(r"\d{1,5}(?:[/?#]|$)")
# RFC 2606 and RFC 6761: names that are for documentation and testing.
_DOCUMENTATION = Pattern(
    r"(?:^|\.)example(?:\.(?:com|org|net))?$|\.(?:invalid|test|example)$|^host(?:name)?$"
    r"|^(?:my|your)[-_.]?(?:host(?:name)?|server|domain|db|database|site|company)?"
    r"(?:\.(?:com|org|net|io|de|tld))?$",
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


class Login(NamedTuple):
    """An address with a password, as it is meant: without percent signs."""

    scheme: str
    user: str
    password: str
    host: str


def hit_of_login(login: Login, place: Place, begins: int | None = None) -> Hit | None:
    """The password of an address as a finding.

    One of low severity for a private or documentation host and for a password that is
    everybody's; none for those where the address is not a data store's.
    """
    scheme, host, password = login.scheme.lower(), login.host, login.password
    store = scheme.partition("+")[0] in _STORES or scheme in _STORES
    if is_placeholder(password) and not (store and _is_drawn_in_capitals(password)):
        return None
    weak = password == login.user or is_dummy(password)
    documentation = _DOCUMENTATION.search(host)
    if (weak or documentation) and not store:
        return None
    if weak and (_THIS_MACHINE.search(host) or documentation):
        return None
    low = weak or _PRIVATE.search(host) or documentation
    return hit_of_password(place, password, low=bool(low), begins=begins)


def hit_of_password(place: Place, password: str, *, low: bool, begins: int | None = None) -> Hit:
    """A hit of the rule; words without digits and signs are less sure."""
    if low:
        return Hit(RULE, place, Verdict(Confidence.LOW, Severity.LOW, begins), CONNECTION)
    mixed = re.search(r"\d|\W", password)
    sure = Confidence.HIGH if mixed else Confidence.MEDIUM
    return Hit(RULE, place, Verdict(sure, None, begins), CONNECTION)


def is_port(text: str) -> bool:
    """What stands behind a colon is a port and a path, no password."""
    return _PORT.match(text) is not None


def is_weak_host(host: str) -> bool:
    """A host for documentation, or one that is reached from within a network only."""
    return bool(_DOCUMENTATION.search(host) or _PRIVATE.search(host))


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


def is_placeholder(value: str) -> bool:
    """What no server ever took for a password."""
    return len(value) < _SHORTEST or bool(_NEVER_IN_A_PASSWORD.search(value))


def is_dummy(value: str) -> bool:
    """What everybody writes who has no password yet."""
    return is_dummy_password(value) or is_made_up(value) or bool(_STANDS_FOR_ONE.match(value))


def _is_drawn_in_capitals(value: str) -> bool:
    """Capitals only, and nothing that can be said: no PASSWORD, no DB_PASS."""
    return len(value) >= 2 * _SHORTEST and is_unspeakable(value, least=2 * _SHORTEST)
