"""``shopsec scan``."""

import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import click

import shopsec.report.terminal as terminal_report
from shopsec import merge_base
from shopsec.baseline.file import FILE_NAME, find_baseline
from shopsec.cli.business_paths import business_paths
from shopsec.cli.options import Asked, day_of, scan_options
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
from shopsec.cli.verify import configuration_digest
from shopsec.config import Settings, read_settings
from shopsec.errors import PolicyError, UsageError
from shopsec.model import Area, Inventory, Report
from shopsec.pipeline import Judgement, run
from shopsec.pipeline import Past as Known
from shopsec.policy.gates import GatePolicy, load_gate
from shopsec.policy.severity import PriorityModel, load_priority_model
from shopsec.repo.git import GitUnavailableError
from shopsec.repo.history import GitHistory
from shopsec.repo.roles import role_of
from shopsec.repo.walk import read_inventory, staged_inventory
from shopsec.report.decision import Configuration
from shopsec.scan.base import Scanner
from shopsec.scan.host import Host
from shopsec.scan.registry import all_scanners
from shopsec.scan.secrets.past import Past
from shopsec.scan.secrets.silenced import NAMES
from shopsec.scan.staged_host import StagedHost


@click.command(short_help="Scan a shop and say what to fix first.")
@click.argument("paths", nargs=-1, metavar="[PATH]", type=click.Path(path_type=Path))
@scan_options
@click.option(
    "--base-ref",
    metavar="REF",
    help="New is what the merge base of REF and HEAD has not; REF's settings and policy count.",
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
        scanned = scan_against(path, base_ref, asked, own)
    elif staged:
        scanned = _scan_staged(paths, asked, own)
    else:
        scanned = scan_whole(path, asked, own, _past(path, since) if history else None)
    report = scanned.report
    write_reports(
        report,
        targets,
        lambda name: _rendered(report, name, color=False),
        grounds_of(scanned.settings, scanned.gate, scanned.model, scanned.of_base),
    )
    print_report(_rendered(report, format_, color=_colored(color)))
    return 0 if exit_zero else report.decision.outcome.exit_code


class Scanned(NamedTuple):
    """A report, and what the decision in it rests on."""

    report: Report
    settings: Settings
    gate: GatePolicy
    model: PriorityModel
    of_base: Configuration | None = None
    """The configuration of the base, where that judged."""


def scan_whole(
    path: Path,
    asked: Asked,
    exclude: Sequence[str] = (),
    past: Past | None = None,
    known: Known | None = None,
) -> Scanned:
    """Scan a folder; compare with ``known``, else with the folder's baseline where it has one."""
    settings = settings_of(path, asked, exclude)
    scanners = all_scanners(past)
    check_names(settings, scanners)
    known = known or baseline_of(settings)
    return _judged(*whole_repository(path, settings), settings, scanners, asked, known)


def _judged(
    inventory: Inventory,
    host: Host,
    settings: Settings,
    scanners: Sequence[Scanner],
    asked: Asked,
    known: Known | None,
) -> Scanned:
    gate, model = gate_of(settings, asked), load_priority_model()
    judgement = Judgement(
        gate, model, asked.day,
        past=known,
        suppressions=read_suppressions(inventory, settings, host, asked.day),
        paths=business_paths(inventory, settings, host)[0],
    )  # fmt: skip
    with progress(asked.verbosity) as on_progress:
        report = run(inventory, settings, scanners, host, judgement, on_progress)
    return Scanned(report, settings, gate, model)


def settings_of(path: Path, asked: Asked, exclude: Sequence[str] = ()) -> Settings:
    """The settings of a folder, with flags and further patterns to leave out."""
    _check_folder(path)
    settings = read_settings(path, asked.config, overrides_of(asked))
    return settings.model_copy(update={"exclude": (*settings.exclude, *exclude)})


def overrides_of(asked: Asked) -> dict[str, Any]:
    """What flags set of the settings."""
    return {
        "policy": asked.policy, "only": asked.only, "skip": asked.skip,
        "images": _absolute(asked.images), "offline": asked.offline, "jobs": asked.jobs,
    }  # fmt: skip


def baseline_of(settings: Settings) -> Known | None:
    """What is known by the baseline, where there is one."""
    found = find_baseline(settings)
    if found is None:
        return None
    return Known(settings.baseline or FILE_NAME, found[1], prune="shopsec baseline prune")


def _scan_staged(paths: tuple[Path, ...], asked: Asked, exclude: Sequence[str]) -> Scanned:
    asked = replace(
        asked,
        policy=asked.policy or _STAGED_POLICY,
        only=asked.only or _STAGED_AREAS,
        offline=True,
    )
    settings = settings_of(Path(), asked, exclude)
    scanners = all_scanners()
    check_names(settings, scanners)
    known = baseline_of(settings)
    return _judged(*_staged(paths, settings), settings, scanners, asked, known)


def scan_against(path: Path, ref: str, asked: Asked, exclude: Sequence[str]) -> Scanned:
    """Scan a folder and its merge base with a revision, by the settings of the revision's tip."""
    _check_folder(path)
    model = load_priority_model()
    with merge_base.opened(path, ref) as base, base.named():
        settings = merge_base.settings_of(base, asked.config, overrides_of(asked))
        settings = settings.model_copy(update={"exclude": (*settings.exclude, *exclude)})
        flags = _files_of_flags(base, asked)
        gate = gate_of(settings, asked, flags.get("policy"))
        check_names(settings, all_scanners())
        inventory, host = whole_repository(path, settings)
        then = _host(base.written.root, settings, untrusted=inventory.root)
        judging = merge_base.inventory_of(base.judging, inventory, settings)
        tip = _host(judging.root, settings, untrusted=inventory.root)
        paths = business_paths(judging, settings, tip)[0]
        today = merge_base.Today(inventory, host, settings, model, paths, asked.day)
        with progress(asked.verbosity) as on_progress:
            compared = merge_base.compared_with(
                base, today, all_scanners(), then, on_progress, also_watched=tuple(flags.values())
            )
            judgement = Judgement(
                gate, model, asked.day,
                past=compared.past, also=compared.also, silencers=compared.silencers, paths=paths,
                suppressions=read_suppressions(judging, settings, tip, asked.day),
                comments_count=compared.unchanged.__contains__,
            )  # fmt: skip
            report = run(inventory, settings, all_scanners(), host, judgement, on_progress)
        of_base = _configuration_of(base, settings)
    return Scanned(report, settings, gate, model, of_base)


def _configuration_of(base: merge_base.MergeBase, settings: Settings) -> Configuration | None:
    """The tip's configuration, while its copy is there; None for one from elsewhere."""
    if not settings.trusted:
        return None
    if not settings.source:
        return Configuration("", "", base.tip)
    path = Path(settings.trusted, settings.source)
    name = path.relative_to(base.judging.root).as_posix()
    return Configuration(name, configuration_digest(path), base.tip)


def _files_of_flags(base: merge_base.MergeBase, asked: Asked) -> dict[str, Path]:
    """Where the files that flags name are in the base's tip, by flag."""
    found = {}
    if asked.config is not None:
        found["config"] = base.path_of("--config", asked.config)
    if asked.policy is not None and asked.policy.endswith((".yaml", ".yml")):
        found["policy"] = base.path_of("--policy", Path(asked.policy))
    return found


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
    return inventory, _host(inventory.root, settings)


def _host(root: str, settings: Settings, untrusted: str = "") -> Host:
    return Host(
        root,
        settings.jobs,
        offline=settings.offline,
        environ=os.environ,
        cache=cache_folder(),
        untrusted=untrusted,
    )


def _staged(paths: tuple[Path, ...], settings: Settings) -> tuple[Inventory, Host]:
    inventory, contents = staged_inventory(
        ".", tuple(map(str, paths)), settings.exclude, settings.limits.file_bytes, beside=NAMES
    )
    return inventory, StagedHost(inventory.root, settings.jobs, cache_folder(), contents)


def gate_of(settings: Settings, asked: Asked, file: Path | None = None) -> GatePolicy:
    """The gate policy; ``file`` is where a file that a flag names is, if not where it says."""
    of_flag = asked.policy is not None
    name = settings.policy if file is None else str(file)
    try:
        return load_gate(name, Path() if of_flag else Path(settings.rules_base))
    except PolicyError as error:
        where = "" if of_flag else settings.at("policy")
        raise PolicyError(where + error.message, error.hint) from error


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


def check_names(settings: Settings, scanners: Sequence[Scanner]) -> None:
    """UsageError where the settings or a flag name a scanner that there is not."""
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
