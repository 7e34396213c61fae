"""Files that are made where there are none: never through a link, never over another."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shopsec.cli.output import write_new
from shopsec.errors import OutputError, UsageError
from shopsec.model import printable


@dataclass(frozen=True)
class NewFile:
    """A file to be, by its name below the top of the repository, with ``/``."""

    name: str
    text: str


def is_there(top: str, name: str) -> bool:
    """Whether something has a name; UsageError where it, or a folder above it, is a link."""
    path = top
    parts = name.split("/")
    for number, part in enumerate(parts, 1):
        path = os.path.join(path, part)
        shown = printable("/".join(parts[:number]))
        if os.path.islink(path):
            raise UsageError(
                f"{shown}: is a symbolic link, and nothing is written through one",
                "replace it by what it points to",
            )
        if number < len(parts) and os.path.lexists(path) and not os.path.isdir(path):
            raise UsageError(f"{shown}: is no folder", "move it out of the way")
    return os.path.lexists(path)


def write_all(top: str, files: Sequence[NewFile]) -> None:
    """Make each file whole or not at all; a failure names what was written before it."""
    written: list[str] = []
    for file in files:
        try:
            _write(top, file)
        except (OutputError, UsageError) as error:
            done = f"; written before it: {', '.join(written)}" if written else ""
            raise OutputError(error.message, f"{error.hint}{done}".lstrip("; ")) from error
        written.append(printable(file.name))


def _write(top: str, file: NewFile) -> None:
    is_there(top, file.name)  # once more: a scan may have taken minutes
    path = Path(top, file.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{printable(file.name)}: its folder cannot be made: {error.strerror}"
        ) from error
    write_new(path, file.text)
