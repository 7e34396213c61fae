"""The options that every command which scans has."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from shopsec.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--config", type=click.Path(path_type=Path), help="Use this shopsec.toml."),
    click.option("--policy", help="Gate policy: small-team, strict, observe, commit, or a file."),
    click.option("--only", multiple=True, metavar="SCANNER", help="Run only this scanner or area."),
    click.option(
        "--skip", multiple=True, metavar="SCANNER", help="Do not run this scanner or area."
    ),
    click.option(
        "--image",
        "images",
        multiple=True,
        metavar="REF|PATH",
        help="Also scan this image, root folder or SBOM.",
    ),
    click.option(
        "--images-found",
        is_flag=True,
        default=None,
        help="Also scan images that the files ship.",
    ),
    click.option(
        "--import", "imports", multiple=True, metavar="FILE", help="Also take this tool's SARIF."
    ),
    click.option("--offline", is_flag=True, default=None, help="Never use the network."),
    click.option("--today", metavar="DATE", help="Take this day (YYYY-MM-DD) for today."),
    click.option(
        "--jobs", type=click.IntRange(1, 256), help="Processes at a time. [default: cores]"
    ),
    click.option(
        "--no-cache", "no_cache", is_flag=True, help="Do not use results of former scans."
    ),
    click.option("-q", "--quiet", is_flag=True, help="No progress on stderr."),
    click.option("-v", "--verbose", is_flag=True, help="More progress on stderr."),
)


exit_zero_option = click.option(
    "--exit-zero", is_flag=True, help="Exit 0 whatever the gate decides."
)
color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour the terminal report; NO_COLOR is honoured.",
)


def scan_options(function: Function) -> Function:
    """Give a command these options; it hands all of them to :class:`Asked`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@dataclass(frozen=True)
class Asked:
    """What the command line asks of a scan."""

    config: Path | None
    policy: str | None
    only: tuple[str, ...]
    skip: tuple[str, ...]
    images: tuple[str, ...]
    imports: tuple[str, ...]
    offline: bool | None
    today: str | None
    jobs: int | None
    quiet: bool
    verbose: bool
    images_found: bool | None = None
    no_cache: bool = False

    @property
    def day(self) -> str:
        """ISO 8601 date that stands for now."""
        return day_of(self.today)

    @property
    def verbosity(self) -> int:
        """-1 is silent, 0 normal, 1 more."""
        return self.verbose - self.quiet


def day_of(text: str | None) -> str:
    """An ISO 8601 date as given, or today's; UsageError for what is none."""
    if text is None:
        return datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UsageError(f"--today {text}: is no date", "write it as 2027-01-31") from error
