"""Versions of crates (https://doc.rust-lang.org/cargo/reference/resolver.html)."""

from shopsec.scan.dependencies.versions import semver
from shopsec.scan.dependencies.versions.base import Key


def key(version: str) -> Key:
    """SemVer."""
    return semver.key(version, "crates.io")
