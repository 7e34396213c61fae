"""Looks into images' archives where there is no Trivy: system, its end of life, its packages.

It is between two areas, so no part of either: images and Trivy are ``containers``, the store of
advisories is ``dependencies``.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from shopsec.errors import ScannerError
from shopsec.model import Area, Database, Finding, ImageUse, Rule, Status
from shopsec.policy.lifecycle import FILE_NAME as LIFECYCLES
from shopsec.policy.lifecycle import newest_lifecycles
from shopsec.scan.base import Ledger, Outcome, Readiness, Target
from shopsec.scan.containers.images import Image, images_of
from shopsec.scan.containers.layered_image import LayeredImage
from shopsec.scan.containers.trivy_image import TrivyImage
from shopsec.scan.dependencies.kev import load_kev
from shopsec.scan.dependencies.osv_record import OsvRecord
from shopsec.scan.dependencies.packages import Key
from shopsec.scan.dependencies.source import Answer
from shopsec.scan.dependencies.store import UPDATE, Store, described
from shopsec.scan.dependencies.store_layout import FILE_NAME
from shopsec.scan.dependencies.versions import SYSTEMS, base_name
from shopsec.scan.host import Host
from shopsec.scan.image_packages.findings import SCANNER, end_of_life, findings_in, layered
from shopsec.scan.image_packages.inventory import Looked, look_into
from shopsec.scan.runner import why_skipped

_NOT_NEEDED = "not needed: Trivy looks into the images"
_ONLY_TRIVY = "only Trivy tells of languages' packages, secrets and settings in it"
_OTHER_PACKAGES = "there are no advisories here for such a system, only Trivy has them"
_NO_LIST = "no list of packages was found in it"
_INSTALL = "shopsec tools install trivy"


class ImagePackages:
    """Compares the packages that archives of images list with the local store."""

    name = SCANNER
    area = Area.CONTAINERS

    def __init__(self, uses: Callable[[Target, Host], Sequence[ImageUse]]) -> None:
        self._uses = uses
        """Tells which images the repository's files name."""

    def _images(self, target: Target, host: Host) -> tuple[Image, ...]:
        asked = target.settings.images or target.settings.images_found
        return images_of(target, host, self._uses(target, host)) if asked else ()

    def _trivy_does(self, target: Target, host: Host) -> bool:
        """Whether Trivy is asked, is here, and has or can fetch its database."""
        trivy = TrivyImage(self._uses)
        if why_skipped(trivy, target.settings):
            return False
        return trivy.check(target, host).status in {Status.SUCCEEDED, Status.PARTIAL}

    def scan(self, target: Target, host: Host) -> Outcome:
        """Look into each image; what is not compared, and what is never, is in the ledger."""
        images = self._images(target, host)
        ledger = Ledger(self.name, self.area, unit="images")
        if not images:
            return Outcome(ledger.close())
        if self._trivy_does(target, host):
            return Outcome(ledger.close(_NOT_NEEDED, Status.NOT_APPLICABLE))
        ledger.handed_in = len(images)
        looked = look_into(images, target.settings.limits.scanner_seconds)
        answer = _answer(looked, host)
        kev = load_kev(Path(host.cache))
        if answer.databases:
            entry = Database(
                name=f"CISA KEV, {len(kev.ids)} ids", date=kev.date, embedded=kev.embedded
            )
            ledger.databases = (*answer.databases, entry)
        for each in looked:
            ledger.miss(each.image.as_item(), _missed(each, answer))
        ledger.next_step = answer.next_step or _INSTALL
        uses = self._uses(target, host)
        pairs = [(each, layered(each, uses)) for each in looked]
        found = _findings(pairs, answer.records, kev.ids, target, host)
        return Outcome(
            ledger.close(*_ending(looked, answer)),
            tuple(finding for finding, _ in found),
            tuple({rule.id: rule for _, rule in found}.values()),
        )

    def check(self, target: Target, host: Host) -> Readiness:
        """Look whether it is needed, and at the local store; the images are not read."""
        count = len(self._images(target, host))
        about = Readiness(self.name, self.area, Status.NOT_APPLICABLE, "images", count)
        if not count:
            return about
        if self._trivy_does(target, host):
            return replace(about, applies_to=0, message=_NOT_NEEDED)
        try:
            stored = Store(Path(host.cache) / FILE_NAME).ecosystems()
        except ScannerError as error:
            return replace(
                about, status=Status.PARTIAL, message=error.message, next_step=error.hint or UPDATE
            )
        databases = tuple(described(each) for name, each in stored.items() if name in SYSTEMS)
        return replace(
            about,
            status=Status.PARTIAL,
            databases=databases,
            message="only systems' packages in archives are compared, with the local store",
            next_step=_INSTALL,
        )


def _answer(looked: Sequence[Looked], host: Host) -> Answer:
    """What the store knows of all images' packages."""
    keys = list(dict.fromkeys(key for each in looked for key, _ in each.keyed() if key))
    if not keys:
        return Answer()
    try:
        store = Store(Path(host.cache) / FILE_NAME)
        stored, answer = store.ecosystems(), store.look_up(keys)
    except ScannerError as error:
        return Answer(unanswered=dict.fromkeys(keys, error.message), next_step=error.hint or UPDATE)
    systems = {base_name(key.ecosystem) for key in keys}
    answer.databases = tuple(described(stored[name]) for name in sorted(systems & set(stored)))
    if answer.unanswered:
        named = sorted({base_name(key.ecosystem) for key in answer.unanswered})
        answer.next_step = " ".join((UPDATE, *(f"--ecosystem {name}" for name in named)))
    return answer


def _missed(looked: Looked, answer: Answer) -> str:
    """What was not looked at of one image, in one reason: there is always something."""
    if looked.contents is None:
        return looked.problem
    counts: dict[str, int] = {}
    for key, _ in looked.keyed():
        reason = _OTHER_PACKAGES if key is None else answer.unanswered.get(key, "")
        if reason:
            counts[reason] = counts.get(reason, 0) + 1
    parts = [
        f"{count} package{'s were' if count > 1 else ' was'} not compared: {reason}"
        for reason, count in sorted(counts.items())
    ]
    if not looked.contents.packages:
        parts.append(_NO_LIST)
    return "; ".join((*parts, *looked.contents.problems, _ONLY_TRIVY))


def _ending(looked: Sequence[Looked], answer: Answer) -> tuple[str, Status | None]:
    if all(each.contents is None for each in looked):
        return "no image could be looked into", Status.FAILED
    keys = [key for each in looked for key, _ in each.keyed()]
    compared = sum(key is not None and key not in answer.unanswered for key in keys)
    what = "package of an operating system" if len(keys) == 1 else "packages of operating systems"
    return f"{compared} of {len(keys)} {what} compared with known vulnerabilities", None


def _findings(
    looked: Sequence[tuple[Looked, LayeredImage]],
    records: Mapping[Key, Sequence[OsvRecord]],
    exploited: frozenset[str],
    target: Target,
    host: Host,
) -> list[tuple[Finding, Rule]]:
    lifecycles = newest_lifecycles(Path(host.cache) / LIFECYCLES)
    today = datetime.date.fromisoformat(target.today[:10])
    found: dict[tuple[str, str, str], tuple[Finding, Rule]] = {}
    for each, image in looked:
        for finding, rule in (
            *findings_in(each, image, records, exploited),
            *end_of_life(each, image, lifecycles, today),
        ):
            key = (finding.rule_id, finding.symbol, str(finding.location))
            found.setdefault(key, (finding, rule))
    return list(found.values())
