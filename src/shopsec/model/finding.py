"""Facts: what scanners found, and where. Judgement about them lives in result.py."""

import posixpath
from enum import StrEnum
from typing import Literal

from pydantic import Field

from shopsec.levels import Area, Confidence, Role, Severity
from shopsec.model.base import Frozen
from shopsec.model.paths import display_path

__all__ = [
    "Advisory", "Area", "Confidence", "Finding", "ImageKind", "Location", "Package", "Role", "Rule",
    "ScannedImage", "Severity", "Snippet",
]  # fmt: skip


IMPORT_PREFIX = "import:"
"""Begins the scanner's name of what another tool's SARIF file says."""


class Location(Frozen):
    """A place in a file of the repository. Lines count from 1."""

    uri: str
    """RFC 3986 relative reference to the file, from the repository's root."""
    start_line: int | None = Field(default=None, ge=1)
    end_line: int | None = Field(default=None, ge=1)

    def below(self, folder: str) -> "Location":
        """The same place, seen from above a folder (an RFC 3986 relative reference)."""
        uri = f"{folder}/{self.uri}"
        if self.uri.startswith("../"):
            uri = posixpath.normpath(uri)
        return self.model_copy(update={"uri": uri})

    def __str__(self) -> str:
        name = display_path(self.uri)
        return f"{name}:{self.start_line}" if self.start_line else name


class Package(Frozen):
    """One exact version of a package of an ecosystem (OSV's names: PyPI, npm ...)."""

    ecosystem: str
    name: str
    version: str

    @property
    def purl(self) -> str:
        """The package URL (https://github.com/package-url/purl-spec)."""
        kind = _PURL_TYPES.get(self.ecosystem, self.ecosystem.lower())
        return f"pkg:{kind}/{self.name}@{self.version}"


# Type, and namespace where the system is the namespace, by OSV's name of an ecosystem:
# https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst
_PURL_TYPES = {
    "Alpine": "apk/alpine",
    "Debian": "deb/debian",
    "Ubuntu": "deb/ubuntu",
    "Red Hat": "rpm/redhat",
    "Packagist": "composer",
    "RubyGems": "gem",
    "Go": "golang",
    "crates.io": "cargo",
}


class Advisory(Frozen):
    """What is known of a vulnerability, whichever database told it."""

    id: str
    aliases: tuple[str, ...] = ()
    cvss_vector: str | None = None
    cvss_score: float | None = Field(default=None, ge=0, le=10)
    fixed_versions: tuple[str, ...] = ()
    known_exploited: bool = False
    """In CISA's catalogue of known exploited vulnerabilities."""
    needs_use: bool = False
    """Only a shop that uses the package in one way, which the message names, is affected."""
    malicious: bool = False
    """The package itself is an attack (https://github.com/ossf/malicious-packages)."""


class Rule(Frozen):
    """What a finding is an instance of; SARIF's reportingDescriptor."""

    id: str
    scanner: str
    title: str
    severity: Severity
    why: str
    fix: str
    help_uri: str | None = None
    cwe: tuple[int, ...] = ()
    owasp_cicd: str | None = None
    impact: str | None = None
    """A class of harm that policies/severity.yaml gives base points to."""
    opens: str = ""
    """Of a secret's rule: what it opens, such as payment, cloud, signing or database."""
    same_as: tuple[str, ...] = ()
    """Ids of other tools' rules that mean the same; findings of both at one place are joined."""


class ImageKind(StrEnum):
    """What was looked into as an image."""

    IMAGE = "image"
    ROOT_FOLDER = "root-folder"
    """The root of a system's files, as a folder."""
    SBOM = "sbom"
    """A list of what is in an image, which its build made."""


class ScannedImage(Frozen):
    """A container image that was looked into, or what stands for one."""

    name: str
    """As a person named it; of an archive its file."""
    kind: ImageKind = ImageKind.IMAGE
    system: str = ""
    """Its operating system and release (``debian 12.5``); empty where nothing tells."""
    base: str = ""
    """The image that it was built on; empty where nothing tells."""
    part: Literal["", "base", "own"] = ""
    """Whose layer it is in: the base image's, or one that its own Dockerfile adds."""
    newer: str = ""
    """The base, or the image itself, with the newest release of the same line."""


class Snippet(Frozen):
    """Lines of a file around a finding, without secrets, as text of others: never markup."""

    start_line: int = Field(ge=1)
    lines: tuple[str, ...]


class Finding(Frozen):
    """One fact from one scanner. Never changed after normalise."""

    rule_id: str
    scanner: str
    area: Area
    message: str
    location: Location
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    role: Role = Role.PRODUCTION
    symbol: str = ""
    """What tells two findings of one rule in one file apart when lines move."""
    package: Package | None = None
    advisory: Advisory | None = None
    upgrade_to: str = ""
    """Of a package's finding: the smallest version that no known advisory affects."""
    via: tuple[str, ...] = ()
    """Of a package's finding: names from a direct dependency down to the one that needs it."""
    raised_with: tuple[str, ...] = ()
    """Of a package's finding: names to raise instead, where packages that are released together
    pin each other to one version; its own may be among them."""
    imported: bool | None = None
    """Of a package's finding: production code imports it; None where that was not looked at."""
    image: ScannedImage | None = None
    """What it is in; None for what is in files of the repository."""
    past: bool = False
    """Only in earlier commits: its lines are theirs, not those of the files as they are."""
    related: tuple[Location, ...] = ()
    extent: tuple[Location, ...] = Field(default=(), exclude=True)
    """The things of the repository that it speaks of, from first line to last; for normalise."""
    of_repository: bool = Field(default=False, exclude=True)
    """It speaks of the repository as a whole: the file it lies in is no part of what it is."""
    also_reported_as: tuple[str, ...] = ()
    """``scanner:rule`` of findings that were joined into this one."""
    fix: str = ""
    """The next step for this very finding where the rule's general one is not enough."""
    snippet: Snippet | None = None
    fingerprint: str = ""
    """Sixteen hex digits, set by normalise; the same from run to run while the fact stands."""

    @property
    def of_import(self) -> bool:
        """It was read from another tool's SARIF file."""
        return self.scanner.startswith(IMPORT_PREFIX)
