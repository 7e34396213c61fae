"""Lockfiles that git could not merge."""

import re

from shopsec.scan.dependencies.lockfiles.base import LockfileError

_MARKER = re.compile(r"^<{7}(?=[ \r\n]|\Z)", re.MULTILINE)


def refuse_merge_conflict(text: str) -> None:
    """LockfileError with the line of the first conflict marker, if there is one.

    Both sides would otherwise be read as one file, or the error would name a line of no help.
    """
    marker = _MARKER.search(text)
    if marker is not None:
        line = text.count("\n", 0, marker.start()) + 1
        raise LockfileError(f"line {line}: has an unresolved merge conflict")
