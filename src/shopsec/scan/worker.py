"""A child process that is asked more than once, and answers in lines. The host starts it."""

import contextlib
import queue
import signal
import subprocess
import threading
from collections.abc import Callable

from shopsec.scan.stderr import last_line

_HELD = 64
_LAST_SECONDS = 5


class WorkerEnded(Exception):  # noqa: N818 -- what happens to a child, not a failure of ours
    """A worker gives no more answers; the message is a reason for the ledger."""


class Worker:
    """One such child. It cannot be asked again after :class:`WorkerEnded`."""

    def __init__(
        self, child: subprocess.Popen[bytes], stderr: Callable[[], str], line_limit: int
    ) -> None:
        """An answer of more than ``line_limit`` bytes ends the worker."""
        self._child = child
        self._stderr = stderr
        self._line_limit = line_limit
        # Bounded, so that a child that prints faster than we read is held back, not stored.
        self._lines: queue.Queue[bytes] = queue.Queue(maxsize=_HELD)
        self._over = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        stream = self._child.stdout
        with contextlib.suppress(OSError, ValueError):  # closed under us after a kill
            while stream is not None and (line := stream.readline(self._line_limit)):
                self._hold(line)
        self._hold(b"")

    def _hold(self, line: bytes) -> None:
        while not self._over.is_set():
            with contextlib.suppress(queue.Full):
                self._lines.put(line, timeout=1)
                return

    def ask(self, request: bytes) -> None:
        """Hand over a request."""
        try:
            if self._child.stdin is not None:
                self._child.stdin.write(request)
                self._child.stdin.flush()
        except OSError:
            raise WorkerEnded(self._end()) from None

    def answer(self, seconds: float) -> bytes:
        """The next line; WorkerEnded where none comes in time, or no more will."""
        try:
            line = self._lines.get(timeout=max(0.0, seconds))
        except queue.Empty:
            raise WorkerEnded("timed out") from None
        if line.endswith(b"\n"):
            return line
        raise WorkerEnded("printed too much" if line else self._end())

    def close(self) -> None:
        """Free what waits for somebody to read."""
        self._over.set()
        with contextlib.suppress(OSError):
            if self._child.stdin is not None:
                self._child.stdin.close()

    @property
    def last_line(self) -> str:
        """The last line of what it printed to stderr, once it has ended."""
        return last_line(self._stderr())

    def _end(self) -> str:
        try:
            code = self._child.wait(timeout=_LAST_SECONDS)
        except subprocess.TimeoutExpired:
            return "closed its output"
        if code >= 0:
            return f"ended with exit code {code}"
        known = {each.value: each.name for each in signal.Signals}
        return f"was ended by {known.get(-code, f'signal {-code}')}"
