"""``shopsec init``."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from shopsec.cli.baseline import exit_code_of, left_out, left_out_lines, not_checked_lines
from shopsec.cli.checkout import check_folder
from shopsec.cli.diff import created
from shopsec.cli.first_files import FirstFiles, first_files
from shopsec.cli.new_files import write_all
from shopsec.cli.options import Asked
from shopsec.cli.output import print_report, require_stdout
from shopsec.cli.own_source import own_source
from shopsec.cli.surroundings import Surroundings, surroundings_of
from shopsec.model import Outcome, Report, printable, uri_of
from shopsec.report import wording
from shopsec.starter.source import Source, commit_of, is_github, url_of

_NOT_WRITTEN = 2


@click.command(short_help="Begin: pipeline, commit hook, settings and a first baseline.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--github", is_flag=True, help="A workflow of GitHub Actions, whatever is met.")
@click.option("--gitlab", is_flag=True, help="An include of GitLab CI, whatever is met.")
@click.option(
    "--source", metavar="URL|OWNER/REPO", help="Fetch shopsec from here. [default: as this one was]"
)
@click.option("--commit", metavar="SHA", help="Commit of shopsec. [default: of this one]")
@click.option("--offline", is_flag=True, default=None, help="Never use the network.")
@click.option("--dry-run", is_flag=True, help="Write nothing; print a diff for git apply.")
@click.option("-y", "--yes", is_flag=True, help="Write without asking.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def init(
    path: Path,
    github: bool,
    gitlab: bool,
    source: str | None,
    commit: str | None,
    dry_run: bool,
    yes: bool,
    **options: Any,
) -> int:
    """Look at the repository of PATH (default: here) and propose its first files.

    They are a workflow or a GitLab include (by the origin's server, .github/ and .gitlab-ci.yml),
    .pre-commit-config.yaml, shopsec.toml and a baseline of what a scan finds now. They are shown as
    a diff and written once you say so; what is there stays as it is, and lines to add are printed.
    What must be fixed now is not taken into the baseline. Exit codes: 0 written, nothing to write,
    declined or --dry-run, 2 usage or nobody to ask, 3 written, but a check that the policy requires
    did not finish.
    """
    require_stdout()
    check_folder(path)
    around = surroundings_of(path)
    fetched = _source(source, commit, around)
    if not github and not gitlab:
        github, gitlab = bool(around.github), bool(around.gitlab)
    asked = Asked(
        None, None, (), (), (), (), today=None, jobs=None, verbose=False, **options
    )  # fmt: skip
    files = first_files(path, around, fetched, asked, github=github, gitlab=gitlab)
    print_report("".join(created(uri_of(file.name), file.text) for file in files.new))
    for line in _told(around, fetched, files, forge=github or gitlab):
        click.echo(line, err=True)
    if not files.new:
        click.echo("nothing to write: all files are there", err=True)
        return 0
    names = [file.name for file in files.new]
    if dry_run:
        click.echo("nothing was written; without --dry-run it is", err=True)
        return 0
    if not yes and not (sys.stdin and sys.stdin.isatty()):
        click.echo("nothing was written, for there is nobody to ask: run with --yes", err=True)
        return _NOT_WRITTEN
    question = f"Write {'this file' if len(names) == 1 else f'these {len(names)} files'}?"
    if not yes and not click.confirm(question, err=True):
        click.echo("nothing was written", err=True)
        return 0
    write_all(around.top, files.new)
    click.echo(f"written, to be committed: {printable(', '.join(names))}", err=True)
    return exit_code_of(files.report) if files.report else 0


def _source(source: str | None, commit: str | None, around: Surroundings) -> Source:
    """What is asked for, and else what this shopsec was fetched from."""
    own = own_source() if source is None or commit is None else Source()
    github = around.host if is_github(around.host) else "github.com"
    return Source(
        own.url if source is None else url_of(source, github),
        own.commit if commit is None else commit_of(commit),
    )


def _told(around: Surroundings, source: Source, files: FirstFiles, *, forge: bool) -> Iterator[str]:
    """What a person should know before they say yes."""
    yield from (f"GitHub: {around.github}",) * bool(around.github)
    yield from (f"GitLab: {around.gitlab}",) * bool(around.gitlab)
    yield f"default branch: {printable(around.branch)}"
    yield from (f"not known: {each}" for each in around.unknown)
    if not forge:
        yield "no pipeline: neither GitHub nor GitLab was met; --github or --gitlab writes one"
    if os.path.lexists(os.path.join(around.top, ".gitmodules")):
        yield (
            "submodules: no pipeline checks them out unasked, and without them a scan is incomplete"
            ": submodules: true of actions/checkout, GIT_SUBMODULE_STRATEGY: normal of GitLab, or "
            "exclude = [...] in shopsec.toml"
        )
    yield from _source_told(source)
    for name, lines in files.left.items():
        yield f"{printable(name)}: is there and stays as it is" + ("; lines to add:" * bool(lines))
        yield from (f"  {line}" for line in lines.splitlines())
    if files.report:
        yield from _baseline_told(files.report)


def _source_told(source: Source) -> Iterator[str]:
    yield f"shopsec is fetched from: {source.address} at {source.revision}"
    unknown = ["address"] * (not source.url) + ["commit"] * (not source.commit)
    if unknown:
        yield (
            f"  not known: the {' and the '.join(unknown)}; a placeholder that no server has "
            "stands there: run with --source and --commit, or replace it where the files say so"
        )


def _baseline_told(report: Report) -> Iterator[str]:
    left = left_out(report, include_fix_now=False)
    yield from left_out_lines(left)
    if left and report.decision.reasons_for(Outcome.FAIL):
        yield (
            f"  {wording.amount(len(left), 'results')} will fail the gate: fix first, or take in "
            "knowingly: shopsec baseline update --include-fix-now"
        )
    yield from not_checked_lines(report)
