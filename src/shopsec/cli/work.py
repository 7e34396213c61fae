"""What a scan has to do, before anything of it is done: what is scanned, and how it is judged.

One process does all of it, or several do a share each and another one judges (shards).
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from shopsec.cli.business_paths import business_paths
from shopsec.cli.checkout import (
    baseline_of,
    cache_folder,
    check_names,
    gate_of,
    settings_of,
    whole_repository,
)
from shopsec.cli.hook import of_a_pipeline
from shopsec.cli.imports import imported_files, without_imported
from shopsec.cli.judged_by import JudgedBy, judged_by
from shopsec.cli.options import Asked
from shopsec.cli.profile import Profile
from shopsec.cli.progress import of_base, progress
from shopsec.cli.suppressions import read_suppressions
from shopsec.config import Settings
from shopsec.errors import UsageError
from shopsec.model import Inventory, Report, ScannerRun
from shopsec.pipeline import Judgement, judge, target_of
from shopsec.pipeline import Past as Known
from shopsec.policy.gates import GatePolicy
from shopsec.policy.severity import PriorityModel, load_priority_model
from shopsec.repo.walk import staged_inventory
from shopsec.scan.base import Outcome, Target
from shopsec.scan.host import Host
from shopsec.scan.registry import Deferred, all_scanners
from shopsec.scan.runner import run_scanners
from shopsec.scan.secrets.past import Past
from shopsec.scan.staged_host import StagedHost


class Scanned(NamedTuple):
    """A report, and what the decision in it rests on."""

    report: Report
    settings: Settings
    gate: GatePolicy
    model: PriorityModel
    judged_by: JudgedBy


class Which(StrEnum):
    """The two states of a repository that are compared."""

    TODAY = "today"
    BASE = "base"


_STAGES = {Which.BASE: "scan the merge base", Which.TODAY: "scan"}


@dataclass(frozen=True)
class Side:
    """One state of the repository, and what scans it."""

    scanners: tuple[Deferred, ...]
    target: Target
    host: Host


Outcomes = Mapping[Which, Sequence[Outcome]]
Judge = Callable[[Outcomes, Sequence[ScannerRun]], Scanned]
"""Makes a report of the outcomes, and of further entries of the ledger."""


@dataclass(frozen=True)
class Work:
    """All of a scan: what is scanned, in this order, and what makes a report of the outcomes."""

    sides: Mapping[Which, Side]
    judged: Judge
    commit: str = ""
    """The merge base that is compared with."""


def done(work: Work, verbosity: int, profile: Profile | None = None) -> Scanned:
    """Do all of it here and now."""
    profile = profile or Profile()
    with progress(verbosity) as on_progress:
        told = profile.scanners(on_progress)
        tell = {Which.TODAY: told, Which.BASE: of_base(told)}
        outcomes = {}
        for which, side in work.sides.items():
            with profile.stage(_STAGES[which]):
                outcomes[which] = run_scanners(side.scanners, side.target, side.host, tell[which])
        with profile.stage("rank and decide"):
            return work.judged(outcomes, ())


def scan_whole(path: Path, asked: Asked, known: Known | None = None) -> Scanned:
    """Scan a folder; compare with ``known``, else with the folder's baseline where it has one."""
    return done(whole_work(path, asked, known=known), asked.verbosity)


def whole_work(
    path: Path,
    asked: Asked,
    exclude: Sequence[str] = (),
    past: Past | None = None,
    known: Known | None = None,
    results: Sequence[Path] = (),
) -> Work:
    """Scan a folder; ``results`` of shards in it are no files of it."""
    settings = settings_of(path, asked, exclude)
    imports = imported_files(settings, path)
    settings = without_imported(settings, imports, path)
    scanners = all_scanners(past, imports)
    check_names(settings, scanners)
    known = known or baseline_of(settings)
    inventory, host = whole_repository(path, settings, results)
    return work_of(inventory, host, settings, scanners, asked, known)


def staged_work(paths: tuple[Path, ...], asked: Asked, exclude: Sequence[str]) -> Work:
    """Scan what the next commit changes."""
    asked = replace(
        asked,
        policy=asked.policy or _STAGED_POLICY,
        only=asked.only or _STAGED_AREAS,
        offline=True,
    )
    settings = settings_of(Path(), asked, exclude)
    scanners = all_scanners(imports=imported_files(settings, Path()))
    check_names(settings, scanners)
    known = baseline_of(settings)
    return work_of(*_staged(paths, settings), settings, scanners, asked, known)


# What a commit hook can know.
_STAGED_POLICY, _STAGED_AREAS = "commit", ("secrets", "access")


def _staged(paths: tuple[Path, ...], settings: Settings) -> tuple[Inventory, Host]:
    from shopsec.scan.secrets.silenced import NAMES  # noqa: PLC0415 -- takes time

    inventory, contents = staged_inventory(
        ".", tuple(map(str, paths)), settings.exclude, settings.limits.file_bytes, beside=NAMES
    )
    if not inventory.files and of_a_pipeline(os.environ):
        raise UsageError(
            "--staged: nothing is staged in this pipeline, so nothing would be scanned",
            "run the hook shopsec-full there: pre-commit run shopsec-full --hook-stage manual",
        )
    return inventory, StagedHost(inventory.root, settings.jobs, cache_folder(), contents)


def work_of(
    inventory: Inventory,
    host: Host,
    settings: Settings,
    scanners: tuple[Deferred, ...],
    asked: Asked,
    known: Known | None,
) -> Work:
    """Scan what is listed, by the settings' policy, and compare with what is known."""
    gate, model = gate_of(settings, asked), load_priority_model()
    judgement = Judgement(
        gate, model, asked.day,
        past=known,
        suppressions=read_suppressions(inventory, settings, host, asked.day),
        paths=business_paths(inventory, settings, host)[0],
    )  # fmt: skip
    today = Side(scanners, target_of(inventory, settings, judgement), host)
    files = judged_by(settings, asked, Path(inventory.root))

    def judged(outcomes: Outcomes, entries: Sequence[ScannerRun]) -> Scanned:
        report = judge(today.target, scanners, host, judgement, outcomes[Which.TODAY], entries)
        return Scanned(report, settings, gate, model, files)

    return Work({Which.TODAY: today}, judged)
