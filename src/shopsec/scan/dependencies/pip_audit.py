"""pip-audit on our own flattened list of exact pins: nothing is resolved, nothing is run.

pip-audit fails open (measured with 2.10.1): when every package is skipped it prints "No known
vulnerabilities found" and exits 0, and a service that is down gives exit 1, the same as a
vulnerability. So a verdict comes only from complete JSON whose packages are those handed in.
"""

import importlib.metadata
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ValidationError

from shopsec.errors import ScannerError
from shopsec.model import (
    Advisory,
    Area,
    Database,
    Finding,
    Package,
    Rule,
    Severity,
    Status,
    printable,
)
from shopsec.scan.base import Ledger, Outcome, Readiness, Target, of_package
from shopsec.scan.dependencies.packages import Packages, PlacedPin
from shopsec.scan.dependencies.versions import base_name
from shopsec.scan.host import Completed, Host

# One request a package, one after the other: small lists run side by side and lose little when
# one of them fails.
_BATCH = 60
_TRIES = 3
_PAUSE_SECONDS = 0.5
_OFFLINE = "not run offline: the scanner osv answers from the local store"

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

    def __init__(self, packages: Packages) -> None:
        self._packages = packages

    def scan(self, target: Target, host: Host) -> Outcome:
        """Audit; a package nobody answered for is in the ledger by name and line.

        What is not pinned is in the ledger of the scanner osv, which also answers offline.
        """
        every = self._packages.collect(target, host).by_key()
        by_key = {
            (key.name, key.version): places
            for key, places in every.items()
            if base_name(key.ecosystem) == "PyPI"
        }
        ledger = Ledger(
            self.name, self.area, unit="packages", version=importlib.metadata.version("pip-audit")
        )
        if host.offline:
            return Outcome(ledger.close(_OFFLINE if by_key else ""))
        ledger.handed_in = len(by_key)
        if not by_key:
            return Outcome(ledger.close())
        ledger.databases = (Database(name="OSV, asked now"),)
        audited = self._audit(set(by_key), target, host)
        return self._outcome(ledger, by_key, audited)

    def check(self, target: Target, host: Host) -> Readiness:
        """Look for pip-audit; offline it has nothing to do."""
        keys = self._packages.collect(target, host).by_key()
        count = sum(base_name(key.ecosystem) == "PyPI" for key in keys)
        found = of_package(
            self.name, self.area, "packages", 0 if host.offline else count, "pip-audit"
        )
        return replace(found, message=found.message or _OFFLINE) if host.offline else found

    def _audit(self, keys: set[Key], target: Target, host: Host) -> list[Audited]:
        batches = _batches(keys)
        deadline = time.monotonic() + target.settings.limits.scanner_seconds
        with ThreadPoolExecutor(max_workers=host.jobs) as pool:
            return list(
                pool.map(lambda batch: _audit_batch(batch, target, host, deadline), batches)
            )

    def _outcome(
        self, ledger: Ledger, by_key: Mapping[Key, Sequence[PlacedPin]], audited: list[Audited]
    ) -> Outcome:
        findings: list[Finding] = []
        rules: dict[str, Rule] = {}
        skipped = {key: why for each in audited for key, why in each.skipped.items()}
        known = {key: found for each in audited for key, found in each.vulnerabilities.items()}
        texts = {rule: text for each in audited for rule, text in each.descriptions.items()}
        for key, places in by_key.items():
            if key in skipped:
                ledger.miss(places[0].as_item(), skipped[key])
            for advisory in known.get(key, ()):
                rules[advisory.id] = _rule(advisory, key[0], texts[advisory.id])
                findings.append(_finding(advisory, places, texts[advisory.id]))
        ledger.next_step = "run again; see what is named above"
        message = f"{len(skipped)} of {len(by_key)} packages were not audited" if skipped else ""
        run = ledger.close(message, None if known else Status.FAILED)
        return Outcome(run, tuple(findings), tuple(rules.values()))


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


def _finding(advisory: Advisory, places: Sequence[PlacedPin], text: str) -> Finding:
    first = places[0]
    key = first.key
    return Finding(
        rule_id=advisory.id,
        scanner=PipAudit.name,
        area=Area.DEPENDENCIES,
        message=f"{key.name} {key.version}: {text}",
        location=first.location,
        severity=Severity.UNKNOWN,
        role=first.role,
        symbol=f"{key.name}@{key.version}",
        package=Package(ecosystem=key.ecosystem, name=key.name, version=key.version),
        advisory=advisory,
        via=first.via,
        related=tuple(each.location for each in places[1:]),
    )
