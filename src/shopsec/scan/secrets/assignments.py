"""Assignments of a literal to a name that sounds secret, in whatever language a file is written."""

import re
from typing import NamedTuple

from shopsec.scan.secrets.entropy import random_like
from shopsec.scan.secrets.file_kinds import allows_bare, allows_blank, has_settings
from shopsec.scan.secrets.hits import Place
from shopsec.scan.secrets.layouts import (
    Span,
    before_name,
    behind_blank,
    in_block,
    in_element,
    is_of_ciphertext,
)
from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source

ANCHORS = (
    "pass", "pwd", "secret", "contrase", "token", "credential", "hmac", "apikey", "api_key",
    "api-key", "auth", "bearer", "salt", "private_key", "access_key", "cookie_key", "crypt_key",
    "key=", "key =", "key:", "key :", "key'", 'key"', "key`", "key]", "key>", "key\\", "key|",
    "key_live", "key_prod", "key_id", "api key", "key is", "kennwort", "_pw", "pw=", "pw =", "pw:",
)  # fmt: skip
"""What a name holds, or ends with, when it is worth a look; in lower case."""

_IN_A_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.-")
_LONGEST_NAME = 80

_ASSIGNMENT = Pattern(
    r"""(?P<name>[\w.$-]{1,120}+)
        (?:\[\d{0,4}\])?
        (?P<closing>(?:\\?["'`])?[\])]{0,2}) [ \t]{0,40}+ (?:\r?\n[ \t]{0,80}(?==>))?
        (?: (?: string (?=[ \t]{0,8}=[^=])
              | ,? (?:[ \t]{0,8}\r?\n)? [ \t]{0,80} ["']? (?i:value) ["']? (?=[ \t]{0,8}[:=]) )
            [ \t]{0,8} )?
        (?:: [ \t]{0,8} (?:&(?:'[a-z]{1,20}[ ])?)?
            [A-Za-z_][\w.\[\]|<>?]{0,40} [ \t]{0,8} (?==[^=]))?
        (?P<operator>:{1,3}=|[?.+]=|:-|=>|={1,3}|!==?|\|\||\?\?|\?:|or\b|:|,|>) [ \t]{0,40}
        (?:default[ \t]{0,4}=[ \t]{0,4})?
        (?: (?:\((?![ \t])|\\(?=\r?\n))? (?:\r?\n[ \t]{0,80})? [@bBfFrRuU]{0,2}
            (?P<quote>\\?["'`]) (?!(?P=quote))
            (?: (?i:bearer|basic|token|apikey) [ ] )? (?P<quoted>[^\n]{1,2000}?) (?P=quote)
          | (?:<!\[CDATA\[)? (?P<bare>[^\s\\"'`,;<>&|()\[\]{}]{1,300}+)(?![(\[]) )""",
    re.VERBOSE | re.ASCII,
)
# PHP's define(NAME, value), and lookups with a fallback: env("NAME", default="value").
_CALL = Pattern(
    r"""(?:define|getenv\w*|setProperty|putenv|set_?env|SetEnvironmentVariable|environ\.get"""
    r"""|\benv(?:\.\w+)?|config|setting|\.(?:set|add)|set_?(?:request_?)?header"""
    r"""|add_?(?:request_?)?header|header)[ \t]*\([ \t]*["']$""",
    re.ASCII | re.IGNORECASE,
)
_REST_OF_NAME = Pattern(r"[\w.$-]{1,120}+", re.ASCII)
_VARIABLE = Pattern(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+=")
_BEFORE_BARE = frozenset({"=", ":", ":=", ":-", "?=", "+=", "::=", ":::="})
_HEADER_OPTION = Pattern(r"(?:-H|--header)[ \t=]{0,2}[\"']$")
_ENDS_ENTRY = Pattern(r"[ \t]{0,8}[},]")
_NOTHING_ELSE = Pattern(r"[ \t\r]*(?:#[^\n]*)?(?:\n|$)")


_ATTRIBUTES = frozenset({"key", "name"})
_VALUE_FOLLOWS = Pattern(r"\s{1,40}value\s{0,4}=")


class Assignment(NamedTuple):
    """``name = value``; the value is a literal."""

    name: str
    place: Place
    bare: bool = False
    """The value does not stand in quotes."""
    setting: bool = False
    """It is a line of its own of a file of settings, as ``.env`` is."""


def assignment_at(source: Source, offset: int) -> tuple[Assignment | None, int]:
    """The assignment to the name that holds ``offset``, and where to look for the next one."""
    start = _start_of_name(source.text, offset)
    if source.text[start - 1 : start] == "<" and source.text[start - 2 : start - 1] != "P":
        return _element(source.text, start)  # and no group of a regular expression
    if is_of_ciphertext(source.text, start):
        return None, _end_of_name(source.text, offset)
    setting = has_settings(source.path) and _begins_line(source, start)
    found = _SETTING.match(source.text, start) if setting else None
    if found is not None:
        return _assigned(source.text, found["name"], found.span("bare"), setting=True), found.end(
            "name"
        )
    found = _ASSIGNMENT.match(source.text, start)
    group = _group(source.text, found, bare=allows_bare(source.path)) if found else ""
    if found is None or not group:
        return _otherwise(source, start, offset), _end_of_name(source.text, offset)
    if found["name"].lower() in _ATTRIBUTES and _is_name_of_another(source.text, found, group):
        return None, found.start(group)
    assigned = _assigned(source.text, found["name"], found.span(group), setting=setting)
    return assigned._replace(bare=group == "bare"), found.end()


def _is_name_of_another(text: str, found: re.Match[str], group: str) -> bool:
    """As in ``<add key="..." value="...">`` and ``<entry key="...">...</entry>``."""
    if _VALUE_FOLLOWS.match(text, found.end()):
        return True
    start, end = found.span(group)
    return in_element(text, start, end) is not None


def _assigned(text: str, name: str, span: Span, *, setting: bool = False) -> Assignment:
    """The assignment of what stands in a span, without the blanks around it."""
    start, value = span[0], text[slice(*span)]
    start += len(value) - len(value.lstrip())
    value = value.strip()
    return Assignment(name, Place(start, start + len(value), value), bare=True, setting=setting)


# NAME=value to the next blank, whatever stands in it; what begins like this has an end of its own.
_SETTING = Pattern(
    r"(?P<name>[\w.-]{1,120}+)[ \t]{0,8}=[ \t]{0,8}(?P<bare>[^ \t\r\n\"'`({\[#][^ \t\r\n]{0,300}+)"
    r"[ \t\r]{0,40}+(?=\n|$|#)"
)


def _begins_line(source: Source, start: int) -> bool:
    return source.text[source.line_start(start) : start].split() in ([], ["export"])


def _otherwise(source: Source, start: int, offset: int) -> Assignment | None:
    """The value of a name that no sign of assignment follows."""
    text, end = source.text, _end_of_name(source.text, offset)
    span = in_block(text, start, end) or before_name(text, start) or in_element(text, start, end)
    if span is None and allows_blank(source.path):
        span = behind_blank(source, start)
    if span is not None:
        return _assigned(text, text[start:end], span)
    return _said(text, start)


# In prose and on command lines: "the API key is ...", "--token ...".
_SAID = Pattern(
    r"(?P<name>[A-Za-z_-]{0,40}(?i:key|token|secret|password|passwd|credential|private|access)s?)"
    r"(?:[ \t]{1,4}(?i:is|of|id|value))?[ \t-]{1,4}[\"'`]?(?P<value>[0-9A-Za-z_./+=-]{16,200}+)"
)


def _said(text: str, start: int) -> Assignment | None:
    found = _SAID.match(text, start)
    if found is None or not random_like(found["value"]) or _is_plain(found["value"]):
        return None
    place = Place(found.start("value"), found.end("value"), found["value"])
    return Assignment(f"{found['name']} token", place, bare=True)


def _is_plain(value: str) -> bool:
    """No mixture of letters and digits, as words, paths and numbers are; or a hash of a content."""
    digits = sum(map(str.isdigit, value))
    letters = sum(map(str.isalpha, value))
    return digits < 4 or letters < 4 or "/" in value[:2] or value.count(".") > 1


# An XML element: the last word in it, as in Jenkins' <secret>{...}</secret>.
_ELEMENT = Pattern(
    r"(?P<name>[\w.:-]{1,120}+)(?:\s[^<>\n]{0,200})?>\s{0,40}(?:<!\[CDATA\[)?(?P<content>[^<>]{1,2000})(?:\]\]>)?<"
)
_BESIDE_WORDS = " \t\r\n{}[]"


def _element(text: str, start: int) -> tuple[Assignment | None, int]:
    found = _ELEMENT.match(text, start)
    if found is None:
        return None, _end_of_name(text, start)
    content = found["content"].rstrip(_BESIDE_WORDS)
    start = max(content.rfind(char) for char in _BESIDE_WORDS) + 1
    if start == len(content):
        return None, found.end()
    begin = found.start("content") + start
    place = Place(begin, begin + len(content) - start, content[start:])
    return Assignment(found["name"], place, bare=True), found.end()


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
    if operator == "=" and before.endswith(("?", "&", "&amp;")):
        return "bare"  # of a query
    if operator == ":" and _HEADER_OPTION.search(before):
        return "bare"
    if before.endswith(('"', "'", "\\n", " ")) and _VARIABLE.match(found[0]):
        return "bare"  # "-e NAME=value", or a file of variables within a string
    if not bare or operator not in _BEFORE_BARE:
        return ""
    if operator == ":" and not _NOTHING_ELSE.match(text, found.end()):
        return "bare" if "{" in before and _ENDS_ENTRY.match(text, found.end()) else ""
    return "bare"
