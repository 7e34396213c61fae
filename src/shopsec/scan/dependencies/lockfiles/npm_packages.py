"""What the lockfiles of npm, Yarn, pnpm and Bun share: packages of npm's registry and their needs.

A parser gives each entry a key of its own (a path, a descriptor) and says which keys it needs;
from that, and from what the project itself names, follow the direct ones and the ways to others.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.graph import reached, way_to
from shopsec.scan.dependencies.lockfiles.json_lines import parse_object
from shopsec.scan.dependencies.lockfiles.requirements import shorten

FROM_GIT = "comes from git, not from the registry"
FROM_URL = "comes from a URL, not from the registry"
FROM_FOLDER = "is a folder or file, not a package of the registry"
NO_VERSION = "has no version in the lockfile"
NOT_EXACT = "is not pinned to one version"
NO_NAME = "has no name that the registry allows"
UNREADABLE = "cannot be read: it is not what the format says"

PRODUCTION_FIELDS = ("dependencies", "optionalDependencies", "peerDependencies")
DEVELOPMENT_FIELDS = ("devDependencies",)

# https://github.com/npm/validate-npm-package-name, with the letters that old names may have.
_NAME = re.compile(r"(?:@[\w.~!*'()$-]+/)?[\w.~!*'()$-]+", re.ASCII)
_LONGEST_NAME = 214
# Real ways have some twenty packages.
_LONGEST_WAY = 100
# A version as semver writes it, of the length that it allows (https://semver.org).
_VERSION = re.compile(r"[v=]?\d[\w.+-]{0,255}", re.ASCII)
# What npm takes as a dependency (https://docs.npmjs.com/cli/v11/configuring-npm/package-json).
_GIT = re.compile(
    r"(?:git[+:@]|github:|gitlab:|bitbucket:|gist:|ssh:|[^/\s]+@[^/\s]+:)"
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


@dataclass(frozen=True)
class Roots:
    """Keys of what the project itself names; both empty where nothing tells."""

    production: tuple[str, ...] = ()
    development: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """What a package.json names: range by name."""

    production: Mapping[str, str]
    development: Mapping[str, str]


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
    )


def ranges(document: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, str]:
    """Range by name of some fields of a manifest; the first field that has a name counts."""
    found: dict[str, str] = {}
    for field in fields:
        value = document.get(field)
        for name, wanted in value.items() if isinstance(value, dict) else ():
            if isinstance(name, str):
                found.setdefault(name, wanted if isinstance(wanted, str) else "")
    return found


def split_alias(text: str) -> tuple[str, str]:
    """``name@1.2`` as name and range, of which a scope is no end (``@scope/name@1.2``)."""
    at = text.find("@", 1)
    return (text, "") if at < 0 else (text[:at], text[at + 1 :])


def to_lockfile(packages: Mapping[str, Package], roots: Roots) -> Lockfile:
    """Each package as a pin, or unpinned with its reason, in the order of the mapping."""

    def needs(key: str) -> tuple[str, ...]:
        return tuple(needed for needed in packages[key].needs if needed in packages)

    production = reached((key for key in roots.production if key in packages), needs)
    development = reached((key for key in roots.development if key in packages), needs)
    direct = {*roots.production, *roots.development}
    pins: list[Pin] = []
    unpinned: list[Unpinned] = []
    for key, package in packages.items():
        if reason := _unpinned_reason(package):
            unpinned.append(Unpinned(printable(package.name), package.line, reason))
            continue
        dev = package.dev
        if dev is None:
            dev = key in development and key not in production
        way = way_to(key, production if key in production else development, _LONGEST_WAY)
        pins.append(
            Pin(
                package.name,
                package.version.lstrip("v="),
                package.line,
                dev=dev,
                direct=key in direct if direct else None,
                via=tuple(printable(packages[above].name) for above in way),
            )
        )
    return Lockfile(tuple(pins), tuple(unpinned))


def _unpinned_reason(package: Package) -> str:
    if package.problem:
        return package.problem
    if len(package.name) > _LONGEST_NAME or not _NAME.fullmatch(package.name):
        return NO_NAME
    if not package.version:
        return NO_VERSION
    return "" if _VERSION.fullmatch(package.version) else NOT_EXACT


def printable(text: str) -> str:
    """A name from a file that anyone may have written, fit for a report."""
    return shorten("".join(each if each.isprintable() else "\ufffd" for each in text[:1000]))
