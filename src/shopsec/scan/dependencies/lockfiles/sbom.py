"""What CycloneDX and SPDX share: components with purls, and which of them need which."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from shopsec.scan.dependencies.lockfiles.base import Lockfile, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.graph import reached
from shopsec.scan.dependencies.lockfiles.places import Place, places
from shopsec.scan.dependencies.lockfiles.purls import Package, PurlError, package_of

FILE = "file"
"""The kind of component that is a file and not a package, if it has no purl."""


@dataclass(frozen=True)
class Component:
    """One entry as the document has it; texts are empty where it says nothing."""

    line: int
    ref: str = ""
    """What relations call it."""
    name: str = ""
    version: str = ""
    purl: str = ""
    kind: str = ""
    dev: bool = False

    @property
    def is_nameless(self) -> bool:
        """True for what is no package, such as the lockfile that others were found in."""
        return not self.purl and not self.version


@dataclass
class Relations:
    """Which components need which, by their refs."""

    needs: dict[str, list[str]] = field(default_factory=dict)
    for_development: dict[str, list[str]] = field(default_factory=dict)
    contains: dict[str, list[str]] = field(default_factory=dict)


def add(edges: dict[str, list[str]], source: str, target: str) -> None:
    """Note one relation."""
    edges.setdefault(source, []).append(target)


def lockfile_of(components: Iterable[Component], own: set[str], relations: Relations) -> Lockfile:
    """Every component as a pin, as unpinned with the reason, or left out as the project's own.

    A component that no relation leads to from the project may still be direct: that is unknown.
    """
    components = tuple(components)
    named = [(component, _package(component)) for component in components]
    names = {component.ref: _shown(component, package) for component, package in reversed(named)}
    below = _places(own, relations)
    pins: list[Pin] = []
    unpinned: list[Unpinned] = []
    for component, package in named:
        if component.ref and component.ref in own:
            continue
        if isinstance(package, Package):
            place = below.get(component.ref, Place())
            pins.append(_pin(component, package, place, names))
        elif component.kind != FILE or component.purl:
            unpinned.append(Unpinned(_shown(component, package), component.line, package))
    return Lockfile(tuple(pins), (*unpinned, *_files(components)))


def containers(
    own: Iterable[str], components: Iterable[Component], relations: Relations
) -> set[str]:
    """The project's refs, and those of what it is made of that are no packages themselves."""
    nameless = {component.ref for component in components if component.is_nameless}

    def parts(ref: str) -> Iterator[str]:
        for part in (*relations.contains.get(ref, ()), *relations.needs.get(ref, ())):
            if part in nameless and (part in relations.needs or part in relations.contains):
                yield part

    return set(reached(own, parts))


def _package(component: Component) -> Package | str:
    """The package, or why there is none."""
    if not component.purl:
        return "has no package URL"
    try:
        package = package_of(component.purl)
    except PurlError as error:
        return str(error)
    if not package.version and component.version:
        package = Package(package.ecosystem, package.name, component.version)
    return package if package.version else "has no version"


def _pin(
    component: Component, package: Package, place: Place[str], names: Mapping[str, str]
) -> Pin:
    return Pin(
        package.name,
        package.version,
        component.line,
        dev=component.dev or place.dev,
        direct=place.direct,
        via=tuple(names.get(ref, ref) for ref in place.via),
        ecosystem=package.ecosystem,
    )


def _shown(component: Component, package: Package | str) -> str:
    if isinstance(package, Package):
        return package.name
    return component.name or component.purl or component.ref or f"line {component.line}"


def _places(own: set[str], relations: Relations) -> dict[str, Place[str]]:
    def beyond(edges: Mapping[str, list[str]], ref: str) -> list[str]:
        return [needed for needed in edges.get(ref, ()) if needed not in own]

    production = [ref for owner in own for ref in beyond(relations.needs, owner)]
    development = [ref for owner in own for ref in beyond(relations.for_development, owner)]
    return places(sorted(production), sorted(development), lambda ref: beyond(relations.needs, ref))


def _files(components: Iterable[Component]) -> Iterator[Unpinned]:
    """One entry for all of them: there can be thousands, and none is a package."""
    files = [each for each in components if each.kind == FILE and not each.purl]
    if files:
        yield Unpinned(f"{len(files)} files", files[0].line, "are no packages")
