"""Gemfile.lock of Bundler 1 to 4.

https://github.com/rubygems/rubygems/blob/master/bundler/lib/bundler/lockfile_parser.rb
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.conflict_markers import refuse_merge_conflict
from shopsec.scan.dependencies.lockfiles.families import families
from shopsec.scan.dependencies.lockfiles.gemfile import development_gems
from shopsec.scan.dependencies.lockfiles.places import Place, places

_SOURCES = frozenset({"GEM", "GIT", "PATH", "PLUGIN SOURCE"})
_DEPENDENCIES, _BUNDLER = "DEPENDENCIES", "BUNDLED WITH"
_OTHER = frozenset({"PLATFORMS", "RUBY VERSION", "CHECKSUMS", "METADATA"})
# No version has a hyphen: what follows the first is the platform.
_SPEC = re.compile(r"    (?! )([^\s()]+)(?: \(([^-()]+)(?:-[^()]*)?\))?$")
_NEEDED = re.compile(r"      (?! )([^\s()!]+)(?: \((.*)\))?!?$")
_NAMED = re.compile(r"  (?! )([^\s()!]+)(?: \(.*\))?!?$")
_SOURCE_OPTION = re.compile(r"  (?! )[a-z_]+:")
_REASONS = {
    "GIT": "comes from a URL, not from the index",
    "PLUGIN SOURCE": "comes from a plugin, not from the index",
}


@dataclass
class _Gem:
    """One entry of ``specs``; the same gem for several platforms is one."""

    name: str
    version: str
    line: int
    source: str
    needs: list[str] = field(default_factory=list)
    exact: list[tuple[str, str, str]] = field(default_factory=list)
    """Needs of one version only: its own name, that of the other gem, and the version."""


@dataclass
class _Read:
    gems: dict[tuple[str, str], _Gem] = field(default_factory=dict)
    named: dict[str, int] = field(default_factory=dict)
    """The names under DEPENDENCIES with their lines."""
    bundler: str = ""
    bad: list[Unpinned] = field(default_factory=list)
    headings: dict[str, int] = field(default_factory=dict)


def parse(text: str, manifest: str = "") -> Lockfile:
    """Parse Gemfile.lock; gems of ``PATH`` are the project's own.

    ``manifest`` is the Gemfile beside it: what only its groups of development need is marked dev.
    """
    refuse_merge_conflict(text)
    read = _read(text)
    if not read.headings.keys() & {*_SOURCES, _DEPENDENCIES}:
        raise LockfileError("has no section of a Gemfile.lock")
    below = _places(read, development_gems(manifest))
    together = families(
        {gem.name: gem.version for gem in read.gems.values()},
        (each for gem in read.gems.values() for each in gem.exact),
        read.named.keys(),
    )
    pins: list[Pin] = []
    unpinned = [*read.bad, *_unlocked(read)]
    for gem in read.gems.values():
        if gem.source == "PATH":
            continue
        if gem.source != "GEM" or not gem.version:
            reason = _REASONS.get(gem.source, "has no version in the lockfile")
            unpinned.append(Unpinned(gem.name, gem.line, reason, gem.name))
        else:
            place = below.get(gem.name, Place(direct=False))
            raised = together.get(gem.name, ())
            pins.append(
                Pin(gem.name, gem.version, gem.line, place.dev, place.direct, place.via, raised)
            )
    if read.bundler and "bundler" in read.named:
        line = read.named["bundler"]
        pins.append(Pin("bundler", read.bundler, line, direct=True))
    own = frozenset(gem.name for gem in read.gems.values() if gem.source == "PATH")
    return Lockfile(tuple(pins), tuple(unpinned), members=own)


def _read(text: str) -> _Read:
    read = _Read()
    section, gem = "", None
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.rstrip()
        if not line:
            continue
        if not line.startswith(" "):
            section, gem = line, None
            read.headings.setdefault(line, number)
            if line not in {*_SOURCES, *_OTHER, _DEPENDENCIES, _BUNDLER}:
                read.bad.append(_unreadable(number))
        elif section in _SOURCES:
            gem = _read_source_line(read, section, line, number, gem)
        elif section == _DEPENDENCIES:
            if match := _NAMED.match(line):
                read.named.setdefault(match[1], number)
            else:
                read.bad.append(_unreadable(number))
        elif section == _BUNDLER:
            read.bundler = line.strip()
    return read


def _read_source_line(
    read: _Read, section: str, line: str, number: int, gem: _Gem | None
) -> _Gem | None:
    if match := _SPEC.match(line):
        version = match[2] or ""
        return read.gems.setdefault((match[1], version), _Gem(match[1], version, number, section))
    if gem is not None and (match := _NEEDED.match(line)):
        gem.needs.append(match[1])
        if (match[2] or "").startswith("= "):
            gem.exact.append((gem.name, match[1], match[2].removeprefix("= ")))
    elif not _SOURCE_OPTION.match(line):
        read.bad.append(_unreadable(number))
    return gem


def _unreadable(line: int) -> Unpinned:
    return Unpinned(f"line {line}", line, "cannot be parsed")


def _unlocked(read: _Read) -> Iterator[Unpinned]:
    locked = {name for name, _ in read.gems}
    for name, line in read.named.items():
        if name not in locked and not (name == "bundler" and read.bundler):
            yield Unpinned(name, line, "has no version in the lockfile", name)
    if _DEPENDENCIES not in read.headings:  # Bundler always writes it, after the gems
        line = max(read.headings.values())
        yield Unpinned(_DEPENDENCIES, line, "is missing: the lockfile may be cut off")


def _places(read: _Read, for_development: set[str]) -> dict[str, Place[str]]:
    """By name; what the project's own gems need is as direct as what its Gemfile names."""
    needs: dict[str, list[str]] = {}
    own: set[str] = set()
    for gem in read.gems.values():
        needs.setdefault(gem.name, []).extend(gem.needs)
        if gem.source == "PATH":
            own.add(gem.name)
    if _DEPENDENCIES not in read.headings:
        return {name: Place() for name in needs}
    production = [name for name in read.named if name not in for_development]
    production.extend(needed for name in own for needed in needs[name])
    return places(
        [name for name in production if name not in own],
        [name for name in read.named if name in for_development and name not in own],
        lambda name: [needed for needed in needs.get(name, ()) if needed not in own],
    )
