"""Files that are made of passwords: .pgpass, Postfix's sasl_passwd, the master key of Rails."""

import re

from shopsec.levels import Confidence
from shopsec.scan.secrets.hits import ASSIGNMENT, FORMAT, Hit, Place, Verdict
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
# Nothing but the key is in it: https://guides.rubyonrails.org/security.html#custom-credentials
_RAILS_KEY_FILE = Pattern(r"(?:^|/)config/(?:master|credentials/[\w-]{1,60})\.key$")
_RAILS_KEY = Pattern(r"\s{0,8}(?P<value>[0-9a-f]{64}|[0-9a-f]{32})\s{0,8}")
RAILS_MASTER_KEY = "rails-master-key"


def whole_file(source: Source) -> Hit | None:
    """The key that is all of a file."""
    if not source.path.endswith(".key") or not _RAILS_KEY_FILE.search(source.path):
        return None
    found = _RAILS_KEY.fullmatch(source.text[:200])
    if found is None:
        return None
    place = Place(*found.span("value"), found["value"])
    return Hit(RAILS_MASTER_KEY, place, Verdict(Confidence.HIGH), FORMAT, opaque=True)


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
