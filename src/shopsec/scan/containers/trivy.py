"""Trivy as a child process: where it is, which version, and what all its runs have in common.

Trivy's exit code tells nothing (0.76: 0 whatever it found, 1 also for fatal errors), so only its
JSON counts. Flags that only newer versions know are given as environment variables: an older one
ignores those, where it would refuse an unknown flag.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from shopsec.errors import ScannerError
from shopsec.model import Item, Status
from shopsec.policy.tools import embedded_tools
from shopsec.scan.base import Ledger, Outcome, Readiness
from shopsec.scan.containers.answers import AnswerT, known_cause, last_words, parse
from shopsec.scan.host import Completed, Host
from shopsec.scan.tools.installed import installed_program

NAME = "trivy"
PROGRAM_VARIABLE = "SHOPSEC_TRIVY"
"""Environment variable for the path of a Trivy that goes before any other."""

_ALWAYS = {"TRIVY_DISABLE_TELEMETRY": "true", "TRIVY_SKIP_VERSION_CHECK": "true"}
_VERSION_SECONDS = 30
# Our own time limit ends a run; Trivy's must not be the shorter one.
_GRACE_SECONDS = 60
_KILLED = 9


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

        Without one it would read trivy.yaml of the current folder. What it unpacks meanwhile lies
        in the private folder too: one that is killed leaves it behind.
        """
        temporary = os.path.join(folder, "tmp")
        os.makedirs(temporary, exist_ok=True)
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
            variables=_ALWAYS
            | dict.fromkeys(("TMPDIR", "TMP", "TEMP"), temporary)
            | dict(variables),
        )

    def ask(
        self,
        model: type[AnswerT],
        arguments: list[str],
        folder: str,
        bounds: Bounds,
        variables: Mapping[str, str],
    ) -> tuple[AnswerT, str]:
        """Run it for a report, and what it says beside it; ScannerError unless it is whole.

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
            return parse(completed.stdout, model), completed.stderr
        except ScannerError as error:
            words = _last_words(completed)
            cause = known_cause(completed.stderr) or f"{error.message} ({words})"
            raise ScannerError(cause) from error


def _last_words(completed: Completed) -> str:
    if completed.returncode < 0:
        memory = ", as a machine without free memory does" * (completed.returncode == -_KILLED)
        return f"somebody ended it with signal {-completed.returncode}{memory}"
    return last_words(completed.last_line, 160) or f"exit code {completed.returncode}"


def locate(host: Host) -> Trivy:
    """Find Trivy and ask for its version; TrivyUnusableError when it must not be used."""
    return use(_program(host, embedded_tools()[NAME].install), host)


def use(program: str, host: Host) -> Trivy:
    """A program as Trivy, once it told its version; TrivyUnusableError for one that is refused."""
    tool = embedded_tools()[NAME]
    try:
        version = _version(program, host)
    except ScannerError as error:
        raise TrivyUnusableError(Status.FAILED, error.message, tool.install) from error
    refused = tool.refusal(version)
    if refused is not None:
        raise TrivyUnusableError(Status.FAILED, refused.message, refused.next_step)
    return Trivy(program, version, host)


def _program(host: Host, install: str) -> str:
    """The one a person names, else the one that was installed by shopsec, else one on PATH."""
    named = host.variable(PROGRAM_VARIABLE)
    if named is not None:
        problem = host.why_not_run(named)
        if problem:
            raise TrivyUnusableError(
                Status.FAILED,
                f"what {PROGRAM_VARIABLE} names {problem}",
                f"let {PROGRAM_VARIABLE} be the absolute path of Trivy, or unset it",
            )
        return named
    installed = installed_program(host.cache, NAME)
    # A cache in the repository may hold what the repository put there.
    unusable = host.why_not_run(installed) if installed else ""
    program = installed if installed and not unusable else host.which(NAME)
    if program is not None:
        return program
    if unusable:
        raise TrivyUnusableError(
            Status.FAILED,
            f"the Trivy that shopsec installed {unusable}",
            f"let XDG_CACHE_HOME name a folder elsewhere, then {install}",
        )
    raise TrivyUnusableError(Status.MISSING, "Trivy is not installed", install)


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


def check(host: Host, about: Readiness) -> Readiness:
    """Add which Trivy would be used to what a scanner says of itself, or why none."""
    about = replace(about, needs="Trivy")
    try:
        trivy = locate(host)
    except TrivyUnusableError as error:
        status = error.status if about.applies_to else about.status
        return replace(about, status=status, message=error.message, next_step=error.next_step)
    return replace(about, version=trivy.version, place=trivy.program)


def not_scanned(ledger: Ledger, items: Iterable[Item], error: TrivyUnusableError) -> Outcome:
    """Book everything as not covered because of Trivy itself."""
    for item in items:
        ledger.miss(item, error.message)
    ledger.next_step = error.next_step
    return Outcome(ledger.close(error.message, error.status))
