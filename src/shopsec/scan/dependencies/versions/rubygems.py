"""Versions of gems, as ``Gem::Version`` orders them.

https://github.com/rubygems/rubygems/blob/master/lib/rubygems/version.rb
"""

import re
from collections.abc import Iterator, Sequence

from shopsec.scan.dependencies.versions.base import Key, refused

_VERSION = re.compile(
    r"[0-9]++[0-9A-Za-z]*+(?:\.[0-9A-Za-z]++)*+(?:-[0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+)?"
)
_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+")

Segment = int | str


def key(version: str) -> Key:
    """A hyphen starts a pre-release; words come before numbers, absent numbers are zero."""
    if not _VERSION.fullmatch(version):
        raise refused(version, "RubyGems")
    segments: list[Segment] = [
        int(segment) if segment.isdigit() else segment
        for segment in _SEGMENT.findall(version.replace("-", ".pre."))
    ]
    first_word = next(
        (place for place, segment in enumerate(segments) if isinstance(segment, str)),
        len(segments),
    )
    numbers, rest = segments[:first_word], segments[first_word:]
    return tuple(_places(_without_zeros(numbers) + _without_zeros(rest)))


def _without_zeros(segments: Sequence[Segment]) -> list[Segment]:
    """The segments up to the last that is not zero."""
    end = len(segments)
    while end and segments[end - 1] == 0:
        end -= 1
    return list(segments[:end])


def _places(segments: Sequence[Segment]) -> Iterator[Key]:
    """Sortable places. An end stands for zeros without end, so a run of zeros is one place.

    word < zeros before a word (fewer first) < end < zeros before a number (more first) < number
    """
    zeros = 0
    for segment in segments:
        if segment == 0:
            zeros += 1
            continue
        number = isinstance(segment, int)
        if zeros:
            yield (1, 1, -zeros) if number else (1, -1, zeros)
            zeros = 0
        yield (2, segment) if number else (0, segment)
    yield (1, 0, 0)
