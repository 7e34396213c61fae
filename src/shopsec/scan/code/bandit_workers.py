"""Deals files to processes that run bandit. What breaks one of them costs one file.

A process gets a few files at a time, so that it need not wait for us between them, and answers for
each by itself: the file without an answer is the one that broke it, and those behind it go to the
next process. Answers are kept by file, so that the number of processes changes nothing.
"""

import hashlib
import json
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

from pydantic import BaseModel, ValidationError

from shopsec.config import Limits
from shopsec.errors import ScannerError
from shopsec.model import SourceFile
from shopsec.scan.host import Host, Unreadable
from shopsec.scan.worker import Worker, WorkerEnded

_MODULE = "shopsec.scan.code.bandit_worker"
# What is handed over at once: half a second's work.
_FILES, _BYTES = 100, 200_000
# A process takes as long to start as it takes to look at this much.
_WORTH_A_PROCESS = 400_000
_START_SECONDS = 60


class Issue(BaseModel):
    """What one test says of one place."""

    test_id: str
    test_name: str
    text: str
    severity: str
    confidence: str
    cwe: int
    help_uri: str
    line: int
    symbol: str


class Answer(BaseModel):
    """What was said of one file."""

    issues: tuple[Issue, ...] = ()
    silenced: int = 0
    """Issues left out because of a ``# nosec`` comment."""
    missed: str = ""
    """Why there is no verdict."""


_NOTHING = Answer()
"""Said of most files: one does for all."""


@dataclass(frozen=True)
class Asked:
    """A file, and the tests that are not run on it."""

    file: SourceFile
    skipped: tuple[str, ...]


def ask(
    asked: Sequence[Asked], limits: Limits, host: Host, judged: dict[str, bytes] | None = None
) -> list[Answer]:
    """An answer for each file, in their order; ScannerError where no process can be started.

    ``judged`` gets the SHA-256 of what was handed over, by the files' references.
    """
    dealing = _Dealing(asked, limits, host, {} if judged is None else judged)
    size = sum(each.file.size for each in asked)
    processes = min(host.jobs, len(dealing.waiting), 1 + size // _WORTH_A_PROCESS)
    if processes:
        with ThreadPoolExecutor(processes, thread_name_prefix="bandit") as pool:
            for future in [pool.submit(dealing.work) for _ in range(processes)]:
                future.result()
    return [dealing.answers[number] for number in range(len(asked))]


class _Dealing:
    def __init__(
        self,
        asked: Sequence[Asked],
        limits: Limits,
        host: Host,
        judged: dict[str, bytes],
    ) -> None:
        self._asked = asked
        self._judged = judged
        self._limits = limits
        self._host = host
        self._ends = time.monotonic() + limits.scanner_seconds
        self._lock = threading.Lock()
        self._not_begun = 0
        self.waiting = deque(_batches(asked))
        """Numbers of files in ``asked``, some at a time."""
        self.answers: dict[int, Answer] = {}

    def work(self) -> None:
        """Keep one process at work until nothing waits."""
        batch = self._next()
        while batch:
            with self._host.worker(
                self._host.python(_MODULE), line_limit=self._limits.output_bytes
            ) as worker:
                if not self._has_begun(worker):
                    continue
                while batch and self._have_answered(worker, batch):
                    batch = self._next()
            if batch:
                # The process is of no more use. The first file of these is what ended it.
                batch = [number for number in batch if number not in self.answers]
                batch = batch or self._next()

    def _next(self) -> list[int]:
        with self._lock:
            return self.waiting.popleft() if self.waiting else []

    def _has_begun(self, worker: Worker) -> bool:
        """Wait for a new process. One may be ended while it starts; a second stands for all."""
        try:
            with self._host.turn():
                worker.answer(min(_START_SECONDS, self._limits.scanner_seconds))
        except WorkerEnded as ended:
            with self._lock:
                self._not_begun += 1
                if self._not_begun == 1:
                    return False
            why = worker.last_line or str(ended)
            raise ScannerError(f"bandit could not be started ({why[:160]})") from None
        return True

    def _have_answered(self, worker: Worker, batch: list[int]) -> bool:
        """Book an answer for each file; False where the process ended at one of them."""
        texts = dict(self._read(batch))
        if not texts:
            return True
        header = {
            "skipped": self._asked[batch[0]].skipped,
            "sizes": [len(text) for text in texts.values()],
        }
        number = next(iter(texts))
        try:
            with self._host.turn():
                worker.ask(json.dumps(header).encode() + b"\n" + b"".join(texts.values()))
                for number in texts:
                    left = self._ends - time.monotonic()
                    line = worker.answer(min(self._limits.file_seconds, left))
                    self.answers[number] = _parsed(line)
        except WorkerEnded as ended:
            self.answers[number] = Answer(missed=self._why(str(ended)))
            return False
        return True

    def _read(self, batch: list[int]) -> Iterator[tuple[int, bytes]]:
        """Contents of the files; what cannot be read is answered for."""
        late = time.monotonic() > self._ends
        for number in batch:
            if late:
                self.answers[number] = Answer(missed=self._too_late)
                continue
            try:
                content = self._host.read(self._asked[number].file, self._limits.file_bytes)
            except Unreadable as error:
                self.answers[number] = Answer(missed=str(error))
            else:
                uri = self._asked[number].file.uri
                self._judged[uri] = hashlib.sha256(content).digest()
                yield number, content

    def _why(self, ended: str) -> str:
        if ended != "timed out":
            return f"bandit {ended}"
        if time.monotonic() >= self._ends:
            return self._too_late
        return f"bandit took longer than {self._limits.file_seconds} s"

    @property
    def _too_late(self) -> str:
        return f"bandit had not come to it after {self._limits.scanner_seconds} s"


def _batches(asked: Sequence[Asked]) -> Iterator[list[int]]:
    numbers = sorted(range(len(asked)), key=lambda number: asked[number].skipped)
    for _, alike in groupby(numbers, key=lambda number: asked[number].skipped):
        batch: list[int] = []
        size = 0
        for number in alike:
            size += asked[number].file.size
            if batch and (len(batch) == _FILES or size > _BYTES):
                yield batch
                batch, size = [], asked[number].file.size
            batch.append(number)
        yield batch


def _parsed(line: bytes) -> Answer:
    try:
        answer = Answer.model_validate_json(line)
    except ValidationError:
        return Answer(missed="bandit gave no answer that can be read")
    return _NOTHING if answer == _NOTHING else answer
