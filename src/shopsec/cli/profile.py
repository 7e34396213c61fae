"""Where the time of a scan went: by stage, and within the scan by scanner."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shopsec.scan.runner import Progress

_HEAD = ("where the time went", "wall s", "CPU s", "CPU s of children")
_TITLES = 32


@dataclass(frozen=True)
class _Spent:
    title: str
    wall: float | None
    """Seconds; None where nobody can tell."""
    own: float
    """Seconds of CPU of this process, or of one thread of it."""
    children: float | None
    """Seconds of CPU of processes that it started and that have ended."""

    def cells(self) -> tuple[str, ...]:
        seconds = (self.wall, self.own, self.children)
        return self.title, *("" if each is None else f"{each:.2f}" for each in seconds)


class Profile:
    """Takes the times of one scan. Stages follow each other; scanners run side by side."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._spent: list[_Spent] = [_Spent("start", None, time.process_time(), None)]

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Take the time of what is done meanwhile, also where it fails."""
        place = len(self._spent)  # before its scanners
        wall, own, children = time.monotonic(), time.process_time(), _of_children()
        try:
            yield
        finally:
            spent = _Spent(
                title,
                time.monotonic() - wall,
                time.process_time() - own,
                _of_children() - children,
            )
            self._spent.insert(place, spent)

    def scanners(self, on_progress: Callable[[Progress], None]) -> Callable[[Progress], None]:
        """Take the times of the scanners that end, and pass on what is told."""

        def told(event: Progress) -> None:
            if event.state == "ended":
                spent = _Spent(f"  {event.scanner}", event.seconds, event.cpu_seconds, None)
                self._spent.append(spent)
            on_progress(event)

        return told

    def table(self) -> str:
        """All of it for a person, and the most memory that a process had where that is known."""
        whole = _Spent("all", time.monotonic() - self._began, time.process_time(), _of_children())
        rows = [_HEAD, *(each.cells() for each in (*self._spent, whole))]
        lines = [f"{row[0]:{_TITLES}}{row[1]:>8}{row[2]:>8}{row[3]:>19}".rstrip() for row in rows]
        return "\n".join((*lines, *_memory()))


def _of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _memory() -> Iterator[str]:
    try:
        import resource  # noqa: PLC0415 -- not on every system
    except ImportError:
        return
    most = [
        resource.getrusage(who).ru_maxrss * _unit()
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    yield f"most memory: {most[0] / 1e6:.0f} MB; the largest child: {most[1] / 1e6:.0f} MB"


def _unit() -> int:
    """Bytes of ``ru_maxrss``: getrusage(2) of Linux counts kilobytes, that of macOS bytes."""
    return 1 if os.uname().sysname == "Darwin" else 1024
