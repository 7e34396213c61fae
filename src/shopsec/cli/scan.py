"""``shopsec scan``."""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import shopsec.report.terminal as terminal_report
from shopsec.cli.base_ref import AUTO, base_ref_of
from shopsec.cli.checkout import check_folder
from shopsec.cli.imports import pattern_of
from shopsec.cli.options import Asked, color_option, day_of, exit_zero_option, scan_options
from shopsec.cli.output import (
    SHARD,
    TEXT_FORMATS,
    format_option,
    output_option,
    parse_target,
    print_report,
    refuse_twice,
    require_stdout,
)
from shopsec.cli.profile import Profile
from shopsec.cli.reports import grounds_of, write_reports
from shopsec.cli.work import Scanned, Work, done, staged_work, whole_work
from shopsec.errors import UsageError
from shopsec.model import Report

if TYPE_CHECKING:
    from shopsec.repo.history import GitHistory
    from shopsec.scan.secrets.past import Past


@click.command(short_help="Scan a shop and say what to fix first.")
@click.argument("paths", nargs=-1, metavar="[PATH]", type=click.Path(path_type=Path))
@scan_options
@click.option(
    "--base-ref",
    metavar="REF",
    help="New is what the merge base of REF and HEAD has not; REF's settings and policy count; "
    "auto: what the CI system's event names, if it is about a change.",
)
@format_option
@output_option
@click.option(
    "--staged",
    is_flag=True,
    help="Scan what the next commit changes: secrets and access only, no network; PATHs are files.",
)
@click.option("--history", is_flag=True, help="Search all commits for secrets as well.")
@click.option("--since", metavar="REV", help="With --history: only commits that REV does not have.")
@click.option(
    "--shard",
    metavar="I/N",
    help="Scan one of N parts for shopsec merge; auto: by CI_NODE_INDEX and CI_NODE_TOTAL.",
)
@click.option("--profile", "profiled", is_flag=True, help="Say on stderr where the time went.")
@exit_zero_option
@color_option
def scan(  # noqa: PLR0913 -- one parameter an option
    paths: tuple[Path, ...],
    base_ref: str | None,
    format_: str,
    outputs: tuple[str, ...],
    staged: bool,
    history: bool,
    since: str | None,
    shard: str | None,
    profiled: bool,
    exit_zero: bool,
    color: str,
    **options: Any,
) -> int:
    """Scan the shop in PATH (default: here) and say what to fix first.

    The report goes to stdout, progress to stderr. Exit codes: 0 pass or warn, 1 fail, 2 usage or
    configuration, 3 incomplete, 4 a bug in shopsec. With --shard nothing is decided: it writes
    --output shard=FILE (default: shopsec-shard-I-of-N.json) and exits with 0.
    """
    profile = Profile()
    targets = [parse_target(text, (SHARD,) if shard is not None else ()) for text in outputs]
    refuse_twice(targets)
    require_stdout()
    asked = Asked(**options)
    day_of(asked.today)
    if shard is not None and profiled:
        raise UsageError("--profile goes not with --shard", "see the progress of its scanners: -v")
    if shard is not None and staged:
        raise UsageError("--shard goes not with --staged", "a commit is small enough for one")
    path = Path() if staged else _only_one(paths)
    if base_ref is not None and (staged or history):
        raise UsageError("--base-ref goes with neither --staged nor --history")
    if base_ref == AUTO:
        base_ref = _of_ci(path)
    if shard is not None:
        if asked.imports:
            raise UsageError(
                "--shard: imports are read by shopsec merge",
                "name them in shopsec.toml: imports = [...]",
            )
        from shopsec.cli import shards  # noqa: PLC0415 -- takes time

        share = shards.share_of(shard, os.environ)
        file = shards.target_file(share, targets, format_)
        request = shards.request_of(asked, path, base_ref, since, history=history)
        with opened(path, asked, base_ref, [file], history=history, since=since) as work:
            print_report(shards.write_shard(work, share, request, file, asked.verbosity))
        return 0
    own = own_reports(path, targets)
    with ExitStack() as stack:
        with profile.stage("list files, read settings"):
            if staged:
                work = staged_work(paths, asked, own)
            else:
                work = stack.enter_context(
                    opened(path, asked, base_ref, (), own, history=history, since=since)
                )
        scanned = done(work, asked.verbosity, profile)
    with profile.stage("write reports"):
        publish(scanned, targets, format_, color)
    if profiled:
        click.echo(profile.table(), err=True)
    return 0 if exit_zero else scanned.report.decision.outcome.exit_code


@contextmanager
def opened(
    path: Path,
    asked: Asked,
    base_ref: str | None,
    results: Sequence[Path] = (),
    own: Sequence[str] = (),
    *,
    history: bool,
    since: str | None,
) -> Iterator[Work]:
    """What the options of a scan of a folder ask for."""
    if base_ref is not None:
        from shopsec.cli.work_against import work_against  # noqa: PLC0415 -- takes time

        with work_against(path, base_ref, asked, own, results) as work:
            yield work
    else:
        past = _past(path, since) if history else None
        yield whole_work(path, asked, own, past, results=results)


def publish(
    scanned: Scanned, targets: Sequence[tuple[str, Path]], format_: str, color: str
) -> None:
    """Write the reports of a scan to their files, and one to stdout."""
    report = scanned.report
    write_reports(
        report,
        targets,
        lambda name: rendered(report, name, color=False),
        grounds_of(scanned.gate, scanned.model, scanned.judged_by),
    )
    print_report(rendered(report, format_, color=_colored(color)))


def _of_ci(path: Path) -> str | None:
    check_folder(path)

    def commit_of(revision: str) -> str | None:
        return _history(path, "--base-ref").commit_of(revision)

    return base_ref_of(os.environ, commit_of)


def _history(path: Path, option: str) -> "GitHistory":
    from shopsec.repo.git import GitUnavailableError  # noqa: PLC0415 -- as below
    from shopsec.repo.history import GitHistory  # noqa: PLC0415 -- takes time

    try:
        return GitHistory(str(path))
    except GitUnavailableError as error:
        raise UsageError(f"{path}: {error}", f"{option} needs a git repository") from error


def _past(path: Path, since: str | None) -> "Past":
    from shopsec.repo.roles import role_of  # noqa: PLC0415 -- as below
    from shopsec.scan.secrets.past import Past  # noqa: PLC0415 -- takes time

    history = _history(path, "--history")
    if since is not None and history.commit_of(since) is None:
        raise UsageError(f"--since {since}: is no commit", "name a commit, branch or tag")
    return Past(history, since, role_of)


def _only_one(paths: tuple[Path, ...]) -> Path:
    if len(paths) > 1:
        raise UsageError(f"{paths[1]}: only one folder is scanned", "or --staged, with files")
    return paths[0] if paths else Path()


def own_reports(path: Path, targets: Sequence[tuple[str, Path]]) -> list[str]:
    """Patterns for the reports that are written into the folder scanned: they are not its own."""
    root = os.path.realpath(path)
    names = (os.path.relpath(os.path.realpath(file), root) for _, file in targets)
    return [pattern_of(name) for name in names if name[:2] != ".."]


def _colored(choice: str) -> bool:
    if choice == "auto":
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return choice == "always"


def rendered(report: Report, format_: str, *, color: bool) -> Iterable[str]:
    """The report in a format that is text, in pieces."""
    if format_ == "terminal":
        width = shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80
        return (terminal_report.render(report, width=min(max(width, 40), 120), color=color),)
    return TEXT_FORMATS[format_](report)
