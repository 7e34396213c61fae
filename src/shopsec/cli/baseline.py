"""``shopsec baseline``."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from shopsec.baseline.compare import known_of
from shopsec.baseline.file import baseline_path, read_baseline, render_baseline
from shopsec.cli.checkout import settings_of
from shopsec.cli.options import Asked, scan_options
from shopsec.cli.output import write_whole
from shopsec.cli.work import scan_whole
from shopsec.errors import BaselineError, UsageError
from shopsec.model import (
    BaselineState,
    KnownResult,
    Outcome,
    Report,
    Result,
    Tier,
    display_path,
    printable,
)
from shopsec.pipeline import Past
from shopsec.report import wording
from shopsec.scan.registry import all_scanners

_PATH = click.argument("path", default=".", type=click.Path(path_type=Path))
_FIX_NOW = click.option(
    "--include-fix-now", is_flag=True, help="Take results that must be fixed now as well."
)


@click.group(short_help="Keep what is known, so that only new results fail.")
def baseline() -> None:
    """Keep what is known of a shop, so that only what is new fails.

    The file is shopsec-baseline.json beside shopsec.toml, or what `baseline` there names. It
    belongs into the repository.
    """


@baseline.command(short_help="Write down all results of PATH.")
@_PATH
@scan_options
@_FIX_NOW
def create(path: Path, include_fix_now: bool, **options: Any) -> int:
    """Scan PATH and write all results down as known; a file that is there stays as it is.

    What must be fixed now is named and left out. Exit codes: 0 written, 3 written, but a check
    that the policy requires did not finish.
    """
    asked = Asked(**options)
    file = baseline_path(settings_of(path, asked))
    if file.exists():
        raise UsageError(
            f"{printable(str(file))}: is there already",
            "shopsec baseline update takes in what is new and out what is gone",
        )
    report = scan_whole(path, asked, known=Past(file.name, ())).report
    taken = newly_known(report, include_fix_now=include_fix_now)
    write_whole(file, render_baseline(taken))
    click.echo(f"{printable(str(file))}: {wording.amount(len(taken), 'results')} known now")
    return _told(report, include_fix_now=include_fix_now)


@baseline.command(short_help="Take in what is new and out what is gone.")
@_PATH
@scan_options
@_FIX_NOW
@click.option("--only-new", is_flag=True, help="Keep what is gone.")
def update(path: Path, include_fix_now: bool, only_new: bool, **options: Any) -> int:
    """Scan PATH, add new results to the baseline and take out those that are gone.

    Gone is only what a scanner looked for and that ran to its end. Exit codes as for create.
    """
    asked = Asked(**options)
    file, known = _existing(path, asked)
    report = scan_whole(path, asked).report
    taken = newly_known(report, include_fix_now=include_fix_now)
    gone = () if only_new else report.absent
    _rewrite(file, known, taken, gone)
    return _told(report, include_fix_now=include_fix_now)


@baseline.command(short_help="Take out what is gone.")
@_PATH
@scan_options
def prune(path: Path, **options: Any) -> int:
    """Scan PATH and take out of the baseline what is gone; nothing is added.

    Should it come back, it is new. Gone is only what a scanner looked for and that ran to its end.
    Exit codes: 0 written, 3 written, but a check that the policy requires did not finish.
    """
    asked = Asked(**options)
    file, known = _existing(path, asked)
    report = scan_whole(path, asked).report
    _rewrite(file, known, (), report.absent)
    return _exit_code(report)


@baseline.command(short_help="List what is known.")
@_PATH
@click.option("--config", type=click.Path(path_type=Path), help="Use this shopsec.toml.")
def show(path: Path, config: Path | None) -> None:
    """Count and list what the baseline of PATH knows; nothing is scanned."""
    asked = Asked(config, None, (), (), (), (), None, None, None, quiet=True, verbose=False)
    file, known = _existing(path, asked)
    areas = {scanner.name: scanner.area.value for scanner in all_scanners()}
    by_tier = Counter(each.tier for each in known)
    by_area = Counter(areas.get(each.scanner, each.scanner) for each in known)
    click.echo(f"{printable(str(file))}: {wording.amount(len(known), 'results')}")
    tiers = ", ".join(f"{by_tier[tier]} {tier.value.replace('-', ' ')}" for tier in Tier)
    click.echo(f"  {tiers}")
    if by_area:
        counts = sorted(by_area.items())
        click.echo("  " + ", ".join(f"{printable(area)} {count}" for area, count in counts))
    for each in sorted(known, key=lambda each: (each.tier.rank, each.uri, each.rule)):
        tier = each.tier.value.replace("-", " ")
        click.echo(f"{tier:<8} {display_path(each.uri)}  {each.rule}  {each.fingerprint}")


def _existing(path: Path, asked: Asked) -> tuple[Path, tuple[KnownResult, ...]]:
    file = baseline_path(settings_of(path, asked))
    if not file.exists():
        raise BaselineError(
            f"{printable(str(file))}: there is no such file", "shopsec baseline create makes it"
        )
    return file, read_baseline(file)


def newly_known(report: Report, *, include_fix_now: bool) -> list[KnownResult]:
    """New results that may be known from now on; what must be fixed now only if it is asked for."""
    left = {each.finding.fingerprint for each in left_out(report, include_fix_now=include_fix_now)}
    return [
        known_of(result)
        for result in report.results
        if result.active
        and result.state is BaselineState.NEW
        and result.finding.fingerprint not in left
    ]


def left_out(report: Report, *, include_fix_now: bool) -> Sequence[Result]:
    """New results that nobody should get used to."""
    if include_fix_now:
        return ()
    return [
        result
        for result in report.results
        if result.active and result.state is BaselineState.NEW and result.tier is Tier.FIX_NOW
    ]


def _rewrite(
    file: Path,
    known: Iterable[KnownResult],
    taken: Sequence[KnownResult],
    gone: Sequence[KnownResult],
) -> None:
    """Write the file with results added and taken out; the same results give the same bytes."""
    out = {each.fingerprint for each in (*taken, *gone)}
    kept = [each for each in known if each.fingerprint not in out]
    write_whole(file, render_baseline((*kept, *taken)))
    for each in gone:
        click.echo(f"gone: {display_path(each.uri)}  {each.rule}")
    click.echo(
        f"{printable(str(file))}: {wording.amount(len(kept) + len(taken), 'results')} known now, "
        f"{len(taken)} added, {len(gone)} taken out"
    )


def _told(report: Report, *, include_fix_now: bool) -> int:
    """Name what was left out, and say what the scan could not see; the exit code."""
    left = left_out(report, include_fix_now=include_fix_now)
    for line in left_out_lines(left):
        click.echo(line)
    if left:
        click.echo("  fix it, or take it in knowingly with --include-fix-now")
    return _exit_code(report)


def left_out_lines(left: Sequence[Result]) -> Iterator[str]:
    """What is left out, as it is printed."""
    if left:
        yield f"left out, for it must be fixed now ({len(left)}):"
    for result in left:
        finding = result.finding
        text = f"{finding.location}  {finding.rule_id}: {finding.message}"
        yield f"  {printable(text[:200])}"


def not_checked_lines(report: Report) -> Iterator[str]:
    """What was not looked at, which will be new later."""
    for scanner, lines in wording.gaps(report):
        yield printable(f"not checked: {scanner}: {lines[0]}")


def exit_code_of(report: Report) -> int:
    """3 where a check that the policy requires did not finish, else 0."""
    required = report.decision.reasons_for(Outcome.INCOMPLETE)
    return Outcome.INCOMPLETE.exit_code if required else 0


def _exit_code(report: Report) -> int:
    for line in not_checked_lines(report):
        click.echo(line)
    return exit_code_of(report)
