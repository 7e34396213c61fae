"""CycloneDX 1.6 in JSON (https://cyclonedx.org/docs/1.6/json/): packages, ways, vulnerabilities.

An SBOM of what is not known to be whole says so: the composition is ``incomplete`` and each gap is
a property of the metadata. Suppressed vulnerabilities are counted there and not listed: readers
take each of the list for one that is open.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.tool import ToolRepository
from cyclonedx.schema.schema import SchemaVersion1Dot6

from shopsec.model import (
    Area,
    PinnedPackage,
    Report,
    Result,
    Role,
    ScannerRun,
    printable,
    purl_of,
)
from shopsec.report.cyclonedx_vulnerabilities import ref_of, vulnerabilities

_SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_ROOT = "repository"
_NO_SERIAL = UUID(int=0)
# https://cyclonedx.github.io/cyclonedx-property-taxonomy/cdx/npm.html
_NPM_DEV = Property(name="cdx:npm:package:development", value="true")


def render(report: Report) -> str:
    """Return the SBOM with sorted keys; the same report gives the same bytes.

    The serial number is a UUIDv5 of all the rest, so that another content has another one.
    """
    found = [result for result in report.results if _is_of_a_package(result)]
    places = _by_ref(report.packages, found)
    document: dict[str, Any] = _serialised(_bom(report, places, found))
    document["compositions"] = _compositions(report)
    document["dependencies"] = _dependencies(places)
    del document["serialNumber"]
    content = json.dumps(document, sort_keys=True)
    document["serialNumber"] = uuid5(NAMESPACE_URL, content).urn
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _serialised(bom: Bom) -> dict[str, Any]:
    """What the library's JsonV1Dot6 does without its checks, which take the square of the time.

    They are about dependencies, and those are written here.
    """
    text = bom.as_json(view_=SchemaVersion1Dot6)  # type: ignore[attr-defined]
    parts: dict[str, Any] = json.loads(text)
    return parts | {"$schema": _SCHEMA, "bomFormat": "CycloneDX", "specVersion": "1.6"}


def _bom(
    report: Report, places: Mapping[str, Sequence[PinnedPackage]], found: Sequence[Result]
) -> Bom:
    repository = report.repository
    return Bom(
        serial_number=_NO_SERIAL,
        metadata=BomMetaData(
            timestamp=datetime.fromisoformat(report.today).replace(tzinfo=UTC),
            tools=ToolRepository(components=[_tool(report.version)]),
            component=Component(
                name=printable(repository.name),
                version=repository.commit,
                type=ComponentType.APPLICATION,
                bom_ref=_ROOT,
            ),
            properties=list(_properties(report, found)),
        ),
        components=[_component(ref, pins) for ref, pins in places.items()],
        vulnerabilities=vulnerabilities((each for each in found if each.active), report.rules),
    )


def _is_of_a_package(result: Result) -> bool:
    """Packages of images are not pinned by the repository, and not in its SBOM."""
    finding = result.finding
    return finding.area is Area.DEPENDENCIES and None not in {finding.package, finding.advisory}


def _by_ref(
    pins: Iterable[PinnedPackage], found: Iterable[Result]
) -> dict[str, list[PinnedPackage]]:
    """The places of each package; one that is found and not pinned has that of its finding."""
    places: dict[str, list[PinnedPackage]] = defaultdict(list)
    for pin in pins:
        places[ref_of(pin.package)].append(pin)
    for finding in (result.finding for result in found):
        if finding.package is not None and ref_of(finding.package) not in places:
            pin = PinnedPackage(finding.package, finding.location, finding.role, via=finding.via)
            places[ref_of(finding.package)].append(pin)
    return dict(places)


def _tool(version: str) -> Component:
    return Component(name="shopsec", version=version, type=ComponentType.APPLICATION)


def _component(ref: str, pins: Sequence[PinnedPackage]) -> Component:
    package = pins[0].package
    purl = purl_of(package)
    dev = all(pin.role is not Role.PRODUCTION for pin in pins)
    properties = {("shopsec:location", str(pin.location)) for pin in pins}
    properties |= {("shopsec:dependency", kind) for pin in pins if (kind := _kind(pin))}
    properties |= {("shopsec:via", printable(" > ".join(pin.via))) for pin in pins if pin.via}
    return Component(
        name=purl.name,
        group=purl.namespace,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=ref,
        purl=purl,
        scope=ComponentScope.OPTIONAL if dev else ComponentScope.REQUIRED,
        properties=[
            *(Property(name=name, value=value) for name, value in properties),
            *([_NPM_DEV] if dev and package.ecosystem == "npm" else ()),
        ],
    )


def _kind(pin: PinnedPackage) -> str:
    if pin.direct is None:
        return "transitive" if pin.via else ""
    return "direct" if pin.direct else "transitive"


def _dependencies(places: Mapping[str, Sequence[PinnedPackage]]) -> list[dict[str, Any]]:
    """The edges that the lockfiles' shortest ways tell, from the repository to its own first."""
    needed: dict[str, set[str]] = {ref: set() for ref in (_ROOT, *places)}
    parents = _Parents(pin for pins in places.values() for pin in pins)
    for ref, pins in places.items():
        for pin in pins:
            if pin.direct:
                needed[_ROOT].add(ref)
            parent = parents.of(pin)
            if parent is not None and parent != ref:
                needed[parent].add(ref)
    return [
        {"ref": ref, **({"dependsOn": sorted(below)} if below else {})}
        for ref, below in sorted(needed.items())
    ]


class _Parents:
    """Finds the very version that pulls a package in: ways have names only."""

    def __init__(self, pins: Iterable[PinnedPackage]) -> None:
        self._pins: dict[tuple[str, str, str], list[PinnedPackage]] = defaultdict(list)
        for pin in pins:
            package = pin.package
            self._pins[pin.location.uri, package.ecosystem, package.name].append(pin)

    def of(self, pin: PinnedPackage) -> str | None:
        """Reference of the package just above; None for none, or for two that it could be."""
        if not pin.via:
            return None
        key = (pin.location.uri, pin.package.ecosystem, pin.via[-1])
        named = self._pins.get(key, [])
        exact = [each for each in named if each.via == pin.via[:-1]]
        found = {ref_of(each.package) for each in exact or named}
        return found.pop() if len(found) == 1 else None


def _runs(report: Report) -> Iterator[ScannerRun]:
    """The scanners whose gaps are gaps of the SBOM."""
    for run in report.coverage:
        if run.area in {Area.DEPENDENCIES, Area.REPOSITORY} and not run.complete:
            yield run


def _gaps(report: Report) -> Iterator[str]:
    """Everything that was not looked at, each with its reason."""
    for run in _runs(report):
        if run.message or not run.not_covered:
            yield f"{run.scanner}: {printable(run.message or run.status.value)}"
        for group in run.not_covered:
            for item in group.items:
                place = f" ({item.location})" if item.location else ""
                name = printable(item.name)
                yield f"{run.scanner}: {name}{place}: {printable(group.reason)}"


def _properties(report: Report, found: Iterable[Result]) -> Iterator[Property]:
    """What the lists of the document do not say."""
    for gap in _gaps(report):
        yield Property(name="shopsec:not-covered", value=gap)
    suppressed = sum(not result.active for result in found)
    if suppressed:
        yield Property(name="shopsec:suppressed", value=str(suppressed))


def _compositions(report: Report) -> list[dict[str, Any]]:
    """Whether all packages are here; the ways to them are never all that there are."""
    whole = not any(_runs(report))
    return [
        {"aggregate": "complete" if whole else "incomplete", "assemblies": [_ROOT]},
        {"aggregate": "incomplete", "dependencies": [_ROOT]},
    ]
