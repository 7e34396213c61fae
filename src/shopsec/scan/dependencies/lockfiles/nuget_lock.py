"""packages.lock.json of NuGet, versions 1 and 2.

https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.json_lines import JsonObject, parse_object
from shopsec.scan.dependencies.lockfiles.places import Place, places


@dataclass(frozen=True)
class _Package:
    name: str
    line: int
    entry: JsonObject

    @property
    def key(self) -> str:
        """NuGet does not tell names by their case."""
        return self.name.lower()

    @property
    def kind(self) -> object:
        return self.entry.get("type")

    def needs(self) -> Iterator[str]:
        needed = self.entry.get("dependencies")
        for name in needed if isinstance(needed, dict) else ():
            yield name.lower()


def parse(text: str) -> Lockfile:
    """Parse packages.lock.json; entries of type ``Project`` are the project's own.

    A package that several frameworks need in one version is one pin.
    """
    packages, unpinned = _packages(parse_object(text))
    below = _places(packages)
    names = {package.key: package.name for package in reversed(packages)}
    pins: dict[tuple[str, str], Pin] = {}
    for package in packages:
        if package.kind == "Project":
            continue
        version = package.entry.get("resolved")
        if not isinstance(version, str) or not version:
            reason = "has no version in the lockfile"
            unpinned.append(Unpinned(package.name, package.line, reason, package.name))
            continue
        place = below.get(package.key, Place(direct=False))
        via = tuple(names[name] for name in place.via)
        pin = Pin(package.name, version, package.line, direct=place.direct, via=via)
        pins.setdefault((package.key, version), pin)
    return Lockfile(tuple(pins.values()), tuple(unpinned))


def _packages(document: JsonObject) -> tuple[list[_Package], list[Unpinned]]:
    frameworks = document.get("dependencies")
    if not isinstance(frameworks, JsonObject):
        raise LockfileError("has no dependencies: is no packages.lock.json")
    found: list[_Package] = []
    unpinned: list[Unpinned] = []
    for framework, entries in frameworks.items():
        if not isinstance(entries, JsonObject):
            line = frameworks.line_of(framework)
            unpinned.append(Unpinned(framework, line, "cannot be parsed"))
            continue
        for name, entry in entries.items():
            line = entries.line_of(name)
            if isinstance(entry, JsonObject) and name:
                found.append(_Package(name, line, entry))
            else:
                unpinned.append(Unpinned(name, line, "cannot be parsed"))
    return found, unpinned


def _places(packages: list[_Package]) -> dict[str, Place[str]]:
    """By lower-case name; what the other projects of a solution need is direct."""
    needs: dict[str, list[str]] = {}
    own: set[str] = set()
    roots: list[str] = []
    for package in packages:
        needs.setdefault(package.key, []).extend(package.needs())
        if package.kind == "Project":
            own.add(package.key)
            roots.extend(package.needs())
        elif package.kind == "Direct":
            roots.append(package.key)
    return places(
        [name for name in roots if name in needs and name not in own],
        (),
        lambda name: [key for key in needs[name] if key in needs and key not in own],
    )
