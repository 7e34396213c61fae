"""The only place of the scanners that starts processes, and where files of the repository are read.

Children get a list of arguments, a time limit, an output limit, an environment made from a list
of named variables, and an empty private folder to work in, so that no configuration file of the
scanned repository is picked up from the current folder.
"""

import copy
import hashlib
import os
import queue
import shutil
import signal
import site
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from shopsec.checkout_root import top_of
from shopsec.errors import ScannerError
from shopsec.model import SourceFile
from shopsec.scan.stderr import Tail, last_line
from shopsec.scan.worker import Worker

if TYPE_CHECKING:
    from shopsec.scan.cache.store import ResultStore

End = Literal["exited", "timed out", "printed too much"]

# All that a child may know of our environment: where programs and certificates are, and the way
# to the network. Tokens, PYTHONPATH and the scanners' own variables stay out.
_PASSED = (
    "PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)

_CHUNK = 65_536


@dataclass(frozen=True)
class Completed:
    """A child that has ended. ``returncode`` is negative for a signal."""

    end: End
    returncode: int
    stdout: bytes
    stderr: str
    """The last part of what it printed there, without control characters."""

    @property
    def last_line(self) -> str:
        """The last line of stderr that says something, or nothing."""
        return last_line(self.stderr)


class Unreadable(Exception):  # noqa: N818 -- a fact about a file, not a failure of ours
    """A file of the repository cannot be read; the message is a reason for the ledger."""


OnRead = Callable[[SourceFile, int, bool, bytes | str], None]
"""Told a file, how many bytes were asked for, whether all of it, and what came: content or why not.
"""


def _read(descriptor: int, count: int, expected: int) -> bytes:
    """At most ``count`` bytes; one call where the file is as large as ``expected``."""
    parts: list[bytes] = []
    left = count
    while left > 0:
        part = os.read(descriptor, min(left, max(expected, _CHUNK) + 1))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(size: int, limit: int) -> str:
    return f"has {size / 1e6:.0f} MB; up to {limit // 1_000_000} MB are read"


class Host:
    """The machine, as scanners may use it."""

    def __init__(
        self,
        root: str,
        jobs: int,
        *,
        offline: bool,
        environ: Mapping[str, str],
        cache: str,
        untrusted: str = "",
        results: "ResultStore | None" = None,
    ) -> None:
        self.root = root
        # The repository's own folder too, where ``root`` is a copy of an older commit.
        self._untrusted = tuple(map(top_of, filter(None, (root, untrusted))))
        self.jobs = jobs
        self.offline = offline
        self.cache = cache
        """Folder that outlives the run, for the scanners' databases."""
        # What lies in the repository may have been put there by whoever wrote it.
        self.kept = None if self._in_repository(cache) else Path(cache)
        """The same folder, for what former runs found; None where that cannot be trusted."""
        self.results = results if self.kept else None
        """Results of former scans; None where they are not asked for or cannot be trusted."""
        self._environ = environ
        self._slots = threading.BoundedSemaphore(jobs)
        self._children: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._digests: dict[str, bytes | None] = {}
        self._digesting = threading.Lock()
        self._on_read: OnRead | None = None

    def variable(self, name: str) -> str | None:
        """A variable of the caller's environment, for what a person sets (never the repository)."""
        return self._environ.get(name) or None

    def which(self, program: str) -> str | None:
        """Absolute path of a program on PATH; never from the current folder or the repository."""
        folders = [
            folder
            for folder in self._environ.get("PATH", "").split(os.pathsep)
            if os.path.isabs(folder) and not self._in_repository(folder)
        ]
        # The interpreter's own folder: a tool installed beside shopsec, in the same venv.
        folders.append(os.path.dirname(sys.executable))
        return shutil.which(program, path=os.pathsep.join(folders))

    def why_not_run(self, program: str) -> str:
        """Why a program that a person or an installation names must not be run; else nothing."""
        if not os.path.isabs(program):
            return "is no absolute path"
        folders = (os.path.dirname(program), os.path.dirname(os.path.realpath(program)))
        if any(self._in_repository(folder) for folder in folders):
            return "lies in the scanned repository, whose programs are never run"
        if not os.path.isfile(program) or not os.access(program, os.X_OK):
            return "is no program"
        return ""

    def _in_repository(self, folder: str) -> bool:
        real = os.path.realpath(folder)
        if os.path.realpath(os.path.dirname(sys.executable)) == real:
            return False  # a venv inside the repository that the caller runs shopsec from
        return any(real == top or real.startswith(top + os.sep) for top in self._untrusted)

    def read(self, file: SourceFile, limit: int) -> bytes:
        """Content of a file; Unreadable when it is larger than ``limit`` bytes or has gone."""
        return self._noted(file, limit, whole=True)

    def head(self, file: SourceFile, count: int) -> bytes:
        """The first ``count`` bytes of a file; Unreadable when it has gone."""
        return self._noted(file, count, whole=False)

    def _noted(self, file: SourceFile, count: int, *, whole: bool) -> bytes:
        came: bytes | str = ""
        try:
            came = content = self._whole(file, count) if whole else self._first(file, count)
        except Unreadable as error:
            came = str(error)
            raise
        finally:
            if self._on_read is not None:
                self._on_read(file, count, whole, came)
        return content

    def _whole(self, file: SourceFile, limit: int) -> bytes:
        if file.size > limit:
            raise Unreadable(f"larger than {limit // 1_000} kB")
        content = self._first(file, limit + 1)
        if len(content) > limit:
            raise Unreadable(f"larger than {limit // 1_000} kB")
        return content

    def _first(self, file: SourceFile, count: int) -> bytes:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        flags |= getattr(os, "O_BINARY", 0)
        try:
            descriptor = os.open(os.path.join(self.root, file.content_path or file.path), flags)
            try:
                return _read(descriptor, count, file.size)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise Unreadable(f"cannot be read: {error.strerror}") from error

    @staticmethod
    def read_named(path: str, limit: int) -> bytes:
        """Content of a regular file that a person names, wherever it is; links are followed.

        Unreadable when it is none or larger than ``limit`` bytes; FileNotFoundError where there is
        nothing.
        """
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            with os.fdopen(os.open(path, flags), "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise Unreadable("is no regular file")
                if status.st_size > limit:
                    raise Unreadable(_too_large(status.st_size, limit))
                content = file.read(limit + 1)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise Unreadable(f"cannot be read: {error.strerror}") from error
        if len(content) > limit:
            raise Unreadable(_too_large(len(content), limit))
        return content

    def noting(self, on_read: OnRead) -> Self:
        """The same machine, which tells of every file of the repository that is read."""
        host = copy.copy(self)
        host._on_read = on_read  # noqa: SLF001 -- of the same class
        return host

    def digests(self, files: Iterable[SourceFile], limit: int) -> dict[str, bytes]:
        """SHA-256 of contents by the files' references, worked out once for all scanners.

        Files larger than ``limit`` bytes or unreadable are left out.
        """
        found = {}
        with self._digesting:
            for file in files:
                if file.uri not in self._digests:
                    self._digests[file.uri] = self.digest(file, limit)
                digest = self._digests[file.uri]
                if digest is not None:
                    found[file.uri] = digest
        return found

    def know(self, file: SourceFile, digest: bytes) -> None:
        """Take the digest of what somebody has read of a file for that of its content."""
        with self._digesting:
            self._digests.setdefault(file.uri, digest)

    def digest(self, file: SourceFile, limit: int) -> bytes | None:
        """SHA-256 of a file as it is now; None for one that is unreadable or too large."""
        try:
            return hashlib.sha256(self.read(file, limit)).digest()
        except Unreadable:
            return None

    def path_of(self, file: SourceFile) -> str:
        """Absolute path of a file of the repository."""
        return os.path.join(self.root, file.path)

    @contextmanager
    def private_folder(self) -> Iterator[str]:
        """An empty folder that is removed at the end."""
        with tempfile.TemporaryDirectory(prefix="shopsec-", ignore_cleanup_errors=True) as folder:
            yield folder

    def python(self, module: str, *arguments: str) -> list[str]:
        """Command line that runs a module with our interpreter, never from the current folder."""
        return [sys.executable, "-P", "-m", module, *arguments]

    def run(
        self,
        command: list[str],
        *,
        folder: str,
        seconds: float,
        output_limit: int,
        variables: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run a child to its end, or to its time or output limit."""
        collected = bytearray()
        end: End = "exited"
        with self._slots, self._child(command, folder, variables) as (child, stderr):
            for kind, chunk in _chunks(child, seconds):
                if kind == "late":
                    end = "timed out"
                    break
                collected += chunk
                if len(collected) > output_limit:
                    end = "printed too much"
                    break
            returncode = _reap(child, kill=end != "exited")
        return Completed(end, returncode, bytes(collected[:output_limit]), stderr())

    @contextmanager
    def worker(self, command: list[str], *, line_limit: int) -> Iterator[Worker]:
        """Start a child that answers requests, and end it afterwards.

        It takes none of the places of :meth:`run`: whoever asks it takes a :meth:`turn`.
        """
        with (
            self.private_folder() as folder,
            self._child(command, folder, None, stdin=subprocess.PIPE) as (child, stderr),
        ):
            worker = Worker(child, stderr, line_limit)
            try:
                yield worker
            finally:
                worker.close()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Be one of the processes that may be busy at a time, while a worker is asked."""
        with self._slots:
            yield

    @contextmanager
    def _child(
        self,
        command: list[str],
        folder: str,
        variables: Mapping[str, str] | None,
        stdin: int = subprocess.DEVNULL,
    ) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
        environment = self._child_environment(folder, variables)
        child = self._start(command, folder, environment, stdin)
        tail = Tail(child.stderr)
        try:
            yield child, tail.text
        finally:
            _reap(child, kill=True)
            with self._lock:
                self._children.discard(child)
            if child.stdout:
                child.stdout.close()

    def _start(
        self, command: list[str], folder: str, environment: dict[str, str], stdin: int
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped.is_set():
                raise ScannerError("interrupted")
            try:
                child = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=environment,
                    stdin=stdin,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
            except OSError as error:
                raise ScannerError(
                    f"{os.path.basename(command[0])} could not be started: {error.strerror}"
                ) from error
            self._children.add(child)
            return child

    def _child_environment(
        self, folder: str, variables: Mapping[str, str] | None
    ) -> dict[str, str]:
        environment = {name: self._environ[name] for name in _PASSED if name in self._environ}
        environment |= {
            "HOME": folder,
            "LC_ALL": "C.UTF-8",
            "PYTHONIOENCODING": "utf-8:backslashreplace",
            "PYTHONDONTWRITEBYTECODE": "1",
            # A `pip install --user` keeps working although HOME is another one.
            "PYTHONUSERBASE": site.getuserbase(),
        }
        return environment | dict(variables or {})

    def stop(self) -> None:
        """End every child that is still running; new ones are refused."""
        with self._lock:
            self._stopped.set()
            children = list(self._children)
        for child in children:
            _kill(child)


def _chunks(
    child: subprocess.Popen[bytes], seconds: float
) -> Iterator[tuple[Literal["data", "late"], bytes]]:
    """Yield what a child prints; a last ("late", b"") when a limit ran out first."""
    # Bounded, so that a child that prints faster than we read is held back, not stored.
    received: queue.Queue[bytes] = queue.Queue(maxsize=64)
    ended = threading.Event()

    def pump() -> None:
        stream = child.stdout
        try:
            while stream is not None and not ended.is_set():
                chunk = os.read(stream.fileno(), _CHUNK)
                received.put(chunk)
                if not chunk:
                    return
        except (OSError, ValueError):  # closed under us after a kill
            received.put(b"")

    threading.Thread(target=pump, daemon=True).start()
    deadline = time.monotonic() + seconds
    try:
        while True:
            try:
                chunk = received.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                yield "late", b""
                return
            if not chunk:
                return
            yield "data", chunk
    finally:
        ended.set()
        _drain(received)


def _drain(received: queue.Queue[bytes]) -> None:
    """Free a pump that waits for room."""
    while True:
        try:
            received.get_nowait()
        except queue.Empty:
            return


def _reap(child: subprocess.Popen[bytes], *, kill: bool) -> int:
    if kill:
        _kill(child)
    try:
        return child.wait(timeout=10)
    except subprocess.TimeoutExpired:  # it closed its output but lives on
        _kill(child)
        return child.wait()


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End a child and whatever it started itself."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    except (ProcessLookupError, PermissionError):
        return  # already gone
