"""The outcome of a scanner as a whole, kept by everything that it read.

While a scanner works, each file that it reads is noted. The next time, the same files are read and
nothing else is done: where their contents are the same, so is all that the scanner does.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import ValidationError

from shopsec.model import SourceFile, Status
from shopsec.scan.base import BUG, Outcome, Target
from shopsec.scan.cache.own_code import own_code
from shopsec.scan.cache.store import ResultStore
from shopsec.scan.host import Host, Unreadable
from shopsec.scan.stored_outcome import StoredOutcome, stored

ALIKE = 100_000
"""Bytes up to which files are of one size to all scanners: none asks for less before it reads."""

# Of one machine, or of what is done with an outcome.
_NOT_ASKED = {
    "base", "trusted", "places", "jobs", "images", "exclude", "policy", "only", "skip", "imports",
    "source", "cache",
}  # fmt: skip


class Read(NamedTuple):
    """One read of a file of the repository."""

    uri: str
    limit: int
    whole: bool
    """Up to ``limit`` bytes and no more, or else its first ones."""


@dataclass(frozen=True)
class Remembered:
    """What there is to know of a scanner whose outcomes are kept."""

    further: Callable[[Target, Host], Iterable[str] | None]
    """What it depends on that is neither in the target nor read through the host; None where that
    cannot be told."""
    still: Callable[[Outcome, Host], bool]
    """Whether the programs that it runs are those of a former outcome."""
    lasting: frozenset[Status]
    """How it ends where it would end like that again."""


def recalled(
    scanner: str,
    scan: Callable[[Target, Host], Outcome],
    remembers: Remembered,
    target: Target,
    host: Host,
) -> Outcome:
    """The outcome of ``scan``, or a former one where it would be the same."""
    further = remembers.further(target, host) if host.results is not None else None
    if host.results is None or further is None:
        return scan(target, host)
    return _Recall(scanner, further, target, host.results).outcome(scan, host, remembers)


class _Recall:
    """The former outcomes of one scanner."""

    def __init__(
        self, scanner: str, further: Iterable[str], target: Target, store: ResultStore
    ) -> None:
        self._scanner, self._target, self._store = scanner, target, store
        self._first = hashlib.sha256(
            "\0".join((own_code(), scanner, _settings(target), _names(target), *further)).encode(
                "utf-8", "surrogateescape"
            )
        ).digest()

    def outcome(
        self,
        scan: Callable[[Target, Host], Outcome],
        host: Host,
        remembers: Remembered,
    ) -> Outcome:
        """A former outcome where nothing that it depends on has changed, else that of ``scan``."""
        recalled = self._recalled(host)
        if recalled is not None and remembers.still(recalled, host):
            return recalled
        came: dict[Read, bytes] = {}
        changed = False

        def note(file: SourceFile, count: int, whole: bool, content: bytes | str) -> None:
            nonlocal changed
            read, digest = Read(file.uri, count, whole), _digest(content)
            changed = changed or came.setdefault(read, digest) != digest

        outcome = scan(self._target, host.noting(note))
        if not changed and outcome.run.status in remembers.lasting and not _has_bugs(outcome):
            reads = json.dumps(list(came)).encode()
            second = self._second(reads, came.values())
            value = stored(outcome).model_dump_json().encode()
            self._store.put(self._scanner, {self._first: reads, second: value})
        return outcome

    def _recalled(self, host: Host) -> Outcome | None:
        reads = self._store.get([self._first]).get(self._first)
        if reads is None:
            return None
        try:
            came = [self._now(Read(*each), host) for each in json.loads(reads)]
            second = self._second(reads, came)
            value = self._store.get([second]).get(second)
            return StoredOutcome.model_validate_json(value).outcome() if value else None
        except (ValidationError, ValueError, TypeError, KeyError):
            return None

    def _now(self, read: Read, host: Host) -> bytes:
        file = self._target.inventory.by_uri[read.uri]
        try:
            return _digest((host.read if read.whole else host.head)(file, read.limit))
        except Unreadable as error:
            return _digest(str(error))

    def _second(self, reads: bytes, came: Iterable[bytes]) -> bytes:
        digests = (self._first, hashlib.sha256(reads).digest(), *came)
        return hashlib.sha256(b"".join(digests)).digest()


def _has_bugs(outcome: Outcome) -> bool:
    """Something broke that need not break again, such as memory that ran out."""
    return any(BUG in group.reason for group in outcome.run.not_covered)


def _digest(came: bytes | str) -> bytes:
    if isinstance(came, str):
        return hashlib.sha256(b"not read: " + came.encode("utf-8", "surrogateescape")).digest()
    return hashlib.sha256(came).digest()


def _settings(target: Target) -> str:
    return target.settings.model_dump_json(exclude=_NOT_ASKED)


def _names(target: Target) -> str:
    """Digest of which files there are, and of what is known of the repository besides them."""
    repository = target.inventory.repository
    digest = hashlib.sha256(json.dumps([repository.remote, repository.path_in_repository]).encode())
    for file in target.inventory.files:
        size = file.size if file.size > ALIKE else 0
        digest.update(f"{file.uri}\0{size}\0{file.role}\0{file.tracked}\n".encode())
    return digest.hexdigest()
