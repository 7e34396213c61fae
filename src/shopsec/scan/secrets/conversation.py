"""The parent's side of the talk with workers: an answer for every file, whatever becomes of them.

A worker that stalls or breaks costs the file it was at; a new one goes on with the rest.
"""

import dataclasses
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from shopsec.config import Limits
from shopsec.model import SourceFile
from shopsec.scan.host import Completed, Host
from shopsec.scan.secrets.protocol import READY, Answer, Order

_WORKER = "shopsec.scan.secrets.worker"
_ANSWER = TypeAdapter(Answer)
# So many workers in a row without one answer: it is not the files.
_GIVE_UP_AFTER = 10


class _UnreadableAnswerError(Exception):
    """A worker said something that is no whole answer to what it was asked."""


@dataclass
class _Talk:
    """What one worker has said so far."""

    asked: int
    """Files it was asked about."""
    ready: bool = False
    answers: list[Answer] = field(default_factory=list)

    def hear(self, line: bytes) -> None:
        """Take one line; _UnreadableAnswerError when it is none that could be due."""
        if not self.ready:
            self.ready = line == READY
            if not self.ready:
                raise _UnreadableAnswerError
            return
        try:
            answer = _ANSWER.validate_json(line, strict=True)
        except ValidationError:
            raise _UnreadableAnswerError from None
        whole = line.endswith(b"\n")
        if not whole or answer.number != len(self.answers) or answer.number >= self.asked:
            raise _UnreadableAnswerError
        self.answers.append(answer)


def ask(
    files: Sequence[SourceFile], order: Order, host: Host, limits: Limits, deadline: float
) -> Iterator[tuple[SourceFile, Answer]]:
    """Yield every file with its answer. ``deadline`` is a time of time.monotonic()."""
    rest = list(files)
    idle = 0
    while rest:
        if time.monotonic() >= deadline:
            yield from _missed(rest, "ran out of time")
            return
        talk, reason = _talk(rest, order, host, limits, deadline)
        yield from zip(rest, talk.answers, strict=False)
        rest = rest[len(talk.answers) :]
        if rest and not talk.ready:
            yield from _missed(rest, f"detect-secrets did not start: {reason}")
            return
        if not rest or time.monotonic() >= deadline:
            continue
        yield from _missed(rest[:1], reason)
        rest = rest[1:]
        idle = 0 if talk.answers else idle + 1
        if idle == _GIVE_UP_AFTER:
            yield from _missed(rest, f"given up after {idle} files in a row without an answer")
            return


def _missed(files: Sequence[SourceFile], reason: str) -> Iterator[tuple[SourceFile, Answer]]:
    for number, file in enumerate(files):
        yield file, Answer(number, missed=reason)


def _talk(
    files: Sequence[SourceFile], order: Order, host: Host, limits: Limits, deadline: float
) -> tuple[_Talk, str]:
    """Let one worker answer; also why it ended, should that be before the last file."""
    talk = _Talk(len(files))
    lines = [dataclasses.asdict(order), *(file.path for file in files)]
    try:
        with host.private_folder() as folder:
            completed = host.converse(
                host.python(_WORKER),
                folder=folder,
                stdin="".join(json.dumps(line) + "\n" for line in lines).encode("ascii"),
                seconds=max(0.0, deadline - time.monotonic()),
                silence=limits.file_seconds,
                output_limit=limits.output_bytes,
                on_line=talk.hear,
            )
    except _UnreadableAnswerError:
        return talk, "its search gave no readable answer"
    return talk, _reason(completed, limits, ready=talk.ready)


def _reason(completed: Completed, limits: Limits, *, ready: bool) -> str:
    if completed.end == "timed out":
        return f"timed out after {limits.file_seconds} s"
    if completed.end == "printed too much":
        return "its search printed too much"
    # Before the first file was opened, stderr cannot hold anything of one.
    last = completed.stderr.strip().splitlines()[-1:] if not ready else []
    if last:
        return last[0][:160]
    code = completed.returncode
    return f"its search ended early ({f'signal {-code}' if code < 0 else f'exit code {code}'})"
