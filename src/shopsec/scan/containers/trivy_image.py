"""Trivy on every image that was named: archives without an engine, references pulled.

What stands for an image has a command of its own: `rootfs` for the root of a system's files as a
folder, `sbom` for a list of what is in an image.

Several side by side, each with what it knows of layers in memory: Trivy's own cache of them is
locked by who writes to it. How many, and how much memory each may take, is bounded.
"""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from shopsec.errors import ScannerError
from shopsec.model import Area, ImageKind, ImageUse, Item, Rule, Status, printable
from shopsec.scan.base import Ledger, Outcome, Readiness, Target
from shopsec.scan.containers.answers import NO_IMAGE, NO_SBOM
from shopsec.scan.containers.archive.image import is_packed_layout, unseen_in_layout
from shopsec.scan.containers.archive.root_folder import unreadable_in
from shopsec.scan.containers.image_answer import ImageAnswer
from shopsec.scan.containers.image_findings import ImageFindings, read_answer
from shopsec.scan.containers.images import Image, find_problem, images_of, not_asked
from shopsec.scan.containers.kept_images import KeptImages, content_of_image, state_of
from shopsec.scan.containers.kinds import NO_FOLDER, is_cut_off
from shopsec.scan.containers.trivy import (
    Bounds,
    Trivy,
    TrivyUnusableError,
    check,
    locate,
    not_scanned,
)
from shopsec.scan.containers.vulnerabilities import SCANNER
from shopsec.scan.containers.vulnerability_database import (
    GET_DATABASE,
    MIRRORS,
    NO_DATABASE,
    VulnerabilityDatabase,
    cache_folder,
    java_index,
    passed_on,
    present_database,
    ready_database,
    states_of_databases,
)
from shopsec.scan.host import Host

# Of the person's own environment; DOCKER_CONFIG holds credentials by registry.
_ENGINES = ("DOCKER_CONFIG", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY")
# Trivy would send these to any registry, also to one that the scanned repository names.
_CREDENTIALS = ("TRIVY_USERNAME", "TRIVY_PASSWORD", "TRIVY_REGISTRY_TOKEN")
_ONE_REGISTRY = "SHOPSEC_REGISTRY"
_LOGIN = "let DOCKER_CONFIG name the folder that docker login writes to"
_FETCHED = "the vulnerability database is fetched when it runs"
_PACKED_LAYOUT = "is a tar file of an OCI layout, which Trivy reads as a folder only: unpack it"
_CUT_OFF = "is no whole JSON document: it is cut off"
_MAKE_SBOM = "make it with trivy image --format cyclonedx"
_LOOK = "see the reasons, then run again"
# By what a reason says, the first that one of them says.
_NEXT_STEPS = (
    ("credentials", _LOGIN),
    ("is not on this machine", "docker pull it before, or docker save it and give the archive"),
    ("does not have it", "correct its name, or push it before"),
    ("there is no such file", "name an archive that is there, or build it before"),
    ("is neither a docker-save", "docker save the image, and name the file"),
    ("some of the layers", "docker save the image again"),
    (_CUT_OFF, "make the SBOM again"),
    ("cut off", "make the archive again"),
    (NO_FOLDER, "name the folder that etc/os-release lies in"),
    (NO_SBOM, _MAKE_SBOM),
    ("names no operating system", f"{_MAKE_SBOM}, of the whole image"),
    ("was not made by Trivy", _MAKE_SBOM),
    ("cannot be read", "run as somebody who may read all of it"),
    ("does not know", "shopsec tools install trivy, where a newer one is"),
)
MEMORY_BYTES = 2 * 2**30
"""What all Trivys that run side by side are told to keep to together (GOMEMLIMIT): a runner of 4
GB has room for it. Go's collector works harder near it; it is no hard limit."""
_SIDE_BY_SIDE = 4
_COMMANDS = {
    ImageKind.IMAGE: ("image", "vuln,secret"),
    ImageKind.ROOT_FOLDER: ("rootfs", "vuln,secret"),
    ImageKind.SBOM: ("sbom", "vuln"),
}
"""What Trivy is asked to do, and to look for."""


class TrivyImage:
    """Finds known vulnerabilities, secrets and an ended system in container images."""

    name = SCANNER
    area = Area.CONTAINERS

    def __init__(self, uses: Callable[[Target, Host], Sequence[ImageUse]]) -> None:
        self._uses = uses
        """Tells which images the repository's files name."""

    def scan(self, target: Target, host: Host) -> Outcome:
        """Scan each image; one that cannot be read is in the ledger with the reason."""
        with ThreadPoolExecutor(1, thread_name_prefix="version") as aside:
            # Trivy tells its version while the files are looked through.
            located = aside.submit(locate, host) if target.settings.images_asked else None
            uses = self._uses(target, host)
            images = images_of(target, host, uses)
        ledger = Ledger(self.name, self.area, unit="images", handed_in=len(images))
        if located is None or not images:
            _leave_out(ledger, target, uses)
            return Outcome(ledger.close())
        clock = _Clock(target)
        with host.private_folder() as folder:
            try:
                trivy = located.result()
                ledger.version = trivy.version
                database = ready_database(trivy, folder, clock.bounds())
            except TrivyUnusableError as error:
                _leave_out(ledger, target, uses)
                return not_scanned(ledger, [image.as_item() for image in images], error)
            ledger.databases = (database.entry,)
            workers = min(len(images), host.jobs, _SIDE_BY_SIDE)
            with ThreadPoolExecutor(workers, thread_name_prefix="image") as pool:
                kept = _kept(trivy, target, uses)
                work = _Work(trivy, folder, clock, uses, MEMORY_BYTES // workers, kept)
                scanned = list(pool.map(work.scan, range(len(images)), images))
        for image, found in zip(images, scanned, strict=True):
            if found.missed:
                ledger.miss(image.as_item(), found.missed)
        seen = {found.built_on for found in scanned}
        _leave_out(ledger, target, [use for use in uses if use.location not in seen])
        if any(found.java for found in scanned):
            ledger.databases += (java_index(host),)
        for kind in sorted({kind for found in scanned for kind in found.unknown_kinds}):
            ledger.exclude(f"results of a kind that this shopsec does not know ({kind})")
        return _outcome(ledger, scanned, database, target.today)

    def check(self, target: Target, host: Host) -> Readiness:
        """Look for Trivy and its vulnerability database."""
        count = len(images_of(target, host, self._uses(target, host)))
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


def _leave_out(ledger: Ledger, target: Target, uses: Sequence[ImageUse]) -> None:
    """Name what files use and nobody asked to look into."""
    for reason, left in not_asked(target, uses).items():
        for use in left:
            item = Item(name=printable(use.image), location=use.location)
            ledger.exclude(reason, item=item)


class _Clock:
    """What is left of the scanner's time."""

    def __init__(self, target: Target) -> None:
        self._limits = target.settings.limits
        self.end = time.monotonic() + self._limits.scanner_seconds

    def bounds(self) -> Bounds:
        left = max(0.0, self.end - time.monotonic())
        return Bounds(left, self._limits.output_bytes)


@dataclass(frozen=True)
class _Work:
    """What the scans of single images share."""

    trivy: Trivy
    folder: str
    clock: _Clock
    uses: Sequence[ImageUse]
    memory_bytes: int
    """What one Trivy may take."""
    kept: KeptImages | None

    def scan(self, number: int, image: Image) -> ImageFindings:
        """Scan one image, unless a former scan did and nothing has changed.

        An archive that no former scan has seen is read for its digest while Trivy runs.
        """
        problem = find_problem(image)
        if problem:
            return ImageFindings(missed=problem)
        if self.kept is None or (image.path is not None and not os.path.isfile(image.path)):
            return self._ask(number, image)
        if self.kept.seen(image):
            recalled = self.kept.recall(image, content_of_image(image))
            if recalled is not None:
                return recalled
        state = state_of(image)
        with ThreadPoolExecutor(1, thread_name_prefix="digest") as aside:
            content = aside.submit(content_of_image, image)
            found = self._ask(number, image)
        if state_of(image) == state:
            self.kept.keep(image, content.result(), found)
        return found

    def _ask(self, number: int, image: Image) -> ImageFindings:
        """Let Trivy scan one image, in a folder of its own."""
        host = self.trivy.host
        command, scanners = _COMMANDS[image.kind]
        arguments = [
            command, "--scanners", scanners, "--list-all-pkgs", "--no-progress",
            "--skip-db-update", "--offline-scan", "--cache-dir", cache_folder(host),
        ]  # fmt: skip
        if host.offline:
            arguments += ["--skip-java-db-update"]
        if host.offline and image.kind is ImageKind.IMAGE:
            arguments += ["--image-src", "docker,containerd,podman"]
        own = os.path.join(self.folder, str(number))
        os.mkdir(own)
        variables = _variables(host, image) | {
            "TRIVY_CACHE_BACKEND": "memory",
            "GOMEMLIMIT": str(self.memory_bytes),
        }
        try:
            answer, words = self.trivy.ask(
                ImageAnswer, arguments + _named(image), own, self.clock.bounds(), variables
            )
        except ScannerError as error:
            return ImageFindings(missed=self._why_not(image, error.message))
        found = read_answer(answer, words, image, self.uses)
        return replace(found, missed=found.missed or self._unseen(image))

    def _why_not(self, image: Image, cause: str) -> str:
        """The cause, more exactly where Trivy and its reader of tar files do not tell."""
        if cause == NO_IMAGE and image.path and is_packed_layout(image.path, self.clock.end):
            return _PACKED_LAYOUT
        if cause == NO_SBOM and image.path and is_cut_off(image.path):
            return _CUT_OFF
        return cause

    def _unseen(self, image: Image) -> str:
        if image.path is None or not os.path.isdir(image.path):
            return ""
        if image.kind is ImageKind.ROOT_FOLDER:
            return unreadable_in(image.path, self.clock.end)
        return unseen_in_layout(image.path, self.clock.end)


def _named(image: Image) -> list[str]:
    """How Trivy is told what to look into; it does not follow a link to a root folder (0.76)."""
    if image.path is None:
        return ["--", image.given]
    if image.kind is ImageKind.IMAGE:
        return ["--input", image.path]
    return ["--", os.path.realpath(image.path)]


def _kept(trivy: Trivy, target: Target, uses: Sequence[ImageUse]) -> KeptImages | None:
    """Results of former scans that may be used; a system may end with a new day."""
    host = trivy.host
    if host.results is None:
        return None
    ground = (trivy.version, target.today, str(host.offline), *states_of_databases(host))
    return KeptImages(host.results, ground, uses)


def _variables(host: Host, image: Image) -> dict[str, str]:
    engines = _ENGINES if image.kind is ImageKind.IMAGE else ()
    variables = passed_on(host, (*MIRRORS, *engines))
    if image.path is None and host.variable(_ONE_REGISTRY) == image.registry:
        variables |= passed_on(host, _CREDENTIALS)
    return variables


def _outcome(
    ledger: Ledger, scanned: list[ImageFindings], database: VulnerabilityDatabase, today: str
) -> Outcome:
    rules: dict[str, Rule] = {}
    for found in scanned:
        rules |= {rule.id: rule for rule in found.rules}
    message, status = database.staleness(today), None
    missed = " ".join(found.missed for found in scanned)
    ledger.next_step = next((step for words, step in _NEXT_STEPS if words in missed), _LOOK)
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
