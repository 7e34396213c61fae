"""``shopsec scan``."""

import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

import shopsec.report.terminal as terminal_report
from shopsec.cli.options import Asked, day_of, scan_options
from shopsec.cli.output import (
    FORMATS,
    TEXT_FORMATS,
    parse_target,
    print_report,
    refuse_twice,
    require_stdout,
)
from shopsec.cli.reports import grounds_of, write_reports
from shopsec.cli.work import done, staged_work, whole_work, work_against
from shopsec.errors import UsageError
from shopsec.model import Report
from shopsec.repo.git import GitUnavailableError
from shopsec.repo.history import GitHistory
from shopsec.repo.roles import role_of
from shopsec.scan.secrets.past import Past


@click.command(short_help="Scan a shop and say what to fix first.")
@click.argument("paths", nargs=-1, metavar="[PATH]", type=click.Path(path_type=Path))
@scan_options
@click.option(
    "--base-ref",
    metavar="REF",
    help="New is what the merge base of REF and HEAD has not; its settings and policy count.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="terminal",
    show_default=True,
    help="What to print on stdout.",
)
@click.option(
    "--output", "outputs", multiple=True, metavar="FORMAT=FILE", help="Also write this report."
)
@click.option(
    "--staged",
    is_flag=True,
    help="Scan what the next commit changes: secrets and access only, no network; PATHs are files.",
)
@click.option("--history", is_flag=True, help="Search all commits for secrets as well.")
@click.option("--since", metavar="REV", help="With --history: only commits that REV does not have.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 whatever the gate decides.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour the terminal report; NO_COLOR is honoured.",
)
def scan(  # noqa: PLR0913 -- one parameter an option
    paths: tuple[Path, ...],
    base_ref: str | None,
    format_: str,
    outputs: tuple[str, ...],
    staged: bool,
    history: bool,
    since: str | None,
    exit_zero: bool,
    color: str,
    **options: Any,
) -> int:
    """Scan the shop in PATH (default: here) and say what to fix first.

    The report goes to stdout, progress to stderr. Exit codes: 0 pass or warn, 1 fail, 2 usage or
    configuration, 3 incomplete, 4 a bug in shopsec.
    """
    targets = [parse_target(text) for text in outputs]
    refuse_twice(targets)
    require_stdout()
    asked = Asked(**options)
    day_of(asked.today)
    path = Path() if staged else _only_one(paths)
    own = _own_reports(path, targets)
    if base_ref is not None:
        if staged or history:
            raise UsageError("--base-ref goes with neither --staged nor --history")
        with work_against(path, base_ref, asked, own) as work:
            scanned = done(work, asked.verbosity)
    elif staged:
        scanned = done(staged_work(paths, asked, own), asked.verbosity)
    else:
        past = _past(path, since) if history else None
        scanned = done(whole_work(path, asked, own, past), asked.verbosity)
    report = scanned.report
    write_reports(
        report,
        targets,
        lambda name: _rendered(report, name, color=False),
        grounds_of(scanned.settings, scanned.gate, scanned.model, scanned.of_base),
    )
    print_report(_rendered(report, format_, color=_colored(color)))
    return 0 if exit_zero else report.decision.outcome.exit_code


def _past(path: Path, since: str | None) -> Past:
    try:
        history = GitHistory(str(path))
    except GitUnavailableError as error:
        raise UsageError(f"{path}: {error}", "--history needs a git repository") from error
    if since is not None and history.commit_of(since) is None:
        raise UsageError(f"--since {since}: is no commit", "name a commit, branch or tag")
    return Past(history, since, role_of)


def _only_one(paths: tuple[Path, ...]) -> Path:
    if len(paths) > 1:
        raise UsageError(f"{paths[1]}: only one folder is scanned", "or --staged, with files")
    return paths[0] if paths else Path()


def _own_reports(path: Path, targets: Sequence[tuple[str, Path]]) -> list[str]:
    """Patterns for the reports that are written into the folder scanned: they are not its own."""
    root = os.path.realpath(path)
    names = (os.path.relpath(os.path.realpath(file), root) for _, file in targets)
    return ["/" + re.sub(r"([\\*?\[\] !#])", r"\\\1", name) for name in names if name[:2] != ".."]


def _colored(choice: str) -> bool:
    if choice == "auto":
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return choice == "always"


def _rendered(report: Report, format_: str, *, color: bool) -> str:
    if format_ == "terminal":
        width = shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80
        return terminal_report.render(report, width=min(max(width, 40), 120), color=color)
    return TEXT_FORMATS[format_](report)
