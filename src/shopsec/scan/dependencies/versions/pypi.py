"""Versions of Python packages (PEP 440, https://packaging.python.org/specifications/version-specifiers/).

Versions from before PEP 440 (``2004d``) are refused: pip itself installs them no more, and any
place in the order would be a guess. Advisories that name them do so one by one.
"""

from packaging.version import InvalidVersion, Version

from shopsec.scan.dependencies.versions.base import Key, refused


def key(version: str) -> Key:
    """The order of ``packaging``."""
    try:
        return (Version(version),)
    except InvalidVersion:
        raise refused(version, "PyPI") from None
