"""Passwords that are arguments of a call, known by its name and by their place in it."""

import re

from shopsec.levels import Confidence
from shopsec.scan.secrets.hits import ASSIGNMENT, Hit, Place, Verdict
from shopsec.scan.secrets.keywords import KEYWORD, is_no_secret
from shopsec.scan.secrets.lookalikes import is_identifier, is_something_else
from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source

# What stands before the arguments, with the place of the password among them, from 0.
_PLACES = {
    "new pdo(": 2,
    "new \\pdo(": 2,
    "mysqli_connect(": 2,
    "mysqli_real_connect(": 3,
    "mysql_connect(": 2,
    "new mysqli(": 2,
    "new \\mysqli(": 2,
    "ftp_login(": 2,
    "imap_open(": 2,
    "ssh2_auth_password(": 2,
    "curlopt_userpwd,": 0,
    ".login(": 1,
    "auth=(": 1,
    "httpbasicauth(": 1,
    "jwt.sign(": 1,
    "jwt.verify(": 1,
    "getconnection(": 2,
    "dbi->connect(": 2,
    "require('twilio')(": 1,
    'require("twilio")(': 1,
    "oauthtokencredential(": 1,
    "setpassword(": 0,
}
ANCHORS = tuple(_PLACES)
# Calls that tests make with passwords of their own as often as programs with real ones.
_UNSURE = frozenset({"setpassword(", ".login(", "jwt.verify("})
_WITH_USER = "curlopt_userpwd,"

_ARGUMENT = Pattern(
    r"\s{0,80}(?:[bfru]{0,2}(?:\"(?P<one>[^\"\\\n]{0,300})\"|'(?P<other>[^'\\\n]{0,300})')"
    r"|(?P<code>\{[^{}]{0,200}\}|[^,(){}\"'\n;]{1,120}(?:\([^()\n]{0,80}\))?))\s{0,80}(?P<next>[,)])",
    re.IGNORECASE,
)
_LEAST = 6


def at_call(source: Source, offset: int, anchor: str) -> Hit | None:
    """The password among the arguments of a call whose name stands at an offset."""
    text, at = source.text, offset + len(anchor)
    found = None
    for _ in range(1 + _PLACES[anchor]):
        found = _ARGUMENT.match(text, at, at + 500)
        if found is None:
            return None
        at = found.end()
    if found is None or found["code"] is not None:
        return None
    group = "other" if found["one"] is None else "one"
    start, value = found.start(group), found[group]
    if anchor == _WITH_USER:
        user, colon, value = value.partition(":")
        start += len(user) + len(colon)
    if not _is_password(value):
        return None
    sure = Confidence.LOW if anchor in _UNSURE else Confidence.MEDIUM
    place = Place(start, start + len(value), value)
    return Hit(KEYWORD, place, Verdict(sure), ASSIGNMENT, _name(anchor))


def _is_password(value: str) -> bool:
    """One word that is more than a word; none of what is written where a password belongs."""
    return (
        len(value) >= _LEAST
        and not any(char.isspace() for char in value)
        and not value.isalpha()
        and not is_no_secret(value)
        and not is_something_else(value)
        and not is_identifier(value)
    )


def _name(anchor: str) -> str:
    """What the call is named, without signs."""
    return re.sub(r"\W+", "_", anchor.removeprefix("new ")).strip("_")
