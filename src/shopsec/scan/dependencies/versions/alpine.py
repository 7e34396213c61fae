"""Versions of Alpine's packages, as ``apk`` of apk-tools 3 orders them.

https://gitlab.alpinelinux.org/alpine/apk-tools/-/blob/v3.0.0/src/version.c:
``digit{.digit}...{letter}{_suffix{number}}...{~hash}{-r#}``. What apk calls invalid is refused:
apk gives it a place all the same, after what is valid so far, which would be a guess here.
"""

import re
from functools import cmp_to_key
from itertools import zip_longest

from shopsec.scan.dependencies.versions.base import Key, refused

_SUFFIXES = ("alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p")
_RELEASE = _SUFFIXES.index("")
_VERSION = re.compile(
    r"[0-9]++(?:\.[0-9]++)*+[a-z]?(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*+)*+"
    r"(?:~[0-9a-f]++)?(?:-r[0-9]++)?"
)
_TOKEN = re.compile(r"^([0-9]+)|\.([0-9]+)|_([a-z]+)|~([0-9a-f]+)|-r([0-9]+)|([a-z])|([0-9]+)")
# In the order of apk's tokens; where one version has none, the other's later kind is the lesser.
_FIRST, _NUMBER, _LETTER, _SUFFIX, _SUFFIX_NUMBER, _HASH, _REVISION, _END = range(8)
_KIND_OF_GROUP = (_FIRST, _NUMBER, _SUFFIX, _HASH, _REVISION, _LETTER, _SUFFIX_NUMBER)

Token = tuple[int, str]
_NOTHING: Token = (_END, "")


def key(version: str) -> Key:
    """Key of one version; apk compares in pairs, token by token."""
    if _VERSION.fullmatch(version) is None:
        raise refused(version, "Alpine")
    return (_AS_APK(tuple(map(_token, _TOKEN.finditer(version)))),)


def _token(found: re.Match[str]) -> Token:
    group = found.lastindex or 1
    return (_KIND_OF_GROUP[group - 1], found[group])


def _compare(left: tuple[Token, ...], right: tuple[Token, ...]) -> int:
    for one, other in zip_longest(left, right, fillvalue=_NOTHING):
        if one[0] != other[0]:
            return _between_kinds(one, other)
        ours, theirs = _value(one, other), _value(other, one)
        if ours != theirs:
            return -1 if ours < theirs else 1
    return 0


_AS_APK = cmp_to_key(_compare)


def _value(token: Token, other: Token) -> tuple[int, str]:
    """Numbers by value; one with a zero in front, behind a dot, makes both compare as texts."""
    kind, text = token
    if kind == _SUFFIX:
        return (_SUFFIXES.index(text), "")
    if kind in {_LETTER, _HASH} or (kind == _NUMBER and "0" in {text[0], other[1][0]}):
        return (0, text)
    return (int(text or 0), "")


def _between_kinds(one: Token, other: Token) -> int:
    """What goes on is the greater, unless it goes on as a pre-release."""
    for token, result in ((one, -1), (other, 1)):
        if token[0] == _SUFFIX and _SUFFIXES.index(token[1]) < _RELEASE:
            return result
    return -1 if one[0] > other[0] else 1
