"""SPDX 2.2 and 2.3 in JSON and as tag:value (https://spdx.github.io/spdx-spec/v2.3/)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError, Unpinned
from shopsec.scan.dependencies.lockfiles.conflict_markers import refuse_merge_conflict
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

_DOCUMENT = "SPDXRef-DOCUMENT"
# https://spdx.github.io/spdx-spec/v2.3/relationships-between-SPDX-elements/
_NEEDS = frozenset({"DEPENDS_ON", "HAS_PREREQUISITE", "DYNAMIC_LINK", "STATIC_LINK"})
_NEEDED_BY = frozenset(
    {
        "DEPENDENCY_OF",
        "RUNTIME_DEPENDENCY_OF",
        "BUILD_DEPENDENCY_OF",
        "BUILD_TOOL_OF",
        "OPTIONAL_DEPENDENCY_OF",
        "PROVIDED_DEPENDENCY_OF",
        "PREREQUISITE_FOR",
    }
)
_DEVELOPS = frozenset({"DEV_DEPENDENCY_OF", "DEV_TOOL_OF", "TEST_DEPENDENCY_OF", "TEST_TOOL_OF"})
_NOTHING = frozenset({"NOASSERTION", "NONE"})
_TAG = re.compile(r"([A-Za-z][A-Za-z0-9]*):\s*(.*)$")
_PURL = re.compile(r"\S+\s+purl\s+(\S+)$")
_RELATION = re.compile(r"(\S+)\s+([A-Z_]+)\s+(\S+)$")


@dataclass
class _Read:
    components: list[Component] = field(default_factory=list)
    relations: list[tuple[str, str, str]] = field(default_factory=list)
    described: list[str] = field(default_factory=list)
    bad: list[Unpinned] = field(default_factory=list)


def parse(text: str) -> Lockfile:
    """Parse an SPDX document; what it describes is the project, if other packages belong to it.

    Files and snippets are not read.
    """
    read = _read_json(text) if text.lstrip("\ufeff \t\r\n").startswith("{") else _read_tags(text)
    relations, described = _related(read)
    refs = {component.ref for component in read.components}
    with_purls = {component.ref for component in read.components if component.purl}
    described = list(dict.fromkeys(described))
    subjects = [
        ref
        for ref in described
        if _leads_on(ref, relations, refs) and (len(described) == 1 or ref not in with_purls)
    ]
    own = containers(subjects, read.components, relations)
    parsed = lockfile_of(read.components, own, relations)
    return replace(parsed, unpinned=(*read.bad, *parsed.unpinned))


def _leads_on(ref: str, relations: Relations, refs: set[str]) -> bool:
    """Whether other packages belong to this one."""
    edges = (relations.needs, relations.for_development, relations.contains)
    return ref in refs and any(other in refs for each in edges for other in each.get(ref, ()))


def _related(read: _Read) -> tuple[Relations, list[str]]:
    relations = Relations()
    described = [*read.described]
    for source, kind, target in read.relations:
        if kind == "DESCRIBES" and source == _DOCUMENT:
            described.append(target)
        elif kind == "DESCRIBED_BY" and target == _DOCUMENT:
            described.append(source)
        elif kind == "CONTAINS":
            add(relations.contains, source, target)
        elif kind == "CONTAINED_BY":
            add(relations.contains, target, source)
        elif kind in _NEEDS:
            add(relations.needs, source, target)
        elif kind in _NEEDED_BY:
            add(relations.needs, target, source)
        elif kind in _DEVELOPS:
            add(relations.for_development, target, source)
    return relations, described


def _read_json(text: str) -> _Read:
    document = parse_object(text)
    if "@context" in document or "@graph" in document:
        raise LockfileError("is not SPDX 2: other versions are not read")
    _check_version(text_at(document, "spdxVersion"))
    described = array_at(document, "documentDescribes")
    read = _Read(described=[ref for ref in described if isinstance(ref, str)])
    for number, entry in enumerate(array_at(document, "packages"), 1):
        if isinstance(entry, JsonObject):
            read.components.append(_json_component(entry))
        else:
            line = document.line_of("packages")
            read.bad.append(Unpinned(f"package {number}", line, "cannot be parsed"))
    for entry in array_at(document, "relationships"):
        if isinstance(entry, JsonObject):
            keys = ("spdxElementId", "relationshipType", "relatedSpdxElement")
            source, kind, target = (text_at(entry, key) for key in keys)
            read.relations.append((source, kind, target))
    return read


def _json_component(entry: JsonObject) -> Component:
    references = entry.get("externalRefs")
    purls = [
        text_at(each, "referenceLocator")
        for each in (references if isinstance(references, list) else ())
        if isinstance(each, JsonObject) and each.get("referenceType") == "purl"
    ]
    return Component(
        entry.line_of("name"),
        ref=text_at(entry, "SPDXID"),
        name=text_at(entry, "name"),
        version=_known(text_at(entry, "versionInfo")),
        purl=purls[0] if purls else "",
    )


def _read_tags(text: str) -> _Read:
    refuse_merge_conflict(text)
    read = _Read()
    version, in_package = "", False
    for number, tag, value in _tags(text, read.bad):
        if tag == "SPDXVersion":
            version = value
        elif tag == "Relationship":
            if match := _RELATION.match(value):
                read.relations.append((match[1], match[2], match[3]))
        elif tag == "PackageName":
            read.components.append(Component(number, name=value))
            in_package = True
        elif tag in {"FileName", "SnippetSPDXID", "LicenseID"}:
            in_package = False
        elif in_package:
            read.components[-1] = _with_field(read.components[-1], tag, value)
    _check_version(version)
    return read


def _with_field(component: Component, tag: str, value: str) -> Component:
    if tag == "SPDXID":
        return replace(component, ref=value)
    if tag == "PackageVersion":
        return replace(component, version=_known(value))
    if tag == "ExternalRef" and not component.purl and (match := _PURL.match(value)):
        return replace(component, purl=match[1])
    return component


def _tags(text: str, bad: list[Unpinned]) -> Iterator[tuple[int, str, str]]:
    """Line, tag and value of each line that has them; a ``<text>`` may run over several lines."""
    opened = 0
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.strip()
        if opened:
            opened = 0 if "</text>" in line else opened
            continue
        if not line or line.startswith("#"):
            continue
        match = _TAG.match(line)
        if match is None:
            bad.append(Unpinned(f"line {number}", number, "cannot be parsed"))
            continue
        yield number, match[1], match[2]
        if "<text>" in line and "</text>" not in line:
            opened = number
    if opened:
        raise LockfileError(f"line {opened}: the text has no end: the file is cut off")


def _check_version(version: str) -> None:
    if not version.startswith("SPDX-2."):
        raise LockfileError("is not SPDX 2 in JSON or tag:value")


def _known(value: str) -> str:
    return "" if value in _NOTHING else value
