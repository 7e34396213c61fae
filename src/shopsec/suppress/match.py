"""What a suppression speaks of. It never speaks of anything that it does not name."""

import string
from collections.abc import Iterable
from dataclasses import dataclass, field

import pathspec

from shopsec.model import Finding, Location, Suppression, path_of
from shopsec.suppress.purls import Named, named, named_by

NEVER = "shopsec.settings-changed"
"""The rule that nothing can suppress."""


@dataclass(frozen=True)
class Subject:
    """A finding, with what it may be called."""

    finding: Finding
    names: frozenset[str]
    package: Named | None


def subject(finding: Finding) -> Subject:
    """Work out once what a finding may be called."""
    names = {finding.rule_id, finding.fingerprint, *_vulnerability(finding)}
    if finding.package is not None:
        names.add(f"package:{finding.package.name}")
    package = named(finding.package) if finding.package is not None else None
    return Subject(finding, frozenset(_lower(name) for name in names if name), package)


def _vulnerability(finding: Finding) -> tuple[str, ...]:
    advisory = finding.advisory
    return (advisory.id, *advisory.aliases) if advisory is not None else ()


@dataclass(frozen=True)
class Matcher:
    """A suppression, ready to be held against findings."""

    suppression: Suppression
    folder: str
    """Reference of the folder scanned, below which ``paths`` count; empty for the root."""
    names: frozenset[str] = field(init=False)
    spec: "pathspec.PathSpec[pathspec.Pattern] | None" = field(init=False)

    def __post_init__(self) -> None:
        given = self.suppression
        names = frozenset(_lower(name) for name in (given.selector, *given.also) if name)
        object.__setattr__(self, "names", names)
        spec = pathspec.GitIgnoreSpec.from_lines(given.paths) if given.paths else None
        object.__setattr__(self, "spec", spec)

    def speaks_of(self, subject: Subject) -> bool:
        """By name, place and package; never of a change to what suppressions come from."""
        return subject.finding.rule_id != NEVER and (
            self._is_named(subject) and self._is_placed(subject.finding)
        )

    def _is_named(self, subject: Subject) -> bool:
        given = self.suppression
        if given.kind == "vex":
            return subject.finding.advisory is not None and (
                bool(self.names & subject.names) and _lists(given.packages, subject.package)
            )
        if given.selector.lower().startswith("pkg:"):
            return _lists((given.selector,), subject.package)
        return bool(self.names & subject.names)

    def _is_placed(self, finding: Finding) -> bool:
        at = self.suppression.at
        if at is not None:
            places = () if finding.past else places_of(finding)
            return any(_same_line(at, place) for place in places)
        return self.spec is None or all(self._is_below(place.uri) for place in places_of(finding))

    def _is_below(self, uri: str) -> bool:
        below = f"{self.folder}/" if self.folder else ""
        matched = self.spec is not None and self.spec.match_file(path_of(uri.removeprefix(below)))
        return uri.startswith(below) and matched


def places_of(finding: Finding) -> tuple[Location, ...]:
    """Where it is: of an import the place itself, not those that data flows through on its way."""
    return (finding.location, *(() if finding.of_import else finding.related))


_LOWER = {ord(letter): ord(letter.lower()) for letter in string.ascii_uppercase}


def _lower(name: str) -> str:
    """In lower case, of ASCII alone: a long s and a Kelvin sign are not taken for letters."""
    return name.translate(_LOWER)


def _same_line(one: Location, other: Location) -> bool:
    return one.uri == other.uri and one.start_line == other.start_line


def _lists(purls: Iterable[str] | None, package: Named | None) -> bool:
    if purls is None:
        return True
    if package is None:
        return False
    listed = (named_by(purl) for purl in purls)
    return any(each is not None and each.speaks_of(package) for each in listed)
