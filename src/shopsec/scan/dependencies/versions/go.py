"""Versions of Go modules (https://go.dev/ref/mod#versions) and of Go itself.

Pseudo-versions (``v0.0.0-20240101000000-abcdef123456``) are pre-releases by design, and
``+incompatible`` is build metadata: SemVer orders both. OSV leaves the ``v`` out.
"""

import re

from shopsec.scan.dependencies.versions import semver
from shopsec.scan.dependencies.versions.base import Key

# go1.21rc2, as the lines ``go`` and ``toolchain`` of go.mod have it (https://go.dev/doc/toolchain).
_TOOLCHAIN = re.compile(r"(?:go)?([0-9]++\.[0-9]++)(?:\.([0-9]++))?+(?:(beta|rc)([0-9]++))?+")


def key(version: str) -> Key:
    """SemVer; a version of the toolchain is read as OSV writes it (1.21.0-rc.2)."""
    match = _TOOLCHAIN.fullmatch(version)
    if match is None:
        return semver.key(version, "Go")
    minor, patch, stage, number = match.groups()
    return semver.key(f"{minor}.{patch or 0}" + (f"-{stage}.{number}" if stage else ""), "Go")
