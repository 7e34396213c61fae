"""Writing reports: a file is either whole and new, or as it was."""

import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

import click

from shopsec.errors import OutputError, UsageError
from shopsec.model import Report, printable

Render = Callable[[Report], Iterable[str]]
"""Makes the pieces of a report's text, so that a large one need never be there as a whole."""


_PRINTED = 100_000


def _pieces(text: Iterable[str]) -> Iterable[str]:
    return (text,) if isinstance(text, str) else text


def _later(module: str, function: str = "render") -> Render:
    """A format whose module is imported when it is asked for: it takes time, and few ask."""

    def render(report: Report) -> Iterable[str]:
        made = getattr(import_module(f"shopsec.report.{module}"), function)(report)
        return _pieces(made)

    return render


TEXT_FORMATS: dict[str, Render] = {
    "html": _later("html"),
    "code-quality": _later("code_quality"),
    "comment": _later("comment"),
    "cyclonedx": _later("cyclonedx"),
    "github": _later("github"),
    "gitlab-container-scanning": _later("gitlab", "render_container_scanning"),
    "gitlab-dependency-scanning": _later("gitlab", "render_dependency_scanning"),
    "gitlab-sast": _later("gitlab", "render_sast"),
    "gitlab-secret-detection": _later("gitlab", "render_secret_detection"),
    "json": _later("json"),
    "junit": _later("junit"),
    "markdown": _later("markdown"),
    "sarif": _later("sarif"),
    "sarif-all": _later("sarif", "render_all"),
    "sarif-gitlab": _later("sarif", "render_gitlab"),
}
"""Formats that need to know nothing but the report; ``terminal`` needs a width too."""

FORMATS = ("terminal", *TEXT_FORMATS)
format_option = click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="terminal",
    show_default=True,
    metavar="FORMAT",
    help=f"What to print on stdout: {', '.join(FORMATS)}.",
)
output_option = click.option(
    "--output", "outputs", multiple=True, metavar="FORMAT=FILE", help="Also write this report."
)
DECISION = "decision"
"""Written beside the others only, since it vouches for them."""
SHARD = "shard"
"""What one shard of a scan writes, in place of reports."""


def parse_target(text: str, also: Sequence[str] = ()) -> tuple[str, Path]:
    """Split FORMAT=FILE; UsageError says what is allowed, which ``also`` adds to."""
    name, equals, file = text.partition("=")
    allowed = (*FORMATS, DECISION, *also)
    if not equals or not file or name not in allowed:
        raise UsageError(f"--output {text}: must be FORMAT=FILE", f"formats: {', '.join(allowed)}")
    path = Path(file)
    if not path.parent.is_dir():
        raise UsageError(f"--output {text}: {path.parent} is no folder", "create it first")
    if path.is_dir():
        raise UsageError(f"--output {text}: is a folder, not a file")
    return name, path


def refuse_twice(targets: Sequence[tuple[str, Path]]) -> None:
    """UsageError where two reports would be written to one file."""
    seen: dict[str, str] = {}
    for name, path in targets:
        real = os.path.realpath(path)
        if real in seen and not _is_special(path):
            raise UsageError(
                f"--output {name}={path}: is the file of {seen[real]} too", "name another file"
            )
        seen[real] = name


def _is_special(path: Path) -> bool:
    """True for a device, a pipe or a socket: written to, never replaced."""
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False


def require_stdout() -> None:
    """OutputError before a scan whose report would have nowhere to go."""
    if sys.stdout is None:
        raise OutputError("stdout is closed", "send it to a file, or to /dev/null")


def print_report(text: Iterable[str]) -> None:
    """Write a report to stdout; a reader that has gone away is no error of ours."""
    try:
        for piece in _not_too_small(_pieces(text)):
            click.echo(piece, nl=False, color=True)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(f"stdout: cannot be written: {error.strerror}") from error


def _not_too_small(pieces: Iterable[str]) -> Iterator[str]:
    """The same, some at a time: each that is printed is flushed."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > _PRINTED:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


def write_whole(path: Path, text: Iterable[str], mode: int | None = None) -> None:
    """Replace a file in one step; on any failure the old one is still there.

    ``mode`` are its permissions; without one, those of a new file.
    """
    if _is_special(path):
        _write_through(path, text)
        return
    path = Path(os.path.realpath(path))  # what a link points to is replaced, not the link
    temporary = _written_beside(path, text, 0o666 & ~_umask() if mode is None else mode)
    try:
        os.replace(temporary, path)
    except OSError as error:
        os.unlink(temporary)
        raise OutputError(
            f"{path}: cannot be written: {error.strerror}", "the file that was there is untouched"
        ) from error


def write_new(path: Path, text: str) -> None:
    """Make a file in one step; OutputError where something has its name already, which stays."""
    temporary = _written_beside(path, text, 0o666 & ~_umask())
    try:
        os.link(temporary, path)  # unlike a replacement, it fails where there is something
    except FileExistsError as error:
        raise OutputError(
            f"{printable(str(path))}: is there since a moment ago", "it stays as it is: run again"
        ) from error
    except OSError as error:
        raise OutputError(f"{printable(str(path))}: cannot be written: {error.strerror}") from error
    finally:
        os.unlink(temporary)


def _written_beside(path: Path, text: Iterable[str], mode: int) -> str:
    """A new file in the same folder, whole and on the disk."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(_pieces(text))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
    except OSError as error:
        os.unlink(temporary)
        raise OutputError(
            f"{path}: cannot be written: {error.strerror}", "the file that was there is untouched"
        ) from error
    except BaseException:  # whoever makes the text broke, or the person has had enough
        os.unlink(temporary)
        raise
    return temporary


def _write_through(path: Path, text: Iterable[str]) -> None:
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(_pieces(text))
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
