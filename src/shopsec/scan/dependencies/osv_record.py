"""One advisory in OSV's JSON (https://ossf.github.io/osv-schema/), read field by field.

Tolerant by field: what is absent or of another type is left out, unless a match could be missed
for it; then the record is refused by name. A model that validates would refuse whole records for
fields that decide nothing.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from shopsec.errors import ScannerError
from shopsec.scan.dependencies.ranges import Affected, Event, EventKind, Range
from shopsec.scan.dependencies.versions import base_name

# Long beyond all ids that databases give; one of a hostile record is not repeated in messages.
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z:._-]{0,127}")


@dataclass(frozen=True, slots=True)
class SeverityVector:
    """A score in the notation that its type tells (``CVSS_V3``, ``CVSS_V4``, ``Ubuntu``)."""

    type: str
    score: str


UNIMPORTANT = SeverityVector("Debian", "unimportant")
"""Debian's word for what is no risk in its packages, in the form that OSV has for Ubuntu's.

https://security-team.debian.org/security_tracker.html#severity-levels
"""


@dataclass(frozen=True, slots=True)
class Reference:
    """A link, with OSV's word for what is there (``FIX``, ``ADVISORY``)."""

    type: str
    url: str


@dataclass(frozen=True, slots=True)
class AffectedPackage:
    """What the advisory says of one package, with the severity for this package alone."""

    affected: Affected
    severity: tuple[SeverityVector, ...] = ()


@dataclass(frozen=True, slots=True)
class OsvRecord:
    """One advisory. Times are as the database wrote them (RFC 3339, UTC)."""

    id: str
    modified: str
    withdrawn: str = ""
    aliases: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    summary: str = ""
    severity: tuple[SeverityVector, ...] = ()
    severity_word: str = ""
    """The database's own word (``HIGH``), where it gives one."""
    cwe_ids: tuple[str, ...] = ()
    affected: tuple[AffectedPackage, ...] = ()
    references: tuple[Reference, ...] = ()
    known_exploited: bool = False
    """Our pack's word for it."""
    needs_use: bool = False
    """Our pack's word: only one way of using the package is affected."""
    own_score: float | None = None
    """Our pack's score, where it has no vector; no other source's number is taken for one."""

    @property
    def is_malicious(self) -> bool:
        """True for a package that is itself an attack, not one that has a hole.

        https://github.com/ossf/malicious-packages
        """
        return self.id.startswith("MAL-")


def record_of(document: dict[str, Any]) -> OsvRecord:
    """A record of our own making, which is well formed."""
    return replace(
        _record(document["id"], document),
        own_score=_own_score(document),
        needs_use=_object(document.get("database_specific")).get("needs_use") is True,
    )


def _own_score(document: dict[str, Any]) -> float | None:
    for kind, text in _pairs(document.get("severity"), "type", "score"):
        if kind == "BASE_SCORE":
            with suppress(ValueError):
                score = float(text)
                return score if 0 <= score <= 10 else None
    return None


def parse(data: bytes, number: int = 1) -> OsvRecord:
    """Read one record; ``number`` is its place in the archive, for records without an id.

    ScannerError, naming the record, when it is no JSON object, or when its id or anything that
    decides which versions are affected is malformed.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise ScannerError(f"record {number}: is not JSON") from None
    if not isinstance(document, dict):
        raise ScannerError(f"record {number}: is not a JSON object")
    if _has_lone_surrogates(data, document):
        raise ScannerError(f"record {number}: has text that is not Unicode")
    record_id = document.get("id")
    if not isinstance(record_id, str) or not is_id(record_id):
        raise ScannerError(f"record {number}: has no id")
    try:
        return _record(record_id, document)
    except _MalformedError as error:
        raise ScannerError(f"{record_id}: {error}") from None


def packages_named(data: bytes, ecosystem: str) -> set[str]:
    """Names of one ecosystem's packages in a record that :func:`parse` refuses, as far as told."""
    try:
        document = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return set()
    fields = _object(document)
    if _text(fields.get("withdrawn")):
        return set()
    affected = fields.get("affected")
    entries = affected if isinstance(affected, list) else [affected]
    packages = [_object(_object(entry).get("package")) for entry in entries]
    return {
        name
        for package in packages
        if (name := _text(package.get("name")))
        and name.isprintable()
        and base_name(_text(package.get("ecosystem")) or ecosystem) == ecosystem
    }


class _MalformedError(Exception):
    """Something that decides what is affected cannot be read; the message says what."""


def _has_lone_surrogates(data: bytes, document: object) -> bool:
    """True when JSON's escapes made text that no file and no database can hold."""
    if b"\\ud" not in data and b"\\uD" not in data:
        return False
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def is_id(text: str) -> bool:
    """Of the form that all databases use: any other becomes no name of a finding or a rule."""
    return _ID.fullmatch(text) is not None


def _record(record_id: str, document: dict[str, Any]) -> OsvRecord:
    specific = _object(document.get("database_specific"))
    return OsvRecord(
        id=record_id,
        modified=_text(document.get("modified")),
        withdrawn=_text(document.get("withdrawn")),
        aliases=tuple(filter(is_id, _texts(document.get("aliases")))),
        related=_texts(document.get("related")),
        upstream=_texts(document.get("upstream")),
        summary=_text(document.get("summary")),
        severity=_severity(document.get("severity")),
        severity_word=_text(specific.get("severity")),
        cwe_ids=_texts(specific.get("cwe_ids")),
        affected=_affected(document.get("affected")),
        references=tuple(_references(document.get("references"))),
        known_exploited=specific.get("kev") is True,
    )


def _affected(value: object) -> tuple[AffectedPackage, ...]:
    """The packages; an entry without one (a repository's commits alone) names none to compare."""
    packages = []
    for entry in _list(value, "affected"):
        package = entry.get("package")
        if package is not None:
            packages.append(_package(entry, package))
    return tuple(packages)


def _package(entry: dict[str, Any], package: object) -> AffectedPackage:
    names = _object(package)
    ecosystem, name = names.get("ecosystem"), names.get("name")
    if not isinstance(ecosystem, str) or not isinstance(name, str) or not ecosystem or not name:
        raise _MalformedError("'package' has no name or no ecosystem")
    versions = entry.get("versions") or ()
    if not isinstance(versions, list | tuple) or not all(isinstance(v, str) for v in versions):
        raise _MalformedError("'versions' is not a list of texts")
    ranges = tuple([_range(one) for one in _list(entry.get("ranges"), "ranges")])
    severity = _severity(entry.get("severity"))
    if _object(entry.get("ecosystem_specific")).get("urgency") == UNIMPORTANT.score:
        severity = (*severity, UNIMPORTANT)
    return AffectedPackage(Affected(ecosystem, name, ranges, tuple(versions)), severity)


def _range(value: dict[str, Any]) -> Range:
    kind = value.get("type")
    if not isinstance(kind, str):
        raise _MalformedError("'type' of a range is not a text")
    events: list[Event] = []
    for event in _list(value.get("events"), "events"):
        for name, version in event.items():
            known = _EVENTS.get(name)
            if known is None or not isinstance(version, str):
                raise _MalformedError("'events' has one that is not in the schema")
            events.append(Event(known, version))
    return Range(kind, tuple(events))


_EVENTS = {kind.value: kind for kind in EventKind}


def _severity(value: object) -> tuple[SeverityVector, ...]:
    return tuple([SeverityVector(kind, score) for kind, score in _pairs(value, "type", "score")])


def _references(value: object) -> Iterator[Reference]:
    return (Reference(kind, url) for kind, url in _pairs(value, "type", "url"))


def _pairs(value: object, first: str, second: str) -> Iterator[tuple[str, str]]:
    """Two texts of each object in a list, where both are there."""
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, dict):
            one, other = entry.get(first), entry.get(second)
            if isinstance(one, str) and isinstance(other, str):
                yield one, other


def _list(value: object, name: str) -> list[dict[str, Any]]:
    """A list of objects that must be one if it is there at all."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise _MalformedError(f"'{name}' is not a list of objects")
    return value


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple([entry for entry in value if isinstance(entry, str)])
