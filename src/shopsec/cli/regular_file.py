"""Reading a file that a person names, and nothing else that has a name."""

import os
import stat
from pathlib import Path

from shopsec.errors import UsageError

_BYTES = 500_000_000


def regular_content(path: Path) -> bytes:
    """A regular file's bytes; OSError, or UsageError for what might have no end."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{path}: is no regular file", "name the file that a scan wrote")
        if status.st_size > _BYTES:
            raise UsageError(f"{path}: is larger than {_BYTES // 1_000_000} MB")
        return file.read()
