"""Versions of npm packages (https://docs.npmjs.com/about-semantic-versioning)."""

from shopsec.scan.dependencies.versions import semver
from shopsec.scan.dependencies.versions.base import Key


def key(version: str) -> Key:
    """SemVer, read loosely."""
    return semver.key(version, "npm")
