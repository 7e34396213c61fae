"""What the scanners are doing, on stderr: live on a terminal, plain lines elsewhere."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import click

from shopsec.model import ScannerRun
from shopsec.scan.runner import Progress


def describe(run: ScannerRun, seconds: float, findings: int) -> str:
    """One line for a scanner that ended."""
    text = f"{run.scanner}: {run.status.value.replace('_', ' ')}"
    if run.handed_in:
        text += f", {run.covered} of {run.handed_in} {run.unit}"
    if run.covered:
        text += f", {findings} found"
    return f"{text} ({seconds:.1f} s)"


@contextmanager
def progress(verbosity: int) -> Iterator[Callable[[Progress], None]]:
    """Yield what the runner calls; -1 is silent, 0 normal, 1 also says when scanners start."""
    if verbosity < 0 or sys.stderr is None:
        yield lambda _: None
    elif sys.stderr.isatty() and verbosity == 0:
        live = _Live()
        try:
            yield live.update
        finally:
            live.clear()
    else:
        lock, over = threading.Lock(), threading.Event()

        def line(event: Progress) -> None:
            with lock:
                if not over.is_set():
                    _print_line(event, verbosity)

        try:
            yield line
        finally:
            with lock:  # after ctrl-C a scanner may end later than we say so
                over.set()


def _print_line(event: Progress, verbosity: int) -> None:
    if event.outcome is not None:
        run = event.outcome.run
        click.echo(describe(run, event.seconds, len(event.outcome.findings)), err=True)
        if verbosity > 0 and run.message:
            click.echo(f"  {run.message}", err=True)
    elif verbosity > 0:
        click.echo(f"{event.scanner}: started", err=True)


def of_base(on_progress: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """The same, told of the scan of the merge base."""

    def told(event: Progress) -> None:
        name, outcome = f"merge base: {event.scanner}", event.outcome
        if outcome is not None:
            run = outcome.run.model_copy(update={"scanner": name})
            outcome = replace(outcome, run=run)
        on_progress(replace(event, scanner=name, outcome=outcome))

    return told


class _Live:
    """One line that names the scanners still at work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._over = False
        self._running: list[str] = []

    def update(self, event: Progress) -> None:
        with self._lock:
            if self._over:
                return
            self._erase()
            if event.outcome is not None:
                self._running.remove(event.scanner)
                text = describe(event.outcome.run, event.seconds, len(event.outcome.findings))
                click.echo(text, err=True)
            else:
                self._running.append(event.scanner)
            if self._running:
                click.echo(f"scanning: {', '.join(self._running)} ..."[:79], err=True, nl=False)

    def clear(self) -> None:
        with self._lock:
            self._over = True
            self._erase()

    @staticmethod
    def _erase() -> None:
        click.echo("\r\x1b[2K", err=True, nl=False)
