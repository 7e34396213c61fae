"""Lines of files that are made of passwords: .pgpass, Postfix's sasl_passwd."""

import re

from shopsec.levels import Confidence
from shopsec.scan.secrets.hits import ASSIGNMENT, Hit, Place, Verdict
from shopsec.scan.secrets.keywords import KEYWORD, is_no_secret
from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source

ANCHORS = (":5432:", ":5433:", ":6432:", ":*:", ":587 ", ":465 ", ":25 ", ":587\t", ":465\t")
"""Ports, and what stands for every port: there is one in each line."""

_PATH = Pattern(
    r"(?:^|/)(?:(?P<pgpass>\.?pgpass(?:\.conf)?)|sasl_?passw(?:or)?d[^/]*)$", re.IGNORECASE
)
# host:port:database:user:password, https://www.postgresql.org/docs/current/libpq-pgpass.html
_OF_POSTGRES = Pattern(
    r"(?:[^:\s\\#]|\\.){1,200}(?::(?:[^:\s\\]|\\.){1,100}){3}"
    r":(?P<value>[^\s]{4,100})[ \t\r]{0,8}(?:\n|$)"
)
# [host]:port user:password, https://www.postfix.org/SASL_README.html#client_sasl_enable
_OF_POSTFIX = Pattern(
    r"\[?[\w.-]{1,200}\]?(?::\d{1,5})?[ \t]{1,20}[^\s:]{1,100}"
    r":(?P<value>[^\s]{4,100})[ \t\r]{0,8}(?:\n|$)"
)


def at_line(source: Source, offset: int) -> Hit | None:
    """The password at the end of the line that holds an offset."""
    file = _PATH.search(source.path)
    if file is None:
        return None
    pattern = _OF_POSTGRES if file["pgpass"] else _OF_POSTFIX
    found = pattern.match(source.text, source.line_start(offset), offset + 600)
    if found is None or is_no_secret(found["value"]):
        return None
    place = Place(*found.span("value"), found["value"])
    return Hit(KEYWORD, place, Verdict(Confidence.MEDIUM), ASSIGNMENT)
