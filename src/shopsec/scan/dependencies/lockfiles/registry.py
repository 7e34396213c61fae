"""Which files are lockfiles. Adding a format is a module and a line here."""

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

Parse = Callable[[str, str], Lockfile]
"""From a lockfile's text and that of the manifest beside it, empty where there is none."""


@dataclass(frozen=True)
class Format:
    """One kind of lockfile."""

    name: re.Pattern[str]
    """Matches the end of a path."""
    ecosystem: str
    """OSV's name; empty where each pin has its own."""
    parse: Parse
    manifest: str = ""
    """Name of the file beside it that tells which packages the project itself asks for."""
    partial: str = ""
    """Why it never tells all packages; empty where it does."""


def _alone(parse: Callable[[str], Lockfile]) -> Parse:
    return lambda text, _manifest: parse(text)


def _format(
    name: str, ecosystem: str, parse: Parse, manifest: str = "", partial: str = ""
) -> Format:
    return Format(re.compile(rf"(?:^|/){name}$"), ecosystem, parse, manifest, partial)


FORMATS = (
    _format(r"uv\.lock", "PyPI", _alone(uv_lock.parse)),
    _format(r"poetry\.lock", "PyPI", poetry_lock.parse, "pyproject.toml"),
    _format(r"pdm\.lock", "PyPI", pdm_lock.parse, "pyproject.toml"),
    _format(r"pylock(?:\.[^/.]+)?\.toml", "PyPI", _alone(pylock.parse)),
    _format(r"Pipfile\.lock", "PyPI", pipfile_lock.parse, "Pipfile"),
    _format(r"package-lock\.json", "npm", package_lock.parse, "package.json"),
    _format(r"npm-shrinkwrap\.json", "npm", package_lock.parse, "package.json"),
    _format(r"yarn\.lock", "npm", yarn.parse, "package.json"),
    _format(r"pnpm-lock\.yaml", "npm", _alone(pnpm_lock.parse)),
    _format(r"bun\.lock", "npm", _alone(bun_lock.parse)),
    _format(r"composer\.lock", "Packagist", composer_lock.parse, "composer.json"),
    _format(r"Gemfile\.lock|gems\.locked", "RubyGems", _alone(gemfile_lock.parse)),
    _format(r"go\.mod", "Go", _alone(go_mod.parse)),
    _format(
        r"pom\.xml",
        "Maven",
        _alone(pom_xml.parse),
        partial="names direct dependencies only; an SBOM beside it (CycloneDX) would tell the rest",
    ),
    _format(
        r"(?:[^/]+-)?gradle\.lockfile|dependency-locks/[^/]+\.lockfile",
        "Maven",
        _alone(gradle_lockfile.parse),
    ),
    _format(r"Cargo\.lock", "crates.io", cargo_lock.parse, "Cargo.toml"),
    _format(r"packages\.lock\.json", "NuGet", _alone(nuget_lock.parse)),
    _format(r"bom\.(?:json|xml)|[^/]+\.cdx\.(?:json|xml)", "", _alone(sbom_cyclonedx.parse)),
    _format(r"[^/]+\.spdx(?:\.json)?", "", _alone(sbom_spdx.parse)),
)


def format_of(path: str) -> Format | None:
    """The format of the lockfile at a path; None where it is none."""
    return next((each for each in FORMATS if each.name.search(path)), None)
