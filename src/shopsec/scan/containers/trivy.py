"""Trivy as a child process: where it is, which version, and what all its runs have in common.

Trivy's exit code tells nothing (0.76: 0 whatever it found, 1 also for fatal errors), so only its
JSON counts. Flags that only newer versions know are given as environment variables: an older one
ignores those, where it would refuse an unknown flag.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shopsec.errors import ScannerError
from shopsec.model import Item, Status
from shopsec.scan.base import Ledger, Outcome
from shopsec.scan.containers.answers import AnswerT, known_cause, parse, plain_text
from shopsec.scan.host import Completed, Host

_INSTALL = "brew install trivy, or https://trivy.dev/latest/getting-started/installation/"
# Published with a credential stealer in March 2026: a release (.4) and images (.5 and .6).
# https://github.com/aquasecurity/trivy/security/advisories/GHSA-69fq-xp46-6x23
_MALICIOUS = frozenset({"0.69.4", "0.69.5", "0.69.6"})
_ALWAYS = {"TRIVY_DISABLE_TELEMETRY": "true", "TRIVY_SKIP_VERSION_CHECK": "true"}
_VERSION_SECONDS = 30
# Our own time limit ends a run; Trivy's must not be the shorter one.
_GRACE_SECONDS = 60


class TrivyUnusableError(Exception):
    """Trivy cannot be used for anything; says why and what to do."""

    def __init__(self, status: Status, message: str, next_step: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.next_step = next_step


@dataclass(frozen=True)
class Bounds:
    """What one run may take."""

    seconds: float
    output_bytes: int


@dataclass(frozen=True)
class Trivy:
    """A Trivy that may be used."""

    program: str
    version: str
    host: Host

    def run(
        self, arguments: list[str], folder: str, bounds: Bounds, variables: Mapping[str, str]
    ) -> Completed:
        """Run it in an empty private folder, with a configuration file of ours that is empty.

        Without one it would read trivy.yaml of the current folder.
        """
        config = os.path.join(folder, "trivy.yaml")
        with open(config, "w", encoding="ascii") as file:
            file.write("{}\n")
        timeout = f"{int(bounds.seconds) + _GRACE_SECONDS}s"
        command = [self.program, *arguments[:1], "--config", config, "--timeout", timeout]
        return self.host.run(
            [*command, *arguments[1:]],
            folder=folder,
            seconds=bounds.seconds,
            output_limit=bounds.output_bytes,
            variables=_ALWAYS | dict(variables),
        )

    def ask(
        self,
        model: type[AnswerT],
        arguments: list[str],
        folder: str,
        bounds: Bounds,
        variables: Mapping[str, str],
    ) -> AnswerT:
        """Run it for a report; ScannerError with the cause unless it is whole.

        The list of findings to ignore is an empty one of ours: by default Trivy takes
        .trivyignore of the current folder.
        """
        ignore = os.path.join(folder, "trivyignore")
        with open(ignore, "w", encoding="ascii"):
            pass
        common = ["--format", "json", "--ignorefile", ignore]
        completed = self.run([arguments[0], *common, *arguments[1:]], folder, bounds, variables)
        if completed.end != "exited":
            half_way = " half-way" if completed.end == "timed out" else ""
            raise ScannerError(f"Trivy {completed.end}{half_way}")
        try:
            return parse(completed.stdout, model)
        except ScannerError as error:
            words = plain_text(completed.last_line, 160) or f"exit code {completed.returncode}"
            cause = known_cause(completed.stderr) or f"{error.message} ({words})"
            raise ScannerError(cause) from error


def locate(host: Host) -> Trivy:
    """Find Trivy on PATH and ask for its version; TrivyUnusableError when it must not be used."""
    program = host.which("trivy")
    if program is None:
        raise TrivyUnusableError(
            Status.MISSING, "Trivy is not installed", f"install it: {_INSTALL}"
        )
    try:
        version = _version(program, host)
    except ScannerError as error:
        raise TrivyUnusableError(
            Status.FAILED, error.message, f"install it again: {_INSTALL}"
        ) from error
    if version in _MALICIOUS:
        raise TrivyUnusableError(
            Status.FAILED,
            f"Trivy {version} is refused: it was published with a credential stealer in March 2026",
            f"renew every credential this machine can reach, then install another: {_INSTALL}",
        )
    return Trivy(program, version, host)


def _version(program: str, host: Host) -> str:
    with host.private_folder() as folder:
        completed = host.run(
            [program, "--version"],
            folder=folder,
            seconds=_VERSION_SECONDS,
            output_limit=100_000,
            variables=_ALWAYS,
        )
    found = re.match(rb"Version: v?(\d+\.\d+\.\d+[\w.+-]{0,40})\s", completed.stdout)
    if found is None:
        raise ScannerError("Trivy does not tell its version")
    return found[1].decode("ascii", "replace")


def not_scanned(ledger: Ledger, items: Iterable[Item], error: TrivyUnusableError) -> Outcome:
    """Book everything as not covered because of Trivy itself."""
    for item in items:
        ledger.miss(item, error.message)
    ledger.next_step = error.next_step
    return Outcome(ledger.close(error.message, error.status))
