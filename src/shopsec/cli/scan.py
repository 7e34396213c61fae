"""``shopsec scan``."""

import datetime
import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

import shopsec.report.terminal as terminal_report
from shopsec.cli.output import (
    FORMATS,
    TEXT_FORMATS,
    parse_target,
    print_report,
    refuse_twice,
    require_stdout,
)
from shopsec.cli.progress import progress
from shopsec.cli.reports import grounds_of, write_reports
from shopsec.cli.suppressions import read_suppressions
from shopsec.config import Settings, read_settings
from shopsec.errors import PolicyError, UsageError
from shopsec.model import Area, Inventory, Report, SourceFile
from shopsec.pipeline import Judgement, run
from shopsec.policy.business_paths import BusinessPaths, load_business_paths
from shopsec.policy.gates import GatePolicy, load_gate
from shopsec.policy.severity import load_priority_model
from shopsec.repo.git import GitUnavailableError
from shopsec.repo.history import GitHistory
from shopsec.repo.platform import Recognised, recognise
from shopsec.repo.roles import role_of
from shopsec.repo.walk import read_inventory, staged_inventory
from shopsec.scan.base import Scanner
from shopsec.scan.host import Host, Unreadable
from shopsec.scan.registry import all_scanners
from shopsec.scan.secrets.past import Past
from shopsec.scan.secrets.silenced import NAMES
from shopsec.scan.staged_host import StagedHost


@click.command(short_help="Scan a shop and say what to fix first.")
@click.argument("paths", nargs=-1, metavar="[PATH]", type=click.Path(path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), help="Use this shopsec.toml.")
@click.option("--policy", help="Gate policy: small-team, strict, observe, commit, or a file.")
@click.option("--only", multiple=True, metavar="SCANNER", help="Run only this scanner or area.")
@click.option("--skip", multiple=True, metavar="SCANNER", help="Do not run this scanner or area.")
@click.option(
    "--image", "images", multiple=True, metavar="REF|ARCHIVE", help="Also scan this image."
)
@click.option("--offline", is_flag=True, default=None, help="Never use the network.")
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
@click.option("--today", metavar="DATE", help="Take this day (YYYY-MM-DD) for today.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes at a time. [default: cores]")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
@click.option("-v", "--verbose", is_flag=True, help="More progress on stderr.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour the terminal report; NO_COLOR is honoured.",
)
def scan(  # noqa: PLR0913 -- one parameter an option
    paths: tuple[Path, ...],
    config: Path | None,
    policy: str | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    images: tuple[str, ...],
    offline: bool | None,
    format_: str,
    outputs: tuple[str, ...],
    staged: bool,
    history: bool,
    since: str | None,
    exit_zero: bool,
    today: str | None,
    jobs: int | None,
    quiet: bool,
    verbose: bool,
    color: str,
) -> int:
    """Scan the shop in PATH (default: here) and say what to fix first.

    The report goes to stdout, progress to stderr. Exit codes: 0 pass or warn, 1 fail, 2 usage or
    configuration, 3 incomplete, 4 a bug in shopsec.
    """
    targets = [parse_target(text) for text in outputs]
    refuse_twice(targets)
    require_stdout()
    day = day_of(today)
    path = Path() if staged else _only_one(paths)
    _check_folder(path)
    if staged:
        policy, only, offline = policy or _STAGED_POLICY, only or _STAGED_AREAS, True
    overrides: dict[str, Any] = {
        "policy": policy, "only": only, "skip": skip, "images": _absolute(images),
        "offline": offline, "jobs": jobs,
    }  # fmt: skip
    settings = read_settings(path, config, overrides)
    scanners = all_scanners(_past(path, since) if history else None)
    _check_names(settings, scanners)
    settings = settings.model_copy(
        update={"exclude": (*settings.exclude, *_own_reports(path, targets))}
    )
    inventory, host = _staged(paths, settings) if staged else whole_repository(path, settings)
    gate = _gate(settings, own=policy is None)
    model = load_priority_model()
    judgement = Judgement(
        gate,
        model,
        day,
        suppressions=read_suppressions(inventory, settings, host, day),
        paths=business_paths(inventory, settings, host)[0],
    )
    with progress(verbose - quiet) as on_progress:
        report = run(inventory, settings, scanners, host, judgement, on_progress)
    write_reports(
        report,
        targets,
        lambda name: _rendered(report, name, color=False),
        grounds_of(settings, gate, model),
    )
    print_report(_rendered(report, format_, color=_colored(color)))
    return 0 if exit_zero else report.decision.outcome.exit_code


# What a commit hook can know.
_STAGED_POLICY, _STAGED_AREAS = "commit", ("secrets", "access")


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


def whole_repository(path: Path, settings: Settings) -> tuple[Inventory, Host]:
    """All files of a folder, and the machine to read them with."""
    inventory = read_inventory(str(path), settings.exclude)
    host = Host(
        inventory.root,
        settings.jobs,
        offline=settings.offline,
        environ=os.environ,
        cache=cache_folder(),
    )
    return inventory, host


def _staged(paths: tuple[Path, ...], settings: Settings) -> tuple[Inventory, Host]:
    inventory, contents = staged_inventory(
        ".", tuple(map(str, paths)), settings.exclude, settings.limits.file_bytes, beside=NAMES
    )
    return inventory, StagedHost(inventory.root, settings.jobs, cache_folder(), contents)


def _gate(settings: Settings, *, own: bool) -> GatePolicy:
    """The gate policy; ``own``: it is the configuration's, which may name a file beside it."""
    try:
        return load_gate(settings.policy, Path(settings.base) if own else Path())
    except PolicyError as error:
        where = settings.at("policy") if own else ""
        raise PolicyError(where + error.message, error.hint) from error


def business_paths(
    inventory: Inventory, settings: Settings, host: Host
) -> tuple[BusinessPaths, tuple[Recognised, ...]]:
    """The business paths of a repository, and the platforms that they come from."""
    presets = load_business_paths().platforms
    if settings.platform:
        chosen = [each for each in presets if each.id == settings.platform]
        if not chosen:
            names = ", ".join(each.id for each in presets)
            where = settings.at("platform")
            raise UsageError(f"{where}unknown platform {settings.platform!r}", f"one of {names}")
        recognised = tuple(Recognised(each, "set in the configuration") for each in chosen)
    else:
        recognised = recognise(inventory, presets, _reader(host))
    own: dict[str, Sequence[str]] = dict(settings.paths.items())
    return BusinessPaths(own, tuple(each.platform for each in recognised)), recognised


def _reader(host: Host) -> Callable[[SourceFile], bytes | None]:
    def read(file: SourceFile) -> bytes | None:
        try:
            return host.read(file, _MANIFEST_BYTES)
        except Unreadable:
            return None

    return read


_MANIFEST_BYTES = 2_000_000


def cache_folder() -> str:
    """Where databases stay between runs (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "shopsec")


def _check_folder(path: Path) -> None:
    if not path.exists():
        raise UsageError(f"{path}: no such folder", "name the folder of the shop to scan")
    if not path.is_dir():
        raise UsageError(f"{path}: is a file", "name the folder that holds the repository")


def _absolute(images: tuple[str, ...]) -> tuple[str, ...]:
    """Archives named on the command line are relative to where it was typed."""
    for image in images:
        if not image.strip() or "://" in image:
            raise UsageError("--image: is no reference or archive", "name it as registry/name:tag")
    return tuple(os.path.abspath(image) if _is_archive(image) else image for image in images)


def _is_archive(image: str) -> bool:
    """True for a file or an OCI layout, not for a folder that is only called like an image."""
    return os.path.isfile(image) or os.path.isfile(os.path.join(image, "index.json"))


def _own_reports(path: Path, targets: Sequence[tuple[str, Path]]) -> list[str]:
    """Patterns for the reports that are written into the folder scanned: they are not its own."""
    root = os.path.realpath(path)
    names = (os.path.relpath(os.path.realpath(file), root) for _, file in targets)
    return ["/" + re.sub(r"([\\*?\[\] !#])", r"\\\1", name) for name in names if name[:2] != ".."]


def day_of(text: str | None) -> str:
    """An ISO 8601 date as given, or today's; UsageError for what is none."""
    if text is None:
        return datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UsageError(f"--today {text}: is no date", "write it as 2027-01-31") from error


def _check_names(settings: Settings, scanners: tuple[Scanner, ...]) -> None:
    names = sorted({scanner.name for scanner in scanners})
    areas = sorted(area.value for area in Area if area is not Area.REPOSITORY)
    for name in (*settings.only, *settings.skip):
        if name not in names and name not in areas:
            where = settings.at("skip") if name in settings.skip else ""
            raise UsageError(
                f"{where}unknown scanner {name!r}",
                f"scanners: {', '.join(names)}; areas: {', '.join(areas)}",
            )


def _colored(choice: str) -> bool:
    if choice == "auto":
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return choice == "always"


def _rendered(report: Report, format_: str, *, color: bool) -> str:
    if format_ == "terminal":
        width = shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80
        return terminal_report.render(report, width=min(max(width, 40), 120), color=color)
    return TEXT_FORMATS[format_](report)
