"""Images that pipelines run in, where a file says ``image:``: GitLab, Bitbucket, CircleCI, Azure,
Drone and Woodpecker.

What they have in common is enough here: a key ``image`` that is a text, or a mapping with a name.
GitLab's ``services`` are images too; elsewhere they refer to what is defined in another place. So
does Azure's ``container``, unless it has a tag or a registry.
Variables that the file sets are put in.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shopsec.model import SourceFile
from shopsec.scan.access.documents.yaml_document import Pointer, YamlDocument, parse_yaml
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.runtimes import (
    CI,
    Sighting,
    resources_of,
    sightings_of_image,
)

_PATH = re.compile(
    r"(?:^|/)(?:[\w.-]*\.gitlab-ci\.ya?ml|bitbucket-pipelines\.ya?ml|azure-pipelines[\w.-]*\.ya?ml"
    r"|\.(?:drone|woodpecker)\.ya?ml)$"
    r"|(?:^|/)\.(?:gitlab(?:/ci|-ci)|circleci|woodpecker)/(?:.+/)?[^/]+\.ya?ml$"
)


def is_pipeline(file: SourceFile) -> bool:
    """True for the files of these systems."""
    return file.name.endswith((".yml", ".yaml")) and _PATH.search(file.path) is not None


def names_images(content: bytes) -> bool:
    """True where some line may name an image."""
    return any(word in content for word in (b"image", b"services", b"container"))


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Runtimes of every image that the file names."""
    yield from resources_of(file, sightings(file, content, files), files)


def sightings(file: SourceFile, content: bytes, files: Files) -> Iterator[Sighting]:
    """What every image of the file holds."""
    for document in parse_yaml(content):
        variables = _variables(document.value)
        for line, image, found_in in _images(document, file.path):
            yield from sightings_of_image(image, line, CI, found_in, files, variables)


SOURCE = Source("images of a pipeline", is_pipeline, build, names_images, is_pipeline)


def _images(document: YamlDocument, path: str) -> list[tuple[int, str, str]]:
    """Line, image and use of every image, in the order of the file."""
    gitlab, azure = "gitlab" in path, "azure" in path
    found: set[tuple[int, str, str]] = set()
    waiting: list[tuple[Pointer, Any]] = [((), document.value)]
    while waiting:
        at, value = waiting.pop()
        for key, each in _entries(value):
            place = (*at, key)
            service = "services" in at
            is_image = key == "image" or (gitlab and at[-1:] == ("services",))
            image = _image(each) if is_image else ""
            if azure and key == "container" and re.search("[:/]", _image(each)):
                image = _image(each)
            if image:
                found.add((document.line(*place), image, "service" if service else "job"))
            waiting.append((place, each))
    return sorted(found)


def _entries(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _image(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) and " " not in value else ""


def _variables(value: Any) -> Mapping[str, str]:
    """The variables at the top of a file, with GitLab's descriptions left out."""
    variables = value.get("variables") if isinstance(value, dict) else None
    if not isinstance(variables, dict):
        return {}
    return {
        name: str(each.get("value", "") if isinstance(each, dict) else each)
        for name, each in variables.items()
    }
