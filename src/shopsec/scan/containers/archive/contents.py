"""From the layers of an image to its system and packages."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shopsec.scan.containers.archive.layer import Layer
from shopsec.scan.containers.archive.os_release import System, parse_system
from shopsec.scan.containers.archive.packages import PackageList, SystemPackage
from shopsec.scan.containers.archive.wanted import (
    ALPINE_RELEASE,
    DEBIAN_VERSION,
    OS_RELEASE,
    Found,
    Link,
    is_list,
)

_LINKS = 10


@dataclass(frozen=True)
class Installed:
    """A package of an image, and the layer that brought this version of it, from 0 for the base."""

    package: SystemPackage
    layer: int


@dataclass(frozen=True)
class ImageContents:
    """What is in an image, as far as its own files tell."""

    config: bytes
    """Its configuration: https://github.com/opencontainers/image-spec/blob/main/config.md."""
    layers: int
    system: System | None
    packages: tuple[Installed, ...] = ()
    problems: tuple[str, ...] = ()
    """What could not be read of it."""

    @property
    def id(self) -> str:
        """By which engines know it."""
        return f"sha256:{hashlib.sha256(self.config).hexdigest()}"


@dataclass
class Filesystem:
    """The wanted files as the layers so far leave them."""

    files: dict[str, Found] = field(default_factory=dict)
    origins: dict[SystemPackage, int] = field(default_factory=dict)
    outside: int = 0

    def apply(self, number: int, layer: Layer) -> None:
        """Put a layer over what is there."""
        for path in [path for path in self.files if layer.hides(path)]:
            del self.files[path]
        self.files.update(layer.files)
        self.outside += layer.outside
        self.origins = {
            package: self.origins.get(package, number) for package in _packages(self._lists())
        }

    def text(self, paths: Iterable[str]) -> bytes:
        """The first of these files that there is."""
        found = (self._resolved(path) for path in paths)
        return next((each for each in found if isinstance(each, bytes)), b"")

    def problems(self) -> Iterator[str]:
        """What could not be read, in the order of the paths."""
        for path in sorted(self.files):
            found = self._resolved(path)
            if isinstance(found, PackageList):
                if found.problem:
                    yield f"{path} {found.problem}"
            elif found is None and (is_list(path) or not self.text(OS_RELEASE)):
                yield f"{path} is a link to what is not read"
        if self.outside:
            ends = "y whose path leads" if self.outside == 1 else "ies whose paths lead"
            yield f"it has {self.outside} entr{ends} out of the image (../)"

    def _lists(self) -> Iterator[PackageList]:
        for path in sorted(self.files):
            found = self._resolved(path)
            if isinstance(found, PackageList):
                yield found

    def _resolved(self, path: str) -> Found | None:
        """What is at a path behind links between wanted files; None for any other."""
        found = self.files.get(path)
        for _ in range(_LINKS):
            if not isinstance(found, Link):
                return found
            found = self.files.get(found.target)
        return None


def _packages(lists: Iterable[PackageList]) -> dict[SystemPackage, None]:
    return dict.fromkeys(package for each in lists for package in each.packages)


def contents(config: bytes, layers: Sequence[Layer]) -> ImageContents:
    """Put the layers over one another, the base first."""
    files = Filesystem()
    for number, layer in enumerate(layers):
        files.apply(number, layer)
    system = parse_system(
        files.text(OS_RELEASE), files.text([ALPINE_RELEASE]), files.text([DEBIAN_VERSION])
    )
    packages = tuple(Installed(*each) for each in files.origins.items())
    return ImageContents(config, len(layers), system, packages, tuple(files.problems()))
