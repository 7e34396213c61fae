"""`trivy image` on every image that was named: archives without an engine, references pulled.

One image after the other: Trivy works in parallel by itself, keeps the layers it knows in its
cache, and one at a time is what bounds the memory.
"""

import time
from dataclasses import replace

from shopsec.errors import ScannerError
from shopsec.model import Area, Rule, Status
from shopsec.scan.base import Ledger, Outcome, Readiness, Target
from shopsec.scan.containers.images import Image, find_problem, images_of
from shopsec.scan.containers.trivy import (
    Bounds,
    Trivy,
    TrivyUnusableError,
    check,
    locate,
    not_scanned,
)
from shopsec.scan.containers.vulnerabilities import SCANNER, ImageAnswer, ImageFindings, read_answer
from shopsec.scan.containers.vulnerability_database import (
    GET_DATABASE,
    MIRRORS,
    NO_DATABASE,
    VulnerabilityDatabase,
    cache_folder,
    passed_on,
    present_database,
    ready_database,
)
from shopsec.scan.host import Host

# Of the person's own environment; DOCKER_CONFIG holds credentials by registry.
_ENGINES = ("DOCKER_CONFIG", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY")
# Trivy would send these to any registry, also to one that the scanned repository names.
_CREDENTIALS = ("TRIVY_USERNAME", "TRIVY_PASSWORD", "TRIVY_REGISTRY_TOKEN")
_ONE_REGISTRY = "SHOPSEC_REGISTRY"
_LOGIN = "let DOCKER_CONFIG name the folder that docker login writes to"
_FETCHED = "the vulnerability database is fetched when it runs"
_LOOK = "see the reasons, then run again"


class TrivyImage:
    """Finds known vulnerabilities in the packages of container images."""

    name = SCANNER
    area = Area.CONTAINERS

    def scan(self, target: Target, host: Host) -> Outcome:
        """Scan each image; one that cannot be read is in the ledger with the reason."""
        images = images_of(target, host)
        ledger = Ledger(self.name, self.area, unit="images", handed_in=len(images))
        if not images:
            return Outcome(ledger.close())
        clock = _Clock(target)
        with host.private_folder() as folder:
            try:
                trivy = locate(host)
                ledger.version = trivy.version
                database = ready_database(trivy, folder, clock.bounds())
            except TrivyUnusableError as error:
                return not_scanned(ledger, [image.as_item() for image in images], error)
            ledger.databases = (database.entry,)
            scanned = [_scan(trivy, image, folder, clock) for image in images]
        for image, found in zip(images, scanned, strict=True):
            if found.missed:
                ledger.miss(image.as_item(), found.missed)
        return _outcome(ledger, scanned, database, target.today)

    def check(self, target: Target, host: Host) -> Readiness:
        """Look for Trivy and its vulnerability database."""
        count = len(images_of(target, host))
        status = Status.SUCCEEDED if count else Status.NOT_APPLICABLE
        found = check(host, Readiness(self.name, self.area, status, "images", count))
        database = present_database(host)
        if database is not None:
            found = replace(found, databases=(database.entry,))
        if found.version is None:
            return found
        if database is None and host.offline:
            status = Status.FAILED if count else found.status
            return replace(found, status=status, message=NO_DATABASE, next_step=GET_DATABASE)
        if database is None:
            return replace(found, message=_FETCHED if count else "")
        stale = database.staleness(target.today)
        if not stale:
            return found
        if not host.offline:
            return replace(found, message=f"{stale}; a newer one is fetched when it runs")
        status = Status.PARTIAL if count else found.status
        return replace(found, status=status, message=stale, next_step=database.next_step)


class _Clock:
    """What is left of the scanner's time."""

    def __init__(self, target: Target) -> None:
        self._limits = target.settings.limits
        self._end = time.monotonic() + self._limits.scanner_seconds

    def bounds(self) -> Bounds:
        left = max(0.0, self._end - time.monotonic())
        return Bounds(left, self._limits.output_bytes)


def _scan(trivy: Trivy, image: Image, folder: str, clock: _Clock) -> ImageFindings:
    problem = find_problem(image)
    if problem:
        return ImageFindings((), (), problem)
    arguments = [
        "image", "--scanners", "vuln", "--list-all-pkgs", "--no-progress",
        "--skip-db-update", "--offline-scan", "--cache-dir", cache_folder(trivy.host),
    ]  # fmt: skip
    if trivy.host.offline:
        arguments += ["--skip-java-db-update", "--image-src", "docker,containerd,podman"]
    named = ["--", image.given] if image.archive is None else ["--input", image.archive]
    try:
        answer = trivy.ask(
            ImageAnswer, arguments + named, folder, clock.bounds(), _variables(trivy.host, image)
        )
    except ScannerError as error:
        return ImageFindings((), (), error.message)
    return read_answer(answer, image)


def _variables(host: Host, image: Image) -> dict[str, str]:
    variables = passed_on(host, (*MIRRORS, *_ENGINES))
    if image.archive is None and host.variable(_ONE_REGISTRY) == image.registry:
        variables |= passed_on(host, _CREDENTIALS)
    return variables


def _outcome(
    ledger: Ledger, scanned: list[ImageFindings], database: VulnerabilityDatabase, today: str
) -> Outcome:
    rules: dict[str, Rule] = {}
    for found in scanned:
        rules |= {rule.id: rule for rule in found.rules}
    message, status = database.staleness(today), None
    denied = any("credentials" in found.missed for found in scanned)
    ledger.next_step = _LOGIN if denied else _LOOK
    if all(found.missed for found in scanned):
        message, status = "no image could be scanned", Status.FAILED
    elif message:
        status = Status.PARTIAL
        ledger.next_step = database.next_step
    return Outcome(
        ledger.close(message, status),
        tuple(finding for found in scanned for finding in found.findings),
        tuple(rules.values()),
    )
