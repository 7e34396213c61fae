"""Writing reports: a file is either whole and new, or as it was."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import shopsec.report.json as json_report
import shopsec.report.markdown as markdown_report
import shopsec.report.sarif as sarif_report
from shopsec.errors import OutputError, UsageError
from shopsec.model import Report

TEXT_FORMATS: dict[str, Callable[[Report], str]] = {
    "json": json_report.render,
    "markdown": markdown_report.render,
    "sarif": sarif_report.render,
}
"""Formats that need to know nothing but the report; ``terminal`` needs a width too."""

FORMATS = ("terminal", *TEXT_FORMATS)


def parse_target(text: str) -> tuple[str, Path]:
    """Split FORMAT=FILE; UsageError says what is allowed."""
    name, equals, file = text.partition("=")
    if not equals or not file or name not in FORMATS:
        raise UsageError(f"--output {text}: must be FORMAT=FILE", f"formats: {', '.join(FORMATS)}")
    path = Path(file)
    if not path.parent.is_dir():
        raise UsageError(f"--output {text}: {path.parent} is no folder", "create it first")
    if path.is_dir():
        raise UsageError(f"--output {text}: is a folder, not a file")
    return name, path


def write_whole(path: Path, text: str) -> None:
    """Replace a file in one step; on any failure the old one is still there."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        os.unlink(temporary)
        raise OutputError(
            f"{path}: cannot be written: {error.strerror}", "the file that was there is untouched"
        ) from error


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
