"""``shopsec fix``."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from shopsec.cli.checkout import whole_repository
from shopsec.cli.diff import Diff, unified
from shopsec.cli.fix_text import lines_of
from shopsec.cli.options import day_of
from shopsec.cli.output import print_report, require_stdout, write_whole
from shopsec.cli.progress import progress
from shopsec.config import Settings, read_settings
from shopsec.errors import OutputError, UsageError
from shopsec.model import Finding, Inventory, ScannerRun, SourceFile, display_path
from shopsec.scan.base import Target
from shopsec.scan.dependencies.bumps.base import ManifestError
from shopsec.scan.dependencies.bumps.plan import Edit, Plan, plan
from shopsec.scan.dependencies.bumps.upgrades import upgrades_of
from shopsec.scan.dependencies.packages import Packages, PlacedPin
from shopsec.scan.dependencies.versions import normalised_name
from shopsec.scan.host import Host, Unreadable
from shopsec.scan.registry import dependency_scanners
from shopsec.scan.runner import run_scanners

_INCOMPLETE = 3


@click.command(short_help="Raise versions that close known vulnerabilities.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Write nothing; print a diff for git apply.")
@click.option("--package", "names", multiple=True, metavar="NAME", help="Raise only this package.")
@click.option("--config", type=click.Path(path_type=Path), help="Use this shopsec.toml.")
@click.option("--offline", is_flag=True, default=None, help="Never use the network.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def fix(
    path: Path,
    dry_run: bool,
    names: tuple[str, ...],
    config: Path | None,
    offline: bool | None,
    quiet: bool,
) -> int:
    """Raise direct dependencies in the manifests of PATH (default: here) just far enough.

    Edits requirements*.txt, pyproject.toml, composer.json and package.json, only where a range
    does not admit the version that mends what is known. Lockfiles are left to their own tools, with
    the commands; so is what other packages pull in. Exit codes: 0 done or nothing to do, 2 usage or
    configuration, 3 incomplete: packages were not looked up, or a manifest was not edited.
    """
    require_stdout()
    if not path.is_dir():
        raise UsageError(f"{path}: is no folder", "name the folder of the shop")
    settings = read_settings(path, config, {"offline": offline, "only": ()})
    inventory, host = whole_repository(path, settings)
    findings, runs, pins = _look_up(inventory, host, settings, quiet=quiet)
    wanted = _named(findings, pins, names)
    planned = plan(
        upgrades_of(wanted), pins, inventory, lambda file: _read(file, host, settings)
    )  # fmt: skip
    if not dry_run:
        _write(planned, host, settings)
    text = "".join(f"{line}\n" for line in lines_of(planned, runs, written=not dry_run))
    if dry_run:
        diffs = {
            edit.file.uri: unified(edit.file.uri, edit.old, edit.new) for edit in planned.changed
        }
        print_report("".join(diff.text for diff in diffs.values()))
        sys.stdout.flush()
        click.echo(text + "".join(f"\n{line}\n" for line in _limits(diffs)), nl=False, err=True)
    else:
        print_report(text)
    whole = not planned.refused and all(run.complete for run in runs)
    return 0 if whole else _INCOMPLETE


def _limits(diffs: Mapping[str, Diff]) -> Iterator[str]:
    """What keeps the printed diffs from being applied as any other."""
    masked = [display_path(uri) for uri, diff in diffs.items() if diff.masked]
    if masked:
        yield (
            "The diff does not apply to what has a login in a changed line, which is masked: "
            f"{', '.join(masked)}; run without --dry-run"
        )
    if any(diff.bare for diff in diffs.values()):
        yield "Lines with a login are left out of the diff: git apply --unidiff-zero takes it"


def _look_up(
    inventory: Inventory, host: Host, settings: Settings, *, quiet: bool
) -> tuple[list[Finding], list[ScannerRun], Sequence[PlacedPin]]:
    packages = Packages()
    target = Target(inventory, settings, day_of(None))
    with progress(-quiet) as on_progress:
        outcomes = run_scanners(dependency_scanners(packages), target, host, on_progress)
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    runs = [inventory.run, *(outcome.run for outcome in outcomes)]
    return findings, runs, packages.collect(target, host).pins


def _named(
    findings: Iterable[Finding], pins: Sequence[PlacedPin], names: Sequence[str]
) -> list[Finding]:
    """The findings of the packages asked for; UsageError for a package that no lockfile pins."""
    if not names:
        return list(findings)
    ecosystems = {pin.key.ecosystem for pin in pins}
    pinned = {(pin.key.ecosystem, pin.key.name) for pin in pins}
    wanted: set[tuple[str, str]] = set()
    for name in names:
        meant = {(each, normalised_name(each, name)) for each in ecosystems} & pinned
        if not meant:
            raise UsageError(
                f"--package {name}: no lockfile or requirements file pins it",
                "shopsec scan --format cyclonedx lists what is pinned",
            )
        wanted |= meant
    return [
        finding
        for finding in findings
        if finding.package and (finding.package.ecosystem, finding.package.name) in wanted
    ]


def _read(file: SourceFile, host: Host, settings: Settings) -> str:
    """A manifest's text with its ends of lines as they are; ManifestError where it has none."""
    path = host.path_of(file)
    if os.path.realpath(path) != path:
        raise ManifestError("is reached through a symbolic link")
    try:
        return host.read(file, settings.limits.file_bytes).decode("utf-8")
    except Unreadable as error:
        raise ManifestError(str(error)) from error
    except UnicodeDecodeError as error:
        raise ManifestError("is not UTF-8 text") from error


def _write(planned: Plan, host: Host, settings: Settings) -> None:
    """Write each manifest whole or not at all; a failure names what was written before it."""
    written: list[str] = []
    for edit in planned.changed:
        try:
            _write_one(edit, host, settings)
        except ManifestError as error:
            planned.refused[edit.file.uri] = str(error)
            del planned.edits[edit.file.uri]
        except OutputError as error:
            done = f"; written before it: {', '.join(written)}" if written else ""
            raise OutputError(error.message, f"{error.hint}{done}".lstrip("; ")) from error
        else:
            written.append(display_path(edit.file.uri))


def _write_one(edit: Edit, host: Host, settings: Settings) -> None:
    path = Path(host.path_of(edit.file))
    if _read(edit.file, host, settings) != edit.old:
        raise ManifestError("has changed while packages were looked up: run again")
    write_whole(path, edit.new, path.stat().st_mode & 0o7777)
