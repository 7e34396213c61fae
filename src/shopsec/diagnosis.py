"""Whether a scan could do its work here: every scanner, and what this machine gives it.

Nothing is scanned and nothing leaves the machine. Whether what is missing matters is asked of the
gate policy itself: it judges a ledger in which each scanner ends as it now could at best.
"""

import os
import platform
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from shopsec.config import Settings
from shopsec.errors import ScannerError
from shopsec.gate import decide
from shopsec.model import Inventory, Outcome, ScannerRun, Status
from shopsec.policy.gates import GatePolicy
from shopsec.scan.base import Readiness, Target
from shopsec.scan.host import Host
from shopsec.scan.registry import Deferred
from shopsec.scan.runner import why_skipped

_GIT_SECONDS = 10


@dataclass(frozen=True)
class Checked:
    """One scanner, and what the policy makes of it."""

    readiness: Readiness
    required: bool
    """A scan in which it fails is incomplete by the policy."""
    stops: str
    """Why a scan would be incomplete because of it, in the policy's words; else empty."""


@dataclass(frozen=True)
class Provision:
    """Something of the machine that is no scanner."""

    name: str
    good: bool
    detail: str
    next_step: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """All that was looked at."""

    scanners: tuple[Checked, ...]
    machine: tuple[Provision, ...]

    @property
    def outcome(self) -> Outcome:
        """``incomplete`` when a scanner that the policy requires cannot do its work."""
        stopped = any(each.stops for each in self.scanners)
        return Outcome.INCOMPLETE if stopped else Outcome.PASS


def diagnose(
    inventory: Inventory,
    settings: Settings,
    scanners: Sequence[Deferred],
    host: Host,
    policy: GatePolicy,
    today: str,
) -> Diagnosis:
    """Ask every scanner whether it could scan this folder, and look at the machine."""
    target = Target(inventory, settings, today)
    facts = {
        "offline": settings.offline,
        "images": settings.images_asked,
        "files": len(inventory.files),
    }
    ready = [_readiness(scanner, target, host) for scanner in scanners]
    stops = _stops([_entry(each, settings) for each in ready], policy, facts, today)
    failed = [_entry(_failed(each), settings) for each in ready]
    required = _stops(failed, policy, facts, today)
    return Diagnosis(
        tuple(
            Checked(each, each.scanner in required, stops.get(each.scanner, "")) for each in ready
        ),
        (_python(), _git(host), _cache(host.cache)),
    )


def _readiness(scanner: Deferred, target: Target, host: Host) -> Readiness:
    found = scanner.check(target, host)
    skipped = why_skipped(scanner, target.settings)
    if not skipped:
        return found
    return replace(found, status=Status.SKIPPED, message=skipped, next_step="")


def _entry(readiness: Readiness, settings: Settings) -> ScannerRun:
    imported = settings.import_state(readiness.scanner)
    return readiness.as_run().model_copy(update={"imported": imported})


def _failed(readiness: Readiness) -> Readiness:
    return replace(readiness, status=Status.FAILED, message="failed")


def _stops(
    runs: Sequence[ScannerRun], policy: GatePolicy, facts: dict[str, Any], today: str
) -> dict[str, str]:
    """The text of the policy's first clause that is not content with a scanner, by its name."""
    found: dict[str, str] = {}
    for reason in decide((), runs, policy, facts, today=today).reasons:
        if reason.outcome is Outcome.INCOMPLETE:
            for scanner in reason.scanners:
                found.setdefault(scanner, reason.text)
    return found


def _python() -> Provision:
    version = f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    return Provision("Python", good=True, detail=version)


def _git(host: Host) -> Provision:
    needed = "what .gitignore names is scanned too, and there is no history"
    program = host.which("git")
    if program is None:
        return Provision("git", False, f"is not installed: {needed}", "install git")
    try:
        with host.private_folder() as folder:
            ended = host.run(
                [program, "--version"], folder=folder, seconds=_GIT_SECONDS, output_limit=1_000
            )
    except ScannerError as error:
        return Provision("git", False, error.message, "install git again")
    text = ended.stdout.decode("ascii", "replace").strip().removeprefix("git version ")
    printable = "".join(char for char in text if char.isprintable())
    if ended.returncode or not printable:
        return Provision("git", False, "does not tell its version", "install git again")
    return Provision("git", True, f"{printable}, {program}")


def _cache(folder: str) -> Provision:
    """Whether databases and tools can be kept; the folder is not made for that."""
    next_step = "let XDG_CACHE_HOME name a folder that can be written"
    there = folder
    while not os.path.lexists(there) and os.path.dirname(there) != there:
        there = os.path.dirname(there)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Provision(
            "cache", False, f"{folder}: cannot be written: {error.strerror}", next_step
        )
    return Provision("cache", True, folder)
