"""SemVer 2.0.0, section 11 (https://semver.org/#spec-item-11), as npm and Cargo use it.

As loose as npm's own reader (https://github.com/npm/node-semver, ``loose``): a ``v`` or ``=`` in
front, zeros in front of numbers, a pre-release without its hyphen. Absent numbers are zero.
"""

import re

from shopsec.scan.dependencies.versions.base import Key, refused

_WORDS = r"[0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+"
_VERSION = re.compile(
    r"[v=\s]*+([0-9]++)(?:\.([0-9]++))?+(?:\.([0-9]++))?+"
    rf"(?:-?({_WORDS}))?(?:\+{_WORDS})?"
)


def key(version: str, ecosystem: str = "SemVer") -> Key:
    """Key of one version; what follows ``+`` does not count."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise refused(version, ecosystem)
    major, minor, patch, pre = match.groups()
    return (int(major), int(minor or 0), int(patch or 0), _pre_release(pre))


def _pre_release(words: str | None) -> Key:
    """Numbers come before words, and everything before the release itself."""
    if words is None:
        return (1,)
    return (
        0,
        *((0, int(word)) if word.isdigit() else (1, word) for word in words.split(".")),
    )
