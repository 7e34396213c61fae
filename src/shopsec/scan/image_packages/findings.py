"""From what is known of an image's packages to findings, called as Trivy's are. Pure.

Symbol, package and place are the same as Trivy's, so that a result stays the same one when Trivy
comes or goes.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence, Set

from shopsec.model import Area, Finding, Package, Rule, ScannedImage
from shopsec.policy.lifecycle import Lifecycles
from shopsec.scan.containers.archive.contents import Installed
from shopsec.scan.containers.archive.os_release import System
from shopsec.scan.containers.image_risks import SYSTEM_ENDED
from shopsec.scan.dependencies.osv_record import OsvRecord
from shopsec.scan.dependencies.packages import Key
from shopsec.scan.dependencies.versions import base_name
from shopsec.scan.dependencies.vulnerabilities import Vulnerability
from shopsec.scan.image_packages.advisories import system_vulnerabilities
from shopsec.scan.image_packages.inventory import Looked

SCANNER = "image-packages"
_END_OF_LIFE = SYSTEM_ENDED.model_copy(
    update={"id": "image.end-of-life", "scanner": SCANNER, "same_as": (SYSTEM_ENDED.id,)}
)


def findings_in(
    looked: Looked, records: Mapping[Key, Sequence[OsvRecord]], exploited: Set[str]
) -> Iterator[tuple[Finding, Rule]]:
    """One for each package and vulnerability, with its rule."""
    known: dict[Key, list[Vulnerability]] = {}
    for key, installed in looked.keyed():
        if key is None or not records.get(key):
            continue
        if key not in known:
            known[key] = list(system_vulnerabilities(key, records[key], exploited))
        for each in known[key]:
            yield _finding(each, key, installed, looked), _rule(each, key)


def _finding(found: Vulnerability, key: Key, installed: Installed, looked: Looked) -> Finding:
    image, name, version = looked.image, installed.package.name, installed.package.version
    newer = " or ".join(found.advisory.fixed_versions)
    return Finding(
        rule_id=found.advisory.id,
        scanner=SCANNER,
        area=Area.CONTAINERS,
        message=f"{name} {version} in {image.name}: {found.summary}",
        location=image.location,
        severity=found.severity,
        symbol=f"{image.label} {name}@{version}",
        package=Package(ecosystem=base_name(key.ecosystem), name=name, version=version),
        advisory=found.advisory,
        image=_scanned(looked),
        fix=(
            f"Build {image.name} again with {name} {newer}, best on a newer base image."
            if newer
            else f"No version of {name} fixes it yet: try another base image, or do without it."
        ),
    )


def _rule(found: Vulnerability, key: Key) -> Rule:
    return Rule(
        id=found.advisory.id,
        scanner=SCANNER,
        title=f"{found.advisory.id} in {key.name}",
        severity=found.severity,
        why=found.summary,
        fix=f"Build the image again with a version of {key.name} that is not affected.",
        help_uri=found.help_uri,
        cwe=found.cwe,
    )


def end_of_life(
    looked: Looked, lifecycles: Lifecycles, today: datetime.date
) -> Iterator[tuple[Finding, Rule]]:
    """That nobody mends an image's system any more, where the table of lifecycles tells."""
    system = _system(looked)
    state = lifecycles.state(system.product, system.version, today) if system else None
    if system is None or state is None or not state.ended:
        return
    image = looked.image
    since = f" since {state.end.isoformat()}" if state.end else ""
    yield (
        Finding(
            rule_id=_END_OF_LIFE.id,
            scanner=SCANNER,
            area=Area.CONTAINERS,
            message=f"{image.name} rests on {system.release}, which gets no security fixes{since}",
            location=image.location,
            severity=_END_OF_LIFE.severity,
            symbol=f"{image.label} {system.id}",
            image=_scanned(looked),
        ),
        _END_OF_LIFE,
    )


def _system(looked: Looked) -> System | None:
    return looked.contents.system if looked.contents else None


def _scanned(looked: Looked) -> ScannedImage:
    system = _system(looked)
    return ScannedImage(name=looked.image.name, system=system.release if system else "")
