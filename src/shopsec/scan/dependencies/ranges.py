"""Whether an advisory affects a version, and which version mends it.

OSV's evaluation (https://ossf.github.io/osv-schema/#evaluation). Withdrawn advisories are the
caller's to skip. What cannot be compared is told as such, with a reason, and never taken as clear.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple

from shopsec.scan.dependencies.versions import (
    Key,
    VersionError,
    compare_key,
    is_branch,
)


class EventKind(StrEnum):
    """What happens at a version; the values are the names of OSV's fields."""

    INTRODUCED = "introduced"
    FIXED = "fixed"
    LAST_AFFECTED = "last_affected"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Event:
    """One version at which a package became or ceased to be affected."""

    kind: EventKind
    version: str


@dataclass(frozen=True, slots=True)
class Range:
    """Events of one line of versions, in any order."""

    type: str
    """SEMVER, ECOSYSTEM or GIT; whatever else a later schema brings cannot be told."""
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """What one advisory says of one package."""

    ecosystem: str
    name: str
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    """Affected besides those in the ranges."""


class State(StrEnum):
    """Whether a version is affected."""

    AFFECTED = "affected"
    CLEAR = "clear"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state, and why it cannot be told where it cannot."""

    state: State
    reason: str = ""


AFFECTED = Verdict(State.AFFECTED)
CLEAR = Verdict(State.CLEAR)


def evaluate(affected: Affected, version: str) -> Verdict:
    """Affected when the version is listed or in a range; else clear, if every range could tell."""
    if _is_listed(affected, version):
        return AFFECTED
    reason = ""
    comparable = [one for one in affected.ranges if one.type != "GIT"]
    for one in comparable:
        try:
            if _contains(affected.ecosystem, one, version):
                return AFFECTED
        except VersionError as error:
            reason = reason or str(error)
    if not comparable:
        reason = _why_a_list_cannot_tell(affected, version)
    return Verdict(State.CANNOT_TELL, reason) if reason else CLEAR


def listed_outside(affected: Affected) -> tuple[str, ...]:
    """The listed versions that the ranges do not hold: the only ones a list adds to them.

    Where the ranges cannot be told, all of them.
    """
    if not affected.versions:
        return ()
    try:
        spans = _spans_of_all([affected])
    except VersionError:
        return affected.versions
    if any(span.low == _START and span.high == _END for span in spans):
        return ()
    return tuple([v for v in affected.versions if not _is_within(affected.ecosystem, spans, v)])


def _is_within(ecosystem: str, spans: Sequence["_Span"], version: str) -> bool:
    try:
        place = _release_place(ecosystem, version)
    except VersionError:
        return False
    return any(span.holds(place) for span in spans)


def fixed_version(affected: Affected, version: str) -> str | None:
    """The fixed version at the end of the ranges that hold this one, so on its own branch.

    None where a range that holds it has no fix, where none holds it, and where none can be told.
    """
    try:
        spans = _spans_of_all([affected])
        place = _release_place(affected.ecosystem, version)
    except VersionError:
        return None
    fixed: str | None = None
    while holding := [span for span in spans if span.holds(place)]:
        last = max(holding, key=lambda span: span.high)
        if any(span.fixed is None for span in holding):
            return None
        fixed, place = last.fixed, last.high
    return None if fixed is None or _is_listed(affected, fixed) else fixed


def fixes_all(advisories: Sequence[Affected], version: str) -> str | None:
    """The smallest version above this one that none of a package's advisories affects.

    Only versions that some advisory names as fixed are known to exist. None where all of them are
    affected by another advisory, or where one of the advisories cannot be compared.
    """
    try:
        spans = _spans_of_all(advisories)
        for fixed, place in _fixed_above(advisories, version):
            if not any(span.holds(place) for span in spans) and not any(
                _is_listed(affected, fixed) for affected in advisories
            ):
                return fixed
    except VersionError:
        return None
    return None


Place = tuple[int, Key, int]
"""Where an event stands. The last number is 1 just after a version."""

_START: Place = (0, (), 0)
"""OSV's version 0 stands before all of them."""
_END: Place = (2, (), 0)
_FROM_START = Event(EventKind.INTRODUCED, "0")
_COMPARABLE = frozenset({"SEMVER", "ECOSYSTEM"})


class _Span(NamedTuple):
    """A run of affected versions, without the one at ``high``."""

    low: Place
    high: Place
    fixed: str | None
    """The version at ``high``, where that is a fix."""

    def holds(self, place: Place) -> bool:
        return self.low <= place < self.high


def _is_listed(affected: Affected, version: str) -> bool:
    """True when the list has the version, in whatever spelling."""
    if version in affected.versions:
        return True
    if not affected.versions:
        return False
    try:
        key = compare_key(affected.ecosystem, version)
    except VersionError:
        return False
    return any(_is_spelling_of(key, affected.ecosystem, listed) for listed in affected.versions)


def _why_a_list_cannot_tell(affected: Affected, version: str) -> str:
    """Why a version that is not in the list may be affected all the same; empty if it is not."""
    if not affected.versions:
        return "the advisory names no versions of the package"
    try:
        _release_place(affected.ecosystem, version)
    except VersionError as error:
        return str(error)
    return ""


def _is_spelling_of(key: Key, ecosystem: str, listed: str) -> bool:
    try:
        return compare_key(ecosystem, listed) == key
    except VersionError:
        return False


def _contains(ecosystem: str, vulnerable: Range, version: str) -> bool:
    spans = _spans(ecosystem, vulnerable)
    # All versions, as of a malicious package: then it need not be a version at all.
    if any(span.low == _START and span.high == _END for span in spans):
        return True
    place = _release_place(ecosystem, version)
    return any(span.holds(place) for span in spans)


def _release_place(ecosystem: str, version: str) -> Place:
    if is_branch(ecosystem, version):
        raise VersionError(f"{version!a} is a branch, not a version")
    return (1, compare_key(ecosystem, version), 0)


def _spans(ecosystem: str, vulnerable: Range) -> list[_Span]:
    """The runs of affected versions, from the lowest up; VersionError if they cannot be told."""
    if vulnerable.type not in _COMPARABLE:
        raise VersionError(f"a range of type {vulnerable.type[:40]!a} cannot be compared")
    placed = [(_place(ecosystem, event), event) for event in vulnerable.events]
    placed.sort(key=itemgetter(0))
    spans: list[_Span] = []
    low: Place | None = None
    limits: list[Place] = []
    for place, event in placed:
        kind = event.kind
        if kind is EventKind.LIMIT:
            limits.append(place)
        elif kind is EventKind.INTRODUCED:
            low = place if low is None else low
        elif low is not None:
            spans.append(_Span(low, place, event.version if kind is EventKind.FIXED else None))
            low = None
    if low is not None:
        spans.append(_Span(low, _END, None))
    if not spans:
        raise VersionError("a range of the advisory does not tell where it begins")
    return _cut(spans, max(limits)) if limits else spans


def _place(ecosystem: str, event: Event) -> Place:
    if event == _FROM_START:
        return _START
    if event.kind is EventKind.LIMIT and event.version == "*":
        return _END
    return (1, compare_key(ecosystem, event.version), int(event.kind is EventKind.LAST_AFFECTED))


def _cut(spans: Iterable[_Span], limit: Place) -> list[_Span]:
    """What is below the highest limit."""
    return [
        span if span.high <= limit else _Span(span.low, limit, None)
        for span in spans
        if span.low < limit
    ]


def _spans_of_all(advisories: Iterable[Affected]) -> list[_Span]:
    return [
        span
        for affected in advisories
        for vulnerable in affected.ranges
        if vulnerable.type != "GIT"
        for span in _spans(affected.ecosystem, vulnerable)
    ]


def _fixed_above(advisories: Sequence[Affected], version: str) -> Iterator[tuple[str, Place]]:
    """The versions that some advisory names as fixed, from the first above this one."""
    found: dict[str, Place] = {}
    for affected in advisories:
        own = _release_place(affected.ecosystem, version)
        for vulnerable in affected.ranges:
            for event in vulnerable.events if vulnerable.type != "GIT" else ():
                if event.kind is EventKind.FIXED:
                    place = _place(affected.ecosystem, event)
                    if place > own:
                        found[event.version] = place
    yield from sorted(found.items(), key=lambda entry: entry[1])
