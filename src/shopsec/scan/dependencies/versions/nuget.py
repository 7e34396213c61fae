"""Versions of NuGet packages: SemVer with a fourth number, words without case.

https://learn.microsoft.com/nuget/concepts/package-versioning
"""

import re

from shopsec.scan.dependencies.versions.base import Key, refused

_WORDS = r"[0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+"
_VERSION = re.compile(
    r"v?([0-9]++)(?:\.([0-9]++))?+(?:\.([0-9]++))?+(?:\.([0-9]++))?+"
    rf"(?:-({_WORDS}))?+(?:\+{_WORDS})?+",
    re.IGNORECASE,
)


def key(version: str) -> Key:
    """Key of one version; absent numbers are zero, what follows ``+`` does not count."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise refused(version, "NuGet")
    *numbers, pre = match.groups()
    release = tuple(int(number or 0) for number in numbers)
    if pre is None:
        return (release, (1,))
    words = pre.lower().split(".")
    return (release, (0, *((0, int(word)) if word.isdigit() else (1, word) for word in words)))
