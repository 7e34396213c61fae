"""Assignments of a literal to a name that sounds secret, in whatever language a file is written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from detect_secrets.util.filetype import FileType, determine_file_type

from shopsec.scan.secrets.hits import Place
from shopsec.scan.secrets.source import Source

WORDS = ("pass", "pwd", "secret", "contrase", "key", "token", "credential", "hmac")
"""What a name holds when it is worth a look, in lower case."""

_IN_A_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.-")
_LONGEST_NAME = 80

# Files where a value need not stand in quotes.
_BARE_TYPES = frozenset(
    {FileType.YAML, FileType.CONFIG, FileType.INI, FileType.PROPERTIES, FileType.TOML}
)
_BARE_NAMES = re.compile(
    r"(^|/)(\.env[^/]*|[^/]*\.env|\.envrc|\.(npm|pypi|net|my)rc?|my\.cnf|Dockerfile[^/]*"
    r"|Containerfile[^/]*|[^/]*\.(sh|bash|zsh|tfvars))$"
)

_ASSIGNMENT = re.compile(
    r"""(?P<name>[\w.$-]{1,120}+)
        (?:\[\d{0,4}\])?
        (?P<closing>(?:\\?["'`])?[\])]{0,2}) [ \t]{0,40}+
        (?:: [ \t]{0,8} [A-Za-z_][\w.\[\]|<>?]{0,40} [ \t]{0,8} (?==[^=]))?
        (?P<operator>:=|:-|=>|={1,3}|!==?|\|\||\?\?|\?:|or\b|:|,|>) [ \t]{0,40}
        (?:default[ \t]{0,4}=[ \t]{0,4})?
        (?: [@bBfFrRuU]{0,2} (?P<quote>\\?["'`]) (?!(?P=quote))(?P<quoted>[^\n]{1,300}?) (?P=quote)
          | (?:<!\[CDATA\[)? (?P<bare>[^\s\\"'`,;<>&|()\[\]{}]{1,300}+)(?![(\[]) )""",
    re.VERBOSE | re.ASCII,
)
# PHP's define(NAME, value), and lookups with a fallback: env("NAME", default="value").
_CALL = re.compile(
    r"""(?:define|getenv|environ\.get|\benv(?:\.\w+)?|config|setting)[ \t]*\([ \t]*["']$""",
    re.ASCII | re.IGNORECASE,
)
_REST_OF_NAME = re.compile(r"[\w.$-]{1,120}+", re.ASCII)
_BEFORE_BARE = frozenset({"=", ":", ":=", ":-"})
_NOTHING_ELSE = re.compile(r"[ \t\r]*(?:#[^\n]*)?(?:\n|$)")


@dataclass(frozen=True)
class Assignment:
    """``name = value``; the value is a literal."""

    name: str
    place: Place


def assignments(source: Source) -> Iterator[Assignment]:
    """Yield every assignment to a name that holds one of WORDS, in the file's order."""
    bare = _allows_bare(source.path)
    searched_to = 0
    for offset in sorted(offset for word in WORDS for offset in source.places(word)):
        if offset < searched_to:
            continue
        start = _start_of_name(source.text, offset)
        found = _ASSIGNMENT.match(source.text, start)
        group = _group(source.text, found, bare=bare) if found else ""
        if found is None or not group:
            searched_to = _end_of_name(source.text, offset)
            continue
        searched_to = found.end()
        yield Assignment(found["name"], Place(found.start(group), found.end(group), found[group]))


def _allows_bare(path: str) -> bool:
    kind = determine_file_type(path)
    return kind in _BARE_TYPES or bool(_BARE_NAMES.search(path))


def _start_of_name(text: str, offset: int) -> int:
    start = offset
    while start > 0 and offset - start < _LONGEST_NAME and text[start - 1] in _IN_A_NAME:
        start -= 1
    # In "A=1\nB=2" the n belongs to the escape, not to the name.
    return start + 1 if text[start - 1 : start] == "\\" and start < offset else start


def _end_of_name(text: str, offset: int) -> int:
    found = _REST_OF_NAME.match(text, offset)
    return found.end() if found else offset


def _group(text: str, found: re.Match[str], *, bare: bool) -> str:
    """Name of the group that holds the value, or empty when this is no assignment."""
    operator, before = found["operator"], text[max(0, found.start() - 40) : found.start()]
    if operator == ">":
        element = before.endswith("<") and text[found.end() : found.end() + 1] in {"<", "]"}
        return "bare" if element and found["bare"] else ""
    if operator == "," and not _CALL.search(before):
        return ""
    if found["quote"]:
        return "quoted"
    if not bare or operator not in _BEFORE_BARE:
        return ""
    if operator == ":" and not _NOTHING_ELSE.match(text, found.end()):
        return ""
    return "bare"
