"""What the lockfiles of npm, Yarn, pnpm and Bun share: packages of npm's registry and their needs.

A parser gives each entry a key of its own (a path, a descriptor) and says which keys it needs;
from that, and from what the project itself names, follow the direct ones and the ways to others.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shopsec.scan.dependencies.lockfiles.base import (
    NOT_LOCKED,
    Lockfile,
    LockfileError,
    Pin,
    Unpinned,
    cut_off,
)
from shopsec.scan.dependencies.lockfiles.graph import reached, way_to
from shopsec.scan.dependencies.lockfiles.json_lines import parse_object
from shopsec.scan.dependencies.lockfiles.requirements import shorten

FROM_GIT = "comes from git, not from the registry"
FROM_URL = "comes from a URL, not from the registry"
FROM_FOLDER = "is a folder or file, not a package of the registry"
FROM_ELSEWHERE = "comes from elsewhere than the registry"
NO_VERSION = "has no version in the lockfile"
NOT_EXACT = "is not pinned to one version"
NO_NAME = "has no name that the registry allows"
UNREADABLE = "cannot be read: it is not what the format says"

PRODUCTION_FIELDS = ("dependencies", "optionalDependencies", "peerDependencies")
DEVELOPMENT_FIELDS = ("devDependencies",)

# https://github.com/npm/validate-npm-package-name, with the letters that old names may have.
_NAME = re.compile(r"(?:@[\w.~!*'()$-]+/)?[\w.~!*'()$-]+", re.ASCII)
_LONGEST_NAME = 214
_WORD = re.compile(r"@|[A-Za-z]{2}")
# Real ways have some twenty packages.
_LONGEST_WAY = 100
# A version as semver writes it, of the length that it allows (https://semver.org).
_VERSION = re.compile(r"[v=]?\d[\w.+-]{0,255}", re.ASCII)
# What npm takes as a dependency (https://docs.npmjs.com/cli/v11/configuring-npm/package-json).
_GIT = re.compile(
    r"(?:git[+:@]|github:|gitlab:|bitbucket:|gist:|ssh:|[^/\s@]+@[^/\s:]+:)"
    r"|https?://[^#\s]+\.git(?:#|\Z)"
    r"|[\w.-]+/[\w.-]+(?:#|\Z)",
    re.ASCII,
)
_URL = re.compile(r"https?:|tarball:|url:")
_FOLDER = re.compile(r"(?:file|link|portal|exec|root|module|workspace):|\.{0,2}/|~/|\.{1,2}\Z")


@dataclass(frozen=True)
class Package:
    """One entry of a lockfile."""

    name: str
    version: str
    line: int
    problem: str = ""
    """Why it has no version of the registry; empty for one that has."""
    needs: tuple[str, ...] = ()
    """Keys of other entries."""
    dev: bool | None = None
    """What the file itself says of it; None where that follows from the roots."""
    lacks: tuple[str, ...] = ()
    """Names that it needs, and the file has no entry for; not of optional ones and peers."""


@dataclass(frozen=True)
class Roots:
    """Keys of what the project itself names; both empty where nothing tells."""

    production: tuple[str, ...] = ()
    development: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    """Names that have no entry; not of optional ones, peers and the project's own."""
    complete: bool = True
    """False where workspaces name more: a package is then never called indirect or dev."""


@dataclass(frozen=True)
class Manifest:
    """What a package.json names: range by name."""

    production: Mapping[str, str]
    development: Mapping[str, str]
    has_workspaces: bool = False
    must_have: Mapping[str, str] = field(default_factory=dict)
    """Of these, all but optional ones and peers."""


def origin_problem(source: str) -> str:
    """Why a range or a resolution is none of the registry; empty where it is one."""
    if _FOLDER.match(source):
        return FROM_FOLDER
    if _GIT.match(source):
        return FROM_GIT
    if _URL.match(source):
        return FROM_URL
    return ""


def read_manifest(text: str) -> Manifest:
    """Parse the package.json beside a lockfile."""
    try:
        document = parse_object(text)
    except LockfileError as error:
        raise LockfileError(f"the package.json beside it: {error}") from error
    return manifest_of(document)


def manifest_of(document: Mapping[str, Any]) -> Manifest:
    """What a package.json, or a lockfile's copy of its fields, names."""
    return Manifest(
        ranges(document, PRODUCTION_FIELDS),
        ranges(document, DEVELOPMENT_FIELDS),
        bool(document.get("workspaces")),
        must_have(document, ("dependencies", *DEVELOPMENT_FIELDS)),
    )


def must_have(document: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, str]:
    """Range by name of what a whole lockfile cannot lack."""
    may_lack = ranges(document, ("optionalDependencies", "peerDependencies"))
    named = ranges(document, fields)
    return {name: wanted for name, wanted in named.items() if name not in may_lack}


def ranges(document: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, str]:
    """Range by name of some fields of a manifest; the first field that has a name counts."""
    found: dict[str, str] = {}
    for key in fields:
        value = document.get(key)
        for name, wanted in value.items() if isinstance(value, dict) else ():
            if isinstance(name, str):
                found.setdefault(name, wanted if isinstance(wanted, str) else "")
    return found


def split_descriptor(text: str) -> tuple[str, str]:
    """``name@1.2`` as name and range, of which a scope is no end (``@scope/name@1.2``)."""
    at = text.find("@", 1)
    return (text, "") if at < 0 else (text[:at], text[at + 1 :])


def split_npm_alias(name: str, wanted: str) -> tuple[str, str]:
    """The package and range that ``npm:other@1.2`` asks for; the given ones of other ranges."""
    if not wanted.startswith("npm:"):
        return name, wanted
    other, version = split_descriptor(wanted.removeprefix("npm:"))
    return (other, version) if version or _WORD.match(other) else (name, other)


def to_lockfile(packages: Mapping[str, Package], roots: Roots) -> Lockfile:
    """Each package as a pin, or unpinned with its reason, in the order of the mapping."""
    ways = _Ways(packages, roots)
    pins: list[Pin] = []
    unpinned: list[Unpinned] = []
    for key, package in packages.items():
        if reason := _unpinned_reason(package):
            unpinned.append(Unpinned(_shown(package), package.line, reason))
            continue
        pins.append(
            Pin(
                package.name,
                package.version.lstrip("v="),
                package.line,
                dev=ways.is_dev(key) if package.dev is None else package.dev,
                direct=ways.is_direct(key),
                via=ways.to(key),
            )
        )
    unpinned += (Unpinned(_fit(name, 1), 1, NOT_LOCKED) for name in dict.fromkeys(roots.lacks))
    unpinned += _first_cut_off(packages.values())
    return Lockfile(tuple(pins), tuple(unpinned))


def _first_cut_off(packages: Iterable[Package]) -> list[Unpinned]:
    lacking = next((package for package in packages if package.lacks), None)
    if lacking is None:
        return []
    return [
        cut_off(
            _fit(lacking.name, lacking.line), _fit(lacking.lacks[0], lacking.line), lacking.line
        )
    ]


def lacking(wanted: Mapping[str, str], names: Container[str]) -> tuple[str, ...]:
    """The wanted ones of the registry that have no entry of any version.

    An entry of another version is no sign of a cut: ``resolutions`` of a project replace ranges.
    """
    return tuple(
        name
        for name, range_ in wanted.items()
        if name not in names
        and split_npm_alias(name, range_)[0] not in names
        and origin_problem(range_) != FROM_FOLDER
    )


class _Ways:
    """What the roots pull in, and how."""

    def __init__(self, packages: Mapping[str, Package], roots: Roots) -> None:
        def needs(key: str) -> Iterator[str]:
            return (needed for needed in packages[key].needs if needed in packages)

        self._names = {key: _shown(package) for key, package in packages.items()}
        self._complete = roots.complete
        self._direct = {*roots.production, *roots.development}
        self._production = reached(filter(packages.__contains__, roots.production), needs)
        self._development = reached(filter(packages.__contains__, roots.development), needs)

    def is_dev(self, key: str) -> bool:
        return self._complete and key in self._development and key not in self._production

    def is_direct(self, key: str) -> bool | None:
        if key in self._direct:
            return True
        known = self._complete and (key in self._production or key in self._development)
        return False if known else None

    def to(self, key: str) -> tuple[str, ...]:
        """Names from a direct one down, those of production first."""
        if key in self._direct:
            return ()
        parents = self._production if key in self._production else self._development
        way = way_to(key, parents, _LONGEST_WAY)
        return tuple(self._names[above] for above in way)


def _unpinned_reason(package: Package) -> str:
    if package.problem:
        return package.problem
    if not _is_name(package.name):
        return NO_NAME
    if not package.version:
        return NO_VERSION
    return "" if _VERSION.fullmatch(package.version) else NOT_EXACT


def _is_name(text: str) -> bool:
    return len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None


def _shown(package: Package) -> str:
    """Its name, fit for a report."""
    return _fit(package.name, package.line)


def _fit(name: str, line: int) -> str:
    """A name, which anyone may have written, fit for a report.

    What is none may be a URL, or what a descriptor that is a URL has before its "@": a login.
    """
    if _is_name(name):
        return name
    if ":" in name or "@" in name[1:]:
        return f"line {line}"
    text = "".join(each if each.isprintable() else "\ufffd" for each in name[:1000])
    return shorten(text, line)
