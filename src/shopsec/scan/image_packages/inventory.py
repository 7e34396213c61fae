"""The images' contents, and the keys by which advisories know their packages."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shopsec.model import ImageKind
from shopsec.scan.containers.archive.budget import UnreadableImageError
from shopsec.scan.containers.archive.contents import ImageContents, Installed
from shopsec.scan.containers.archive.image import read_image
from shopsec.scan.containers.archive.root_folder import read_root_folder
from shopsec.scan.containers.images import Image, find_problem
from shopsec.scan.dependencies.packages import Key
from shopsec.scan.dependencies.versions import base_name

# What a system's advisories speak of; another package manager's list in it is somebody else's.
_KINDS = {"Alpine": "apk", "Debian": "deb", "Ubuntu": "deb"}
_PULLED = "is no archive: only Trivy looks into images that an engine or a registry holds"
_SBOM = "needs Trivy, which alone compares what an SBOM names"


@dataclass(frozen=True)
class Looked:
    """One image, and what is in it or why that cannot be told."""

    image: Image
    contents: ImageContents | None
    problem: str = ""

    def keyed(self) -> Iterator[tuple[Key | None, Installed]]:
        """Each package with its key; None where no advisories here speak of its like."""
        if self.contents is None:
            return
        system = self.contents.system
        ecosystem = system.ecosystem if system else ""
        kind = _KINDS.get(base_name(ecosystem))
        for each in self.contents.packages:
            package = each.package
            known = package.kind == kind
            yield (Key(ecosystem, package.source, package.source_version) if known else None), each


def look_into(images: Iterable[Image], seconds: float) -> list[Looked]:
    """Read each archive; together they take at most so many seconds."""
    end = time.monotonic() + seconds
    return [_look(image, end) for image in images]


def _look(image: Image, end: float) -> Looked:
    problem = find_problem(image)
    if problem or image.path is None:
        return Looked(image, None, problem or _PULLED)
    if image.kind is ImageKind.SBOM:
        return Looked(image, None, _SBOM)
    read = read_root_folder if image.kind is ImageKind.ROOT_FOLDER else read_image
    try:
        return Looked(image, read(image.path, end))
    except UnreadableImageError as error:
        return Looked(image, None, str(error))


def systems_of(looked: Iterable[Looked]) -> set[str]:
    """OSV's names of the systems in these images, without their releases."""
    return {base_name(key.ecosystem) for each in looked for key, _ in each.keyed() if key}
