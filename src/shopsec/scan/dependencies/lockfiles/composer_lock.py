"""composer.lock (https://getcomposer.org/doc/01-basic-usage.md#installing-from-composer-lock)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shopsec.scan.dependencies.lockfiles.base import (
    NOT_LOCKED,
    Lockfile,
    LockfileError,
    Pin,
    Unpinned,
)
from shopsec.scan.dependencies.lockfiles.families import families
from shopsec.scan.dependencies.lockfiles.graph import reached
from shopsec.scan.dependencies.lockfiles.json_lines import JsonObject, parse_object
from shopsec.scan.dependencies.lockfiles.places import Place, places

_SECTIONS = (("packages", False), ("packages-dev", True))
# PHP itself, its extensions, Composer's own interfaces: no packages, they have no vendor.
_VENDOR = re.compile(r"[^/]+/")
_BRANCH = re.compile(r"dev-|.*[-.]dev$", re.IGNORECASE)


@dataclass(frozen=True)
class _Package:
    name: str
    version: object
    dev: bool
    entry: JsonObject

    @property
    def key(self) -> str:
        """Composer does not tell names by their case."""
        return self.name.lower()

    @property
    def is_own(self) -> bool:
        """From a folder of the project (a repository of type ``path``)."""
        dist = self.entry.get("dist")
        return isinstance(dist, dict) and dist.get("type") == "path"


def parse(text: str, manifest: str = "") -> Lockfile:
    """Parse composer.lock; versions lose a leading ``v``, branches are unpinned.

    ``manifest`` is the composer.json beside it, which tells the direct dependencies. Packages
    from folders (repositories of type ``path``) are the project's own.
    """
    document = parse_object(text)
    packages, unpinned = _packages(document)
    below = _places(packages, manifest)
    elsewhere: Place[str] = Place(direct=False if below else None)
    names = {package.key: package.name for package in packages}
    together = _together(packages, below)
    pins: list[Pin] = []
    for package in packages:
        line = package.entry.line_of("name")
        if package.is_own:
            continue
        if reason := _why_not_exact(package.version):
            unpinned.append(Unpinned(package.name, line, reason, package.name))
            continue
        place = below.get(package.key, elsewhere)
        via = tuple(names.get(name, name) for name in place.via)
        raised = tuple(names[name] for name in together.get(package.key, ()))
        pins.append(
            Pin(package.name, _bare(package.version), line, package.dev, place.direct, via, raised)
        )
    line = document.line_of("packages")
    unpinned += (Unpinned(name, line, NOT_LOCKED, name) for name in _lacking(packages, manifest))
    return Lockfile(tuple(pins), tuple(unpinned))


def _bare(version: object) -> str:
    return re.sub(r"^[vV](?=\d)", "", str(version))


def _together(packages: list[_Package], below: dict[str, Place[str]]) -> dict[str, tuple[str, ...]]:
    exact = (
        (package.key, name.lower(), _bare(version.strip().removeprefix("=").strip()))
        for package in packages
        for name, version in _requirements(package.entry)
    )
    direct = {key for key, place in below.items() if place.direct}
    return families({package.key: _bare(package.version) for package in packages}, exact, direct)


def _requirements(entry: JsonObject) -> Iterator[tuple[str, str]]:
    required = entry.get("require")
    for name, version in required.items() if isinstance(required, dict) else ():
        if isinstance(version, str):
            yield name, version


def _lacking(packages: list[_Package], manifest: str) -> Iterator[str]:
    """What the composer.json requires, and nothing in the lockfile is, replaces or provides."""
    try:
        root = parse_object(manifest)
    except LockfileError:
        return
    known = {package.key for package in packages} | _replacing(packages).keys()
    known.update(name for part in ("replace", "provide") for name in _required(root, part))
    required = [name for part in ("require", "require-dev") for name in _required(root, part)]
    yield from (name for name in dict.fromkeys(required) if name not in known)


def _why_not_exact(version: object) -> str:
    if not isinstance(version, str) or not version:
        return "has no version in the lockfile"
    if _BRANCH.match(version):
        return "is locked to a branch, not to a release"
    return ""


def _packages(document: JsonObject) -> tuple[list[_Package], list[Unpinned]]:
    if "packages" not in document:
        raise LockfileError("has no packages: is no composer.lock")
    found: list[_Package] = []
    unpinned: list[Unpinned] = []
    for section, dev in _SECTIONS:
        entries = document.get(section)
        if not isinstance(entries, list | None):
            raise LockfileError(f"line {document.line_of(section)}: {section} is not an array")
        for number, entry in enumerate(entries or (), 1):
            name = entry.get("name") if isinstance(entry, JsonObject) else None
            if isinstance(entry, JsonObject) and isinstance(name, str) and name:
                found.append(_Package(name, entry.get("version"), dev, entry))
            else:
                line = getattr(entry, "line", document.line_of(section))
                unpinned.append(Unpinned(f"{section} {number}", line, "has no name"))
    return found, unpinned


def _places(packages: list[_Package], manifest: str) -> dict[str, Place[str]]:
    """By lower-case name; empty where no manifest tells what the project itself requires."""
    try:
        root = parse_object(manifest)
    except LockfileError:  # the lockfile itself still tells the versions
        return {}
    by_name = {package.key: package for package in packages}
    replacing = _replacing(packages)

    def found(names: Iterator[str]) -> Iterator[str]:
        """Packages that stand for these names; folders of the project stand for their needs."""
        for name in names:
            package = by_name.get(name) or replacing.get(name)
            if package is not None:
                yield package.key

    def needs(key: str) -> Iterator[str]:
        return found(_required(by_name[key].entry, "require"))

    own = {package.key for package in packages if package.is_own}
    roots = {
        section: _through(own, list(found(_required(root, section))), needs)
        for section in ("require", "require-dev")
    }
    return places(
        roots["require"],
        roots["require-dev"],
        lambda key: (needed for needed in needs(key) if needed not in own),
    )


def _through(
    own: set[str], names: list[str], needs: Callable[[str], Iterator[str]]
) -> Iterator[str]:
    """These packages; those of the project's folders give way to what they need."""
    for key in reached(names, lambda key: needs(key) if key in own else ()):
        if key not in own:
            yield key


def _replacing(packages: list[_Package]) -> dict[str, _Package]:
    """Packages by the names that they replace or provide, as a metapackage does its parts."""
    found: dict[str, _Package] = {}
    for package in packages:
        for field in ("replace", "provide"):
            for name in _required(package.entry, field):
                found.setdefault(name, package)
    return found


def _required(entry: JsonObject, field: str) -> Iterator[str]:
    names = entry.get(field)
    for name in names if isinstance(names, dict) else ():
        if _VENDOR.match(name):
            yield name.lower()
