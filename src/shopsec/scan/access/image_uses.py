"""Which container images a repository's files name, and where.

For scanners of images, which are handed the result: what Dockerfiles, Compose files, manifests,
values of charts and pipelines mean is known here.
"""

from collections.abc import Iterator
from dataclasses import replace

from shopsec.model import BuildStep, ImageUse, Role, SourceFile
from shopsec.scan.access.documents import DocumentError, NotRendered
from shopsec.scan.access.documents.dockerfile import Dockerfile, parse_dockerfile
from shopsec.scan.access.repository_files import RepositoryFiles, known_lifecycles
from shopsec.scan.access.resources import (
    compose,
    helm,
    kubernetes,
    kustomize,
    runtimes_dockerfiles,
    runtimes_github,
    runtimes_pipelines,
    runtimes_services,
)
from shopsec.scan.access.resources.base import Files
from shopsec.scan.access.resources.dockerfiles import is_dockerfile
from shopsec.scan.access.resources.image_releases import newer_release
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.runtimes import LIVE, UNCLEAR, Sighting
from shopsec.scan.base import Target
from shopsec.scan.host import Host, Unreadable

_STARTING = (
    compose.SOURCE,
    compose.STACK_SOURCE,
    kubernetes.SOURCE,
    kustomize.SOURCE,
    helm.SOURCE,
)
_SETTINGS = (".yml", ".yaml", ".json")


def image_uses(target: Target, host: Host) -> tuple[ImageUse, ...]:
    """Every image with each of its places, in the order of files and lines.

    A file that cannot be used is passed over: the scanner of access rules names it.
    """
    lifecycles, _, _ = known_lifecycles(host, target)
    files = RepositoryFiles(target, host, lifecycles)
    return tuple(use for file in files.files for use in _of_file(file, files))


def _of_file(file: SourceFile, files: Files) -> list[ImageUse]:
    if file.role is Role.VENDORED:
        return []
    try:
        found = list(_uses(file, files))
    except (Unreadable, DocumentError, NotRendered):
        return []
    by_place = {(each.location.start_line, each.image): each for each in reversed(found)}
    return sorted(by_place.values(), key=lambda each: (each.location.start_line or 0, each.image))


def _uses(file: SourceFile, files: Files) -> Iterator[ImageUse]:
    if is_dockerfile(file):
        yield from _of_dockerfile(file, parse_dockerfile(files.read(file)), files)
    elif file.path.endswith(_SETTINGS):
        for sighting in _sightings(file, files.read(file), files):
            if sighting.image:
                yield _use(file, sighting, files)


def _of_dockerfile(file: SourceFile, document: Dockerfile, files: Files) -> Iterator[ImageUse]:
    first = document.shipped[-1]
    for sighting in runtimes_dockerfiles.sightings(document, files):
        if sighting.image and sighting.line == first.line:
            yield replace(_use(file, sighting, files), steps=_steps(file, document))
        elif sighting.image:
            yield _use(file, sighting, files)


def _steps(file: SourceFile, document: Dockerfile) -> tuple[BuildStep, ...]:
    return tuple(
        BuildStep(each.keyword, each.value, file.at(each.line))
        for stage in reversed(document.shipped)
        for each in stage.instructions
    )


def _sightings(file: SourceFile, content: bytes, files: Files) -> Iterator[Sighting]:
    if runtimes_github.is_pipeline(file):
        yield from runtimes_github.sightings(content, files)
        return
    if runtimes_pipelines.is_pipeline(file):
        yield from runtimes_pipelines.sightings(file, content, files)
        return
    if b"image" not in content:
        return
    for source in _STARTING:
        if source.matches(file) and (source.holds is None or source.holds(content)):
            for resource in source.build(file, content, files):
                yield from runtimes_services.sightings(resource, files)


def _use(file: SourceFile, sighting: Sighting, files: Files) -> ImageUse:
    reference = parse_image(sighting.image)
    return ImageUse(
        image=sighting.image,
        location=file.at(sighting.line),
        ships=sighting.use in {LIVE, UNCLEAR} and file.role is Role.PRODUCTION,
        newer=newer_release(reference, files.lifecycles, files.today),
        resolved=reference.is_resolved,
    )
