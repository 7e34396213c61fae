"""Names and values that stand otherwise than ``name = value``: in blocks, elements, lists."""

import re

from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source

Span = tuple[int, int]
"""Offsets where a value begins and ends."""

_QUOTED = r"\"([^\"\n]{1,2000})\"|'([^'\n]{1,2000})'"

# variable "db_password" { description = "..." default = "..." } of Terraform.
_DECLARED = Pattern(r"\bvariable[ \t]{1,8}\"$")
_DEFAULT = Pattern(r"\"\s{0,8}\{[^{}]{0,400}?\bdefault[ \t]{0,20}=[ \t]{0,20}\"([^\"\n]{1,2000})\"")

# An entry with its value first: "- value: ...\n  name: DB_PASSWORD", {"value": ..., "name": ...}.
_VALUE_FIRST = Pattern(
    rf"(?:-[ \t]{{1,8}}|\{{\s{{0,40}})[\"']?value[\"']?[ \t]{{0,4}}:[ \t]{{0,8}}"
    rf"(?:{_QUOTED}|([^\s\"'{{}}\[\],#&*!|>][^\s,{{}}]{{0,300}}))"
    r"[ \t]{0,8}(?:,|,?[ \t]{0,8}\r?\n|(?=\s))\s{0,40}[\"']?name[\"']?[ \t]{0,4}:[ \t]{0,8}[\"']?$"
)
_ENTRY_REACH = 500
_NAMES_VALUE = Pattern(r"name[\"']?[ \t]{0,4}:[ \t]{0,8}[\"']?$")

# <string name="api_secret">...</string>, <entry key="apiSecret">...</entry>
_ATTRIBUTE = Pattern(r"<[A-Za-z][\w:.-]{0,40}\s(?:[^<>]{0,80}\s)?(?:name|key)=[\"']$")
_TEXT = Pattern(r"[\"'](?:\s[^<>]{0,100})?>\s{0,40}([^\s<>]{1,2000})\s{0,40}</")

_WORD = r"[\w.-]{0,60}"
# "name value" in a line of its own; of Dockerfiles: ENV; of fish and Apache: set -x, SetEnv.
_BEFORE_SPACED = Pattern(
    r"[ \t]*(?:(?:ENV|ARG|SetEnv|set[ \t]+-\w{1,3}|user[ \t]+[^\s]{1,60})[ \t]+)?", re.IGNORECASE
)
_SPACED = Pattern(
    rf"{_WORD}(?:pass(?:word|wd|phrase)?|secret|token|key|pw)[ \t]{{1,8}}"
    r"(?:\"([^\"\n]{1,300})\"|'([^'\n]{1,300})'|([^\s\"'=:;{][^\s\"';]{3,300}));?"
    r"[ \t\r]{0,40}(?:\n|$)",
    re.IGNORECASE,
)


def span_of(found: re.Match[str]) -> Span:
    """Where the group stands that took part in a match."""
    group = found.lastindex or 0
    return found.span(group)


def in_block(text: str, start: int, end: int) -> Span | None:
    """The default of a Terraform variable whose name stands between two offsets."""
    if not _DECLARED.search(text, max(0, start - 20), start):
        return None
    found = _DEFAULT.match(text, end)
    return span_of(found) if found else None


def before_name(text: str, start: int) -> Span | None:
    """The value of an entry that names it afterwards; the name begins at ``start``."""
    if not _NAMES_VALUE.search(text, max(0, start - 16), start):
        return None
    begin = max(0, start - _ENTRY_REACH)
    # The nearest "value" alone: a search from every dash would cost the square of the reach.
    at = text.rfind("value", begin, start)
    opened = max(text.rfind("-", max(begin, at - 50), at), text.rfind("{", max(begin, at - 50), at))
    found = _VALUE_FIRST.match(text, opened, start) if at >= 0 <= opened else None
    return span_of(found) if found else None


def in_element(text: str, start: int, end: int) -> Span | None:
    """The text of an element whose attribute holds the name."""
    if text[end : end + 1] not in {'"', "'"} or not _ATTRIBUTE.search(
        text, max(0, start - 140), start
    ):
        return None
    found = _TEXT.match(text, end)
    return span_of(found) if found else None


def behind_blank(source: Source, start: int) -> Span | None:
    """The value in a line ``name value`` of a file that writes its settings so."""
    line = source.line_start(start)
    if start - line > 80 or not _BEFORE_SPACED.fullmatch(source.text[line:start]):
        return None
    found = _SPACED.match(source.text, start)
    return span_of(found) if found else None


_ENCRYPTED = Pattern(r"(?:encrypted(?:Data)?)[\"']?\s{0,4}[:=]\s{0,4}$")
_OBJECT_REACH = 2_000


def is_of_ciphertext(text: str, start: int) -> bool:
    """The name's object says that its values are encrypted, or it is a checksum's name.

    Renovate: ``"encrypted": {"npmToken": ...}``; Helm: ``checksum/secret: ...``.
    """
    if text.endswith("checksum/", 0, start):
        return True
    opened = text.rfind("{", max(0, start - _OBJECT_REACH), start)
    if opened < 0 or "}" in text[opened:start]:
        return False
    return _ENCRYPTED.search(text, max(0, opened - 24), opened) is not None
