"""CycloneDX 1.2 to 1.6 in JSON and XML (https://cyclonedx.org/docs/1.6/json/)."""

from collections.abc import Iterable, Iterator

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError
from shopsec.scan.dependencies.lockfiles.json_lines import (
    JsonObject,
    array_at,
    parse_object,
    text_at,
)
from shopsec.scan.dependencies.lockfiles.sbom import (
    Component,
    Relations,
    add,
    containers,
    lockfile_of,
)
from shopsec.scan.dependencies.lockfiles.xml_lines import Element, parse_xml

# "Components that are excluded provide the ability to document component usage for test and other
# non-runtime purposes."
_DEV_SCOPE = "excluded"
# https://github.com/CycloneDX/cyclonedx-property-taxonomy
_DEV_PROPERTY = ("cdx:npm:package:development", "true")


def parse(text: str) -> Lockfile:
    """Parse a CycloneDX document; the component of its metadata is the project itself.

    Services, vulnerabilities and compositions are not read.
    """
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return _parse_xml(text)
    document = parse_object(text)
    if document.get("bomFormat") != "CycloneDX":
        raise LockfileError("is not a CycloneDX document")
    metadata = document.get("metadata")
    subject = metadata.get("component") if isinstance(metadata, JsonObject) else None
    components = list(_json_components(document, _json_parts(subject)))
    relations = Relations()
    for entry in array_at(document, "dependencies"):
        if isinstance(entry, JsonObject):
            for needed in _texts(entry.get("dependsOn")):
                add(relations.needs, text_at(entry, "ref"), needed)
    ref = text_at(subject, "bom-ref") if isinstance(subject, JsonObject) else ""
    return _lockfile(components, relations, ref)


def _parse_xml(text: str) -> Lockfile:
    root = parse_xml(text)
    if root.tag != "bom" or "cyclonedx.org/" not in root.namespace:
        raise LockfileError("is not a CycloneDX document")
    subject = root.child("metadata", "component")
    components = list(_xml_components(root, subject))
    relations = Relations()
    for entry in root.all("dependencies", "dependency"):
        for needed in entry.all("dependency"):
            add(relations.needs, entry.attributes.get("ref", ""), needed.attributes.get("ref", ""))
    ref = subject.attributes.get("bom-ref", "") if subject is not None else ""
    return _lockfile(components, relations, ref)


def _lockfile(components: list[Component], relations: Relations, subject: str) -> Lockfile:
    applications = [component for component in components if component.kind == "application"]
    own = containers([subject], applications, relations) if subject else set()
    return lockfile_of(components, own, relations)


def _json_components(document: JsonObject, first: list[object]) -> Iterator[Component]:
    """All components, also those within others, in the order of the document."""
    pending = [(entry, document.line) for entry in (*first, *array_at(document, "components"))]
    pending.reverse()
    while pending:
        entry, above = pending.pop()
        if not isinstance(entry, JsonObject):
            yield Component(above)
            continue
        yield _json_component(entry)
        pending.extend((part, entry.line) for part in reversed(_json_parts(entry)))


def _json_parts(entry: object) -> list[object]:
    parts = entry.get("components") if isinstance(entry, JsonObject) else None
    return parts if isinstance(parts, list) else []


def _json_component(entry: JsonObject) -> Component:
    properties = entry.get("properties")
    pairs = (
        (text_at(each, "name"), text_at(each, "value"))
        for each in (properties if isinstance(properties, list) else ())
        if isinstance(each, JsonObject)
    )
    return Component(
        entry.line_of("name"),
        ref=text_at(entry, "bom-ref"),
        name="/".join(part for part in (text_at(entry, "group"), text_at(entry, "name")) if part),
        version=text_at(entry, "version"),
        purl=text_at(entry, "purl"),
        kind=text_at(entry, "type"),
        dev=_is_dev(text_at(entry, "scope"), pairs),
    )


def _xml_components(root: Element, subject: Element | None) -> Iterator[Component]:
    first = subject.all("components", "component") if subject is not None else ()
    pending = [*first, *root.all("components", "component")]
    pending.reverse()
    while pending:
        element = pending.pop()
        yield _xml_component(element)
        pending.extend(reversed(list(element.all("components", "component"))))


def _xml_component(element: Element) -> Component:
    pairs = (
        (each.attributes.get("name", ""), each.text)
        for each in element.all("properties", "property")
    )
    return Component(
        element.line,
        ref=element.attributes.get("bom-ref", ""),
        name="/".join(part for part in map(element.text_of, ("group", "name")) if part),
        version=element.text_of("version"),
        purl=element.text_of("purl"),
        kind=element.attributes.get("type", ""),
        dev=_is_dev(element.text_of("scope"), pairs),
    )


def _is_dev(scope: str, properties: Iterable[tuple[str, str]]) -> bool:
    return scope == _DEV_SCOPE or _DEV_PROPERTY in properties


def _texts(value: object) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
