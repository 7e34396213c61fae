"""pom.xml (https://maven.apache.org/pom.html): what the project itself names.

Nothing is fetched: versions from a parent elsewhere or an imported list of versions (BOM) are
named as missing. What the dependencies need in turn and plugins of the build are not read.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.xml_lines import Element, parse_xml

_PROPERTY = re.compile(r"\$\{([^${}]*)\}")
_HARD = re.compile(r"\[([^\[\](),]+)\]$")
_PROJECT_VERSIONS = frozenset(
    f"${{{name}version}}" for name in ("", "pom.", "project.", "parent.", "project.parent.")
)
_COORDINATES = ("groupId", "artifactId", "version")
_MOVING = frozenset({"LATEST", "RELEASE"})
# Properties may name properties: without limits ten of them make a gigabyte.
_ROUNDS, _LONGEST = 20, 200


@dataclass(frozen=True)
class _Named:
    """A dependency as it stands, its properties filled in."""

    group: str
    artifact: str
    kind: str
    classifier: str
    version: str
    scope: str
    line: int
    is_project_version: bool
    """The version is written as the project's own: ``${project.version}``."""

    @property
    def name(self) -> str:
        return f"{self.group}:{self.artifact}"

    @property
    def managed_as(self) -> tuple[str, ...]:
        """What an entry of dependencyManagement is found by."""
        return (self.group, self.artifact, self.kind, self.classifier)


class _Project:
    """One <project>: its coordinates and properties, and those it inherits."""

    def __init__(self, root: Element, parents: Iterable[Element]) -> None:
        self._roots = _inherited(root, parents)
        parent = {tag: root.text_of("parent", tag) for tag in _COORDINATES}
        own = {tag: root.text_of(tag) or parent[tag] for tag in ("groupId", "version")}
        own["artifactId"] = root.text_of("artifactId")
        self._properties = {f"project.parent.{tag}": value for tag, value in parent.items()}
        for tag, value in own.items():
            for prefix in ("project.", "pom.", ""):
                self._properties[prefix + tag] = value
        for part in self.inherited_parts():
            properties = part.child("properties")
            for each in properties.children if properties is not None else ():
                self._properties.setdefault(each.tag, each.text)
        self.group = self.filled(own["groupId"])
        # With ${revision} for a version, modules ask for each other by that.
        by_property = {own["version"]} if own["version"].startswith("${") else set()
        self._own_versions = by_property | _PROJECT_VERSIONS

    def parts(self) -> Iterator[Element]:
        """The project and its profiles: which of these a build takes is not known."""
        return _parts(self._roots[0])

    def inherited_parts(self) -> Iterator[Element]:
        """Those of the project, then those of its parents, the nearest first."""
        for root in self._roots:
            yield from _parts(root)

    def filled(self, text: str) -> str:
        """A text with its properties filled in, as far as this file tells them."""
        for _ in range(_ROUNDS):
            filled = _PROPERTY.sub(self._value, text)
            if filled == text or len(filled) > _LONGEST:
                break
            text = filled
        return text

    def _value(self, match: re.Match[str]) -> str:
        value = self._properties.get(match[1].strip(), "")
        return value if value and len(value) <= _LONGEST else match[0]

    def dependency(self, element: Element) -> _Named:
        """Read one <dependency>."""
        return _Named(
            group=self.filled(element.text_of("groupId")),
            artifact=self.filled(element.text_of("artifactId")),
            kind=self.filled(element.text_of("type")) or "jar",
            classifier=self.filled(element.text_of("classifier")),
            version=self.filled(element.text_of("version")),
            scope=self.filled(element.text_of("scope")),
            line=element.line,
            is_project_version=element.text_of("version") in self._own_versions,
        )


def parse(text: str, *parents: str) -> Lockfile:
    """Parse pom.xml; names are ``group:artifact``, those of scope ``test`` are marked dev.

    ``parents`` are the files that may be its parent, that one's parent and so on (see
    parent_path): their properties and managed versions count, as far as they are what it names.
    Their dependencies stand in their own files. What is of the same group and of the version
    ``${project.version}`` is the project's own.
    """
    root = parse_xml(text)
    if root.tag != "project":
        raise LockfileError("is not a Maven project")
    project = _Project(root, _readable(parents))
    managed: dict[tuple[str, ...], _Named] = {}
    for part in project.inherited_parts():
        for element in part.all("dependencyManagement", "dependencies", "dependency"):
            entry = project.dependency(element)
            managed.setdefault(entry.managed_as, entry)
    pins: list[Pin] = []
    unpinned: list[Unpinned] = []
    for part in project.parts():
        for element in part.all("dependencies", "dependency"):
            found = _entry(project, project.dependency(element), managed)
            if isinstance(found, Pin):
                pins.append(found)
            elif found is not None:
                unpinned.append(found)
    return Lockfile(tuple(pins), tuple(unpinned))


def parent_path(text: str) -> str | None:
    """Where a pom.xml has its parent, relative to its own folder; None without one in reach."""
    try:
        parent = parse_xml(text).child("parent")
    except LockfileError:
        return None
    if parent is None:
        return None
    place = parent.child("relativePath")
    return "../pom.xml" if place is None else place.text or None


def _readable(texts: Iterable[str]) -> Iterator[Element]:
    """The roots of what can be read: an error in a parent is one of its own file."""
    for text in texts:
        try:
            yield parse_xml(text)
        except LockfileError:
            return


def _inherited(root: Element, parents: Iterable[Element]) -> list[Element]:
    """The project and its parents, up to the first that is not the one named."""
    roots = [root]
    for parent in parents:
        named = [roots[-1].text_of("parent", tag) for tag in _COORDINATES]
        found = [parent.text_of(tag) or parent.text_of("parent", tag) for tag in _COORDINATES]
        if not all(named) or named != found:
            break
        roots.append(parent)
    return roots


def _parts(root: Element) -> Iterator[Element]:
    yield root
    yield from root.all("profiles", "profile")


def _entry(
    project: _Project, named: _Named, managed: dict[tuple[str, ...], _Named]
) -> Pin | Unpinned | None:
    """What one dependency is; None for a module of the project itself."""
    if not named.group or not named.artifact or "${" in named.name:
        return Unpinned(_shown(named), named.line, "has a name that stands in another file")
    entry = managed.get(named.managed_as)
    telling = named if named.version or entry is None else entry
    version = telling.version
    scope = named.scope or (entry.scope if entry is not None else "")
    if telling.is_project_version and named.group == project.group:
        return None
    if hard := _HARD.match(version):
        version = hard[1].strip()
    if reason := _why_not_exact(version):
        return Unpinned(_shown(named), named.line, reason, named.name)
    return Pin(named.name, version, named.line, dev=scope == "test", direct=True)


def _why_not_exact(version: str) -> str:
    if not version or "${" in version:
        return "has a version that stands in another file"
    if version in _MOVING or re.search(r"[\[\](),]", version):
        return "is not pinned to one version"
    return ""


def _shown(named: _Named) -> str:
    return f"{named.name}:{named.version}".rstrip(":")[:120]
