"""Runs the scanners side by side. One that breaks becomes coverage; it never stops the others."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal

from shopsec.config import Settings
from shopsec.errors import ScannerError, ShopsecError
from shopsec.model import Status
from shopsec.scan.base import BUG, Outcome, Scanner, Target, entry_without_scan
from shopsec.scan.host import Host


@dataclass(frozen=True)
class Progress:
    """Something a person watching would like to know."""

    scanner: str
    state: Literal["started", "ended"]
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    """Of the thread that the scanner ran in; not of processes that it started."""
    outcome: Outcome | None = None


def run_scanners(
    scanners: Sequence[Scanner],
    target: Target,
    host: Host,
    on_progress: Callable[[Progress], None],
) -> tuple[Outcome, ...]:
    """Run every scanner in a thread of its own; the host bounds the processes they start.

    Raises only a ShopsecError that is no ScannerError: rules or settings the user must mend.
    """
    if not scanners:
        return ()
    pool = ThreadPoolExecutor(max_workers=len(scanners), thread_name_prefix="scanner")
    try:
        futures: list[Future[Outcome]] = [
            pool.submit(_run_one, scanner, target, host, on_progress) for scanner in scanners
        ]
        wait(futures, return_when=FIRST_EXCEPTION)
        for future in futures:
            if future.done() and (error := future.exception()):
                raise error
        return tuple(future.result() for future in futures)
    finally:
        # Also on ctrl-C: without this the threads would wait for their children.
        host.stop()
        pool.shutdown(wait=True, cancel_futures=True)


def _run_one(
    scanner: Scanner, target: Target, host: Host, on_progress: Callable[[Progress], None]
) -> Outcome:
    start, cpu = time.monotonic(), time.thread_time()
    on_progress(Progress(scanner.name, "started"))
    outcome = _outcome_of(scanner, target, host)
    on_progress(
        Progress(
            scanner.name,
            "ended",
            time.monotonic() - start,
            time.thread_time() - cpu,
            outcome,
        )
    )
    return outcome


def _outcome_of(scanner: Scanner, target: Target, host: Host) -> Outcome:
    reason = why_skipped(scanner, target.settings)
    if reason:
        return entry_without_scan(scanner, Status.SKIPPED, reason)
    try:
        return scanner.scan(target, host)
    except ScannerError as error:
        return entry_without_scan(scanner, Status.FAILED, error.message)
    except ShopsecError:
        raise  # a team's own rules cannot be used: theirs to mend, and no verdict before
    except Exception as error:  # noqa: BLE001 -- a scanner's bug must not lose the others' findings
        text = f"{BUG}, please report it: {type(error).__name__}: {error}"
        return entry_without_scan(scanner, Status.FAILED, text)


def why_skipped(scanner: Scanner, settings: Settings) -> str:
    """Why the settings leave a scanner out; empty where they do not."""
    names = {scanner.name, scanner.area.value}
    if settings.only and not names & set(settings.only):
        return f"not among --only {' '.join(settings.only)}"
    if names & set(settings.skip):
        return "left out by --skip or the configuration"
    return ""
