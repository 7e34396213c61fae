"""Which files are lockfiles. Adding a format is a module and a line here."""

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass

from shopsec.scan.dependencies.lockfiles import (
    bun_lock,
    cargo_lock,
    composer_lock,
    gemfile_lock,
    go_mod,
    gradle_lockfile,
    nuget_lock,
    package_lock,
    pdm_lock,
    pipfile_lock,
    pnpm_lock,
    poetry_lock,
    pom_xml,
    pylock,
    sbom_cyclonedx,
    sbom_spdx,
    uv_lock,
    yarn,
)
from shopsec.scan.dependencies.lockfiles.base import Lockfile

Parse = Callable[..., Lockfile]
"""From a lockfile's text, and those of the files that go with it (see Format.next_file)."""
NextFile = Callable[[str, str], str]
"""From a file's path and text to the path of the file that goes with it; empty where none does."""


@dataclass(frozen=True)
class Format:
    """One kind of lockfile."""

    name: re.Pattern[str]
    """Matches the end of a path."""
    ecosystem: str
    """OSV's name; empty where each pin has its own."""
    parse: Parse
    next_file: NextFile | None = None
    """The manifest, which tells what the project itself asks for; of a pom.xml its parent."""
    most_files: int = 1
    """How many files may go with it, each named by the one before."""
    partial: str = ""
    """Why it never tells all packages; empty where it does."""


def _format(name: str, ecosystem: str, parse: Parse, manifest: str = "") -> Format:
    beside = _beside(manifest) if manifest else None
    return Format(re.compile(rf"(?:^|/)(?:{name})$"), ecosystem, parse, beside)


def _beside(manifest: str) -> NextFile:
    return lambda path, _text: posixpath.join(posixpath.dirname(path), manifest)


def _maven_parent(path: str, text: str) -> str:
    place = pom_xml.parent_path(text)
    if place is None:
        return ""
    joined = posixpath.join(posixpath.dirname(path), place)
    return joined if place.endswith(".xml") else posixpath.join(joined, "pom.xml")


FORMATS = (
    _format(r"uv\.lock", "PyPI", uv_lock.parse),
    _format(r"poetry\.lock", "PyPI", poetry_lock.parse, "pyproject.toml"),
    _format(r"pdm\.lock", "PyPI", pdm_lock.parse, "pyproject.toml"),
    _format(r"pylock(?:\.[^/.]+)?\.toml", "PyPI", pylock.parse),
    _format(r"Pipfile\.lock", "PyPI", pipfile_lock.parse, "Pipfile"),
    _format(r"package-lock\.json", "npm", package_lock.parse, "package.json"),
    _format(r"npm-shrinkwrap\.json", "npm", package_lock.parse, "package.json"),
    _format(r"yarn\.lock", "npm", yarn.parse, "package.json"),
    _format(r"pnpm-lock\.yaml", "npm", pnpm_lock.parse),
    _format(r"bun\.lock", "npm", bun_lock.parse),
    _format(r"composer\.lock", "Packagist", composer_lock.parse, "composer.json"),
    _format(r"Gemfile\.lock", "RubyGems", gemfile_lock.parse, "Gemfile"),
    _format(r"gems\.locked", "RubyGems", gemfile_lock.parse, "gems.rb"),
    _format(r"go\.mod", "Go", go_mod.parse),
    Format(
        re.compile(r"(?:^|/)pom\.xml$"),
        "Maven",
        pom_xml.parse,
        _maven_parent,
        most_files=8,
        partial="names direct dependencies only; an SBOM beside it (CycloneDX) would tell the rest",
    ),
    _format(
        r"(?:[^/]+-)?gradle\.lockfile|dependency-locks/[^/]+\.lockfile",
        "Maven",
        gradle_lockfile.parse,
    ),
    _format(r"Cargo\.lock", "crates.io", cargo_lock.parse, "Cargo.toml"),
    _format(r"packages\.lock\.json", "NuGet", nuget_lock.parse),
    _format(r"bom\.(?:json|xml)|[^/]+\.cdx\.(?:json|xml)", "", sbom_cyclonedx.parse),
    _format(r"[^/]+\.spdx(?:\.json)?", "", sbom_spdx.parse),
)


def format_of(path: str) -> Format | None:
    """The format of the lockfile at a path; None where it is none."""
    return next((each for each in FORMATS if each.name.search(path)), None)
