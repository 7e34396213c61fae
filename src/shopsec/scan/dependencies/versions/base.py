"""What the modules of the ecosystems share: the type of a key, its error and its bounds."""

from typing import Any

Key = tuple[Any, ...]
"""Sorts as the version does among versions of its ecosystem; keys of two ecosystems never meet."""

# The longest real ones (Go's pseudo-versions, Maven's with a time and a commit) have about 80.
MAX_LENGTH = 256


class VersionError(Exception):
    """A text that its ecosystem cannot put in order."""


def bounded(version: str) -> str:
    """The text without space around it; VersionError where no ecosystem has such a version.

    The bound keeps every key cheap, and letters beyond ASCII sort otherwise in each language.
    """
    if len(version) > MAX_LENGTH:
        raise VersionError(f"a version of {len(version)} characters")
    if not version.isascii():
        raise VersionError(f"{version!a} has characters that no version has")
    return version.strip()


def refused(version: str, ecosystem: str) -> VersionError:
    """The error for a text that is no version of this ecosystem."""
    return VersionError(f"{version!a} is no version of {ecosystem}")
