"""What a command takes: CPU, time and memory of it and all the processes that it starts."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LOOK = 0.05
_MB = 1_000_000


@dataclass(frozen=True)
class Cost:
    """What one run of a command took."""

    cpu: float
    """Seconds of user and system time, children included."""
    wall: float
    memory: float
    """Most megabytes of their own that all its processes had at one time, looked at 20 times a
    second; of pages that several share, each counts its part, and a mapped file counts nothing.
    Of what ends before the first look, and where there is no /proc: the most resident megabytes of
    one process."""
    code: int
    """Its exit code; that of a signal is negative."""


def cost_of(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    seconds: float = 1_800,
    output: Path | None = None,
) -> Cost:
    """Run a command to its end, or end it after so many seconds; it prints to ``output``."""
    began = time.monotonic()
    with (
        Path(output or os.devnull).open("wb") as printed,
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=printed,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as child,
    ):
        look = _Look(child, seconds)
        look.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        look.ended.set()
        look.join()
    memory = look.most or usage.ru_maxrss * 1_024 / _MB
    return Cost(usage.ru_utime + usage.ru_stime, wall, memory, child.returncode)


class _Look(threading.Thread):
    """Looks at a child's memory while it runs, and ends it when its time is over."""

    def __init__(self, child: subprocess.Popen[bytes], seconds: float) -> None:
        super().__init__(daemon=True)
        self._child = child
        self._ends = time.monotonic() + seconds
        self.ended = threading.Event()
        self.most = 0.0

    def run(self) -> None:
        while not self.ended.wait(_LOOK):
            self.most = max(self.most, _own_memory(self._child.pid))
            if time.monotonic() > self._ends:
                # Not its own kill(), which asks whether it has ended, and takes the answer away.
                with suppress(ProcessLookupError):  # it has ended meanwhile
                    os.killpg(self._child.pid, signal.SIGKILL)


def least(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    runs: int = 3,
) -> Cost:
    """Of some runs, the one with the least CPU."""
    return min(
        (cost_of(command, folder, environment) for _ in range(runs)), key=lambda cost: cost.cpu
    )


def _own_memory(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        own = sum(
            int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:"))
        )
        children = [
            child
            for thread in Path(f"/proc/{pid}/task").iterdir()
            for child in (thread / "children").read_text(encoding="ascii").split()
        ]
    except OSError:  # it has ended meanwhile
        return 0.0
    return own * 1_024 / _MB + sum(_own_memory(int(each)) for each in children)
