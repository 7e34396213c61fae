"""What images are built on, stage by stage."""

import re
from collections.abc import Iterator

from shopsec.model import SourceFile
from shopsec.scan.access.documents.dockerfile import Dockerfile, Stage, parse_dockerfile
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.dockerfiles import is_dockerfile
from shopsec.scan.access.resources.lifecycle_images import Versioned
from shopsec.scan.access.resources.runtimes import (
    BUILD,
    LIVE,
    Sighting,
    resources_of,
    sightings_of_image,
)

# NodeSource's packages: their address names the release line.
_NODESOURCE = re.compile(r"nodesource\.com/(?:setup_|node_)(\d+)\.x")
_COPIED_FROM = re.compile(r"--from=(\S+)")


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Runtimes of every stage of a Dockerfile; those of the last one's chain ship."""
    yield from resources_of(file, sightings(parse_dockerfile(content), files), files)


SOURCE = Source("runtimes of a Dockerfile", is_dockerfile, build, bulk=("php", "rb", "html", "xml"))


def sightings(document: Dockerfile, files: Files) -> Iterator[Sighting]:
    """What each stage is built on, and what it takes along."""
    shipped = document.shipped
    for stage in document.stages:
        use = LIVE if any(each is stage for each in shipped) else BUILD
        if document.parent(stage) is None and stage.base.lower() != "scratch":
            yield from sightings_of_image(stage.base, stage.line, use, "image", files)
        yield from _of_instructions(stage, use, document, files)


def _of_instructions(
    stage: Stage, use: str, document: Dockerfile, files: Files
) -> Iterator[Sighting]:
    names = {each.name for each in document.stages} | set(map(str, range(len(document.stages))))
    for instruction in stage.instructions:
        if instruction.keyword == "RUN":
            for line in _NODESOURCE.findall(instruction.value):
                yield Sighting(Versioned("nodejs", line), instruction.line, use, "image")
        elif instruction.keyword == "COPY":
            origin = _COPIED_FROM.search(instruction.value)
            if origin and origin[1].lower() not in names:
                yield from sightings_of_image(origin[1], instruction.line, BUILD, "image", files)
