"""pip-audit on our own flattened list of exact pins: nothing is resolved, nothing is run.

pip-audit fails open (measured with 2.10.1): when every package is skipped it prints "No known
vulnerabilities found" and exits 0, and a service that is down gives exit 1, the same as a
vulnerability. So a verdict comes only from complete JSON whose packages are those handed in.
"""

import importlib.metadata
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ValidationError

from shopsec.errors import ScannerError
from shopsec.model import Advisory, Area, Database, Finding, Rule, Severity, Status, printable
from shopsec.scan.base import Ledger, Outcome, Target
from shopsec.scan.dependencies.advisories import VulnerabilityText, vulnerability_finding
from shopsec.scan.dependencies.python_packages import PlacedPin, PythonPackages
from shopsec.scan.host import Completed, Host

# One request a package, one after the other: small lists run side by side and lose little when
# one of them fails.
_BATCH = 60
_TRIES = 3
_PAUSE_SECONDS = 0.5
_OFFLINE = "not looked up (--offline), only compared with the embedded pack"

_LOCK = "pin what is named: a lockfile, or requirements with == in them"

Key = tuple[str, str]
"""A package's normalised name and version."""


class _Vulnerability(BaseModel):
    id: str
    fix_versions: list[str]
    aliases: list[str] = []
    description: str = ""


class _Dependency(BaseModel):
    name: str
    version: str | None = None
    skip_reason: str | None = None
    vulns: list[_Vulnerability] | None = None


class _Output(BaseModel):
    dependencies: list[_Dependency]


@dataclass(frozen=True)
class Audited:
    """What one run of pip-audit said of the packages it was handed."""

    vulnerabilities: dict[Key, tuple[Advisory, ...]]
    descriptions: dict[str, str]
    skipped: dict[Key, str]
    """Reason by package; whatever was handed in and is not answered for is in here too."""


def parse(stdout: bytes, handed_in: Iterable[Key]) -> Audited:
    """Parse pip-audit's JSON; ScannerError unless it is whole and speaks of these packages."""
    try:
        output = _Output.model_validate_json(stdout)
    except ValidationError as error:
        what = "nothing" if not stdout.strip() else "no complete JSON"
        raise ScannerError(f"pip-audit printed {what}") from error
    wanted = set(handed_in)
    vulnerabilities: dict[Key, tuple[Advisory, ...]] = {}
    descriptions: dict[str, str] = {}
    skipped: dict[Key, str] = {}
    for dependency in output.dependencies:
        name = canonicalize_name(dependency.name)
        if dependency.skip_reason is not None:
            for key in wanted:
                if key[0] == name:
                    skipped[key] = "skipped: " + printable(dependency.skip_reason)[:160]
            continue
        key = (name, _normalised(dependency.version or ""))
        if key in wanted and dependency.vulns is not None:
            vulnerabilities[key] = tuple(_advisory(each) for each in dependency.vulns)
            descriptions |= {each.id: _first_sentence(each) for each in dependency.vulns}
    for key in wanted - set(vulnerabilities) - set(skipped):
        skipped[key] = "pip-audit did not answer for it"
    return Audited(vulnerabilities, descriptions, skipped)


def _advisory(vulnerability: _Vulnerability) -> Advisory:
    return Advisory(
        id=vulnerability.id,
        aliases=tuple(sorted(set(vulnerability.aliases) - {vulnerability.id})),
        fixed_versions=tuple(vulnerability.fix_versions),
    )


def _normalised(version: str) -> str:
    try:
        return str(Version(version))
    except InvalidVersion:
        return version


def _first_sentence(vulnerability: _Vulnerability) -> str:
    words = " ".join(printable(vulnerability.description.replace("\n", " ")).split())
    sentence = words.split(". ")[0][:300]
    return sentence or vulnerability.id


class PipAudit:
    """Asks OSV, through pip-audit, about every exact pin."""

    name = "pip-audit"
    area = Area.DEPENDENCIES

    def __init__(self, packages: PythonPackages) -> None:
        self._packages = packages

    def scan(self, target: Target, host: Host) -> Outcome:
        """Audit; a package nobody answered for is in the ledger by name and line."""
        collected = self._packages.collect(target, host)
        ledger = Ledger(
            self.name,
            self.area,
            unit="packages",
            version=importlib.metadata.version("pip-audit"),
            handed_in=len(collected.pins) + len(collected.missed),
        )
        for reason, item in collected.missed:
            ledger.miss(item, reason)
        if host.offline:
            return self._not_run(ledger, collected.pins)
        if not collected.pins:
            return Outcome(ledger.close(_not_pinned(ledger)))
        ledger.databases = (Database(name="OSV, asked now"),)
        audited = self._audit(collected.pins, target, host)
        return self._outcome(ledger, collected.pins, audited)

    def _not_run(self, ledger: Ledger, pins: list[PlacedPin]) -> Outcome:
        for pin in pins:
            ledger.miss(pin.as_item(), _OFFLINE)
        ledger.next_step = "run once without --offline" if pins else _LOCK
        if not ledger.handed_in:
            return Outcome(ledger.close())
        return Outcome(ledger.close(status=Status.SKIPPED))

    def _audit(self, pins: list[PlacedPin], target: Target, host: Host) -> list[Audited]:
        batches = _batches({(pin.name, pin.version) for pin in pins})
        deadline = time.monotonic() + target.settings.limits.scanner_seconds
        with ThreadPoolExecutor(max_workers=host.jobs) as pool:
            return list(
                pool.map(lambda batch: _audit_batch(batch, target, host, deadline), batches)
            )

    def _outcome(self, ledger: Ledger, pins: list[PlacedPin], audited: list[Audited]) -> Outcome:
        findings: list[Finding] = []
        rules: dict[str, Rule] = {}
        skipped = {key: why for each in audited for key, why in each.skipped.items()}
        known = {key: found for each in audited for key, found in each.vulnerabilities.items()}
        texts = {rule: text for each in audited for rule, text in each.descriptions.items()}
        for pin in pins:
            key = (pin.name, pin.version)
            if key in skipped:
                ledger.miss(pin.as_item(), skipped[key])
            for advisory in known.get(key, ()):
                rules[advisory.id] = _rule(advisory, pin.name, texts[advisory.id])
                findings.append(_finding(advisory, pin, texts[advisory.id]))
        nothing_answered = not known
        ledger.next_step = "run again; see what is named above" if skipped else _LOCK
        return Outcome(
            ledger.close(
                f"{len(skipped)} of {len(pins)} packages were not audited"
                if skipped
                else _not_pinned(ledger),
                Status.FAILED if nothing_answered else None,
            ),
            tuple(findings),
            tuple(rules.values()),
        )


def _not_pinned(ledger: Ledger) -> str:
    return "" if not ledger.handed_in else "packages without an exact version cannot be audited"


def _batches(keys: set[Key]) -> list[list[Key]]:
    """Lists of at most _BATCH packages; pip-audit refuses a list that has a name twice."""
    batches: list[dict[str, Key]] = []
    for key in sorted(keys):
        batch = next((each for each in batches if len(each) < _BATCH and key[0] not in each), None)
        if batch is None:
            batch = {}
            batches.append(batch)
        batch[key[0]] = key
    return [list(batch.values()) for batch in batches]


def _audit_batch(batch: list[Key], target: Target, host: Host, deadline: float) -> Audited:
    reason = ""
    for attempt in range(_TRIES):
        left = deadline - time.monotonic()
        if left <= 0:
            reason = reason or "ran out of time"
            break
        if attempt:
            time.sleep(min(_PAUSE_SECONDS * attempt, left))
        completed = _run(batch, target, host, left)
        if completed.end == "timed out":
            reason = "pip-audit ran out of time"
            break
        if completed.end == "printed too much":
            reason = "pip-audit printed too much"
            break
        try:
            return parse(completed.stdout, batch)
        except ScannerError as error:
            reason = f"{error.message} ({_cause(completed)})"
    return Audited({}, {}, dict.fromkeys(batch, f"{reason}, {attempt + 1} tries"))


def _run(batch: list[Key], target: Target, host: Host, seconds: float) -> Completed:
    with host.private_folder() as folder:
        pins = os.path.join(folder, "pins.txt")
        with open(pins, "w", encoding="ascii") as file:
            file.writelines(f"{name}=={version}\n" for name, version in batch)
        command = host.python(
            "pip_audit", "--requirement", pins, "--no-deps", "--disable-pip", "--format", "json",
            "--progress-spinner", "off", "--desc", "on", "--aliases", "on",
            "--vulnerability-service", "osv", "--cache-dir", os.path.join(folder, "cache"),
        )  # fmt: skip
        url = host.variable("SHOPSEC_OSV_URL")
        if url:
            command += ["--osv-url", url]
        return host.run(
            command,
            folder=folder,
            seconds=seconds,
            output_limit=target.settings.limits.output_bytes,
        )


def _cause(completed: Completed) -> str:
    """What pip-audit's last line says, in words a shop understands."""
    last = completed.last_line or f"exit code {completed.returncode}"
    for marker, words in (
        ("NameResolutionError", "the advisory service's name is not known here"),
        ("ConnectTimeout", "the advisory service did not answer in time"),
        ("ReadTimeout", "the advisory service did not answer in time"),
        ("ConnectionError", "the advisory service cannot be reached"),
        ("JSONDecodeError", "the advisory service answered something else than JSON"),
    ):
        if marker in last:
            return words
    return last[:160]


def _rule(advisory: Advisory, package: str, text: str) -> Rule:
    return Rule(
        id=advisory.id,
        scanner=PipAudit.name,
        title=f"{advisory.id} in {package}",
        severity=Severity.UNKNOWN,
        why=text,
        fix=f"Upgrade {package} to a version that is not affected.",
        help_uri=f"https://osv.dev/vulnerability/{advisory.id}",
    )


def _finding(advisory: Advisory, pin: PlacedPin, text: str) -> Finding:
    return vulnerability_finding(
        VulnerabilityText(advisory, text, PipAudit.name),
        pin.name,
        pin.version,
        pin.location,
        pin.role,
    )
