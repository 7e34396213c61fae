"""From what is known of an image's packages to findings, called as Trivy's are. Pure.

Symbol, package and place are the same as Trivy's, so that a result stays the same one when Trivy
comes or goes.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence, Set

from shopsec.model import Area, Finding, ImageUse, Package, Rule
from shopsec.policy.lifecycle import Lifecycles
from shopsec.scan.containers.archive.contents import Installed
from shopsec.scan.containers.archive.os_release import System
from shopsec.scan.containers.image_answer import metadata_of
from shopsec.scan.containers.image_risks import SYSTEM_ENDED
from shopsec.scan.containers.layered_image import LayeredImage
from shopsec.scan.containers.layers import Layers, Origin, Part, read_layers
from shopsec.scan.containers.vulnerabilities import fix_of
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


def layered(looked: Looked, uses: Sequence[ImageUse]) -> LayeredImage:
    """An image with what its configuration tells of its layers; ``uses`` tell of Dockerfiles."""
    contents, system = looked.contents, _system(looked)
    layers = read_layers(metadata_of(contents.config), uses) if contents else Layers()
    return LayeredImage(looked.image, layers, system.release if system else "")


def findings_in(
    looked: Looked,
    image: LayeredImage,
    records: Mapping[Key, Sequence[OsvRecord]],
    exploited: Set[str],
) -> Iterator[tuple[Finding, Rule]]:
    """One for each package and vulnerability, with its rule."""
    known: dict[Key, list[Vulnerability]] = {}
    origins = _origins(looked, image)
    for key, installed in looked.keyed():
        if key is None or not records.get(key):
            continue
        if key not in known:
            known[key] = list(system_vulnerabilities(key, records[key], exploited))
        origin = origins[installed.layer] if origins else Origin(Part.UNKNOWN)
        for each in known[key]:
            yield _finding(each, key, installed, image, origin), _rule(each, key)


def _origins(looked: Looked, image: LayeredImage) -> list[Origin]:
    """Where each layer comes from; nothing where the configuration tells of another number."""
    diff_ids = metadata_of(looked.contents.config).diff_ids if looked.contents else []
    if looked.contents is None or len(diff_ids) != looked.contents.layers:
        return []
    return [image.layers.origin(each) for each in diff_ids]


def _finding(
    found: Vulnerability, key: Key, installed: Installed, image: LayeredImage, origin: Origin
) -> Finding:
    name, version = installed.package.name, installed.package.version
    return Finding(
        rule_id=found.advisory.id,
        scanner=SCANNER,
        area=Area.CONTAINERS,
        message=f"{name} {version} in {image.name(origin)}: {found.summary}",
        location=image.location(origin),
        related=image.related(origin),
        severity=found.severity,
        symbol=f"{image.label(origin)} {name}@{version}",
        package=Package(ecosystem=base_name(key.ecosystem), name=name, version=version),
        advisory=found.advisory,
        image=image.scanned(origin),
        fix=fix_of(name, found.advisory, image, origin),
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
    looked: Looked, image: LayeredImage, lifecycles: Lifecycles, today: datetime.date
) -> Iterator[tuple[Finding, Rule]]:
    """That nobody mends an image's system any more, where the table of lifecycles tells."""
    system = _system(looked)
    state = lifecycles.state(system.product, system.version, today) if system else None
    if system is None or state is None or not state.ended:
        return
    origin = image.base
    since = f" since {state.end.isoformat()}" if state.end else ""
    yield (
        Finding(
            rule_id=_END_OF_LIFE.id,
            scanner=SCANNER,
            area=Area.CONTAINERS,
            message=(
                f"{image.image.name} rests on {system.release}, which gets no security fixes{since}"
            ),
            location=image.location(origin),
            related=image.related(origin),
            severity=_END_OF_LIFE.severity,
            symbol=f"{image.label(origin)} {system.id}",
            image=image.scanned(origin),
        ),
        _END_OF_LIFE,
    )


def _system(looked: Looked) -> System | None:
    return looked.contents.system if looked.contents else None
