"""What is tested against what is live: the same product in other versions.

A repository tells environments apart by its files' names and folders: compose.staging.yml,
overlays/production/, values-prod.yaml, environments/live/. Which of several versions in one
environment counts is unknown, so that only environments with no version in common differ.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from shopsec.scan.access.resources.base import Files, Resource, Summary, fact
from shopsec.scan.access.resources.compose import Service
from shopsec.scan.access.resources.dockerfiles import DockerfileView
from shopsec.scan.access.resources.helm import HelmValues
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.kubernetes_containers import Container
from shopsec.scan.access.resources.kustomize import ImageChoice
from shopsec.scan.access.resources.terraform import TerraformBlock

_STAGING = re.compile(
    r"(?:^|[/._-])(?:staging|stage|stg|pre-?prod|preproduction|uat|acceptance|qa)(?:[/._-]|$)",
    re.IGNORECASE,
)
_LIVE = re.compile(r"(?:^|[/._-])(?:production|prod|prd|live)(?:[/._-]|$)", re.IGNORECASE)
_RUNTIMES = frozenset(
    ["php", "node", "python", "ruby", "golang", "openjdk", "eclipse-temurin", "nginx", "httpd",
     "varnish", "traefik", "haproxy", "caddy"]
)  # fmt: skip
_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class VersionDrift:
    """A runtime or data store whose version in production is not the one that staging has."""

    KIND: ClassVar[str] = "version_drift"
    PLACES: ClassVar[tuple[str, ...]] = ()

    product: str = fact("name of the image or engine")
    production: str = fact("versions in production, sorted")
    staging: str = fact("versions in staging, sorted")
    staging_file: str = fact("a file that says so for staging")


@dataclass(frozen=True)
class _Sighting:
    """A version of a product in one environment."""

    version: str
    resource: Resource
    line: int


def build(files: Files, resources: Sequence[Resource]) -> Iterator[Resource]:
    """One resource for each product that differs, at its version in production."""
    del files
    staging: dict[str, list[_Sighting]] = defaultdict(list)
    live: dict[str, list[_Sighting]] = defaultdict(list)
    for resource in resources:
        environment = _environment(resource.file.path)
        if environment:
            for product, version, line in _versions(resource):
                sighting = _Sighting(version, resource, line)
                (live if environment == "live" else staging)[product].append(sighting)
    for product in sorted(set(staging) & set(live)):
        tested = {each.version for each in staging[product]}
        shipped = {each.version for each in live[product]}
        if not any(_same(one, other) for one in tested for other in shipped):
            first = live[product][0]
            view = VersionDrift(
                product=product,
                production=", ".join(sorted(shipped)),
                staging=", ".join(sorted(tested)),
                staging_file=staging[product][0].resource.file.path,
            )
            yield Resource(view, first.resource.file, first.line, product)


SUMMARY = Summary("versions in staging and production", build)


def _environment(path: str) -> str:
    found = [name for name, pattern in (("staging", _STAGING), ("live", _LIVE))
             if pattern.search(path)]  # fmt: skip
    return found[0] if len(found) == 1 else ""


def _versions(resource: Resource) -> Iterator[tuple[str, str, int]]:
    """Product, version and line of everything that the resource starts."""
    view = resource.view
    line = resource.line_at("image")
    match view:
        case Service() if not view.builds:
            yield from _of_image(view.image, line)
        case Container() | ImageChoice():
            yield from _of_image(view.image, line)
        case HelmValues():
            for image in view.images:
                yield from _of_image(image, line)
        case DockerfileView():
            yield from _of_image(view.base, resource.line_at("from"))
        case TerraformBlock() if view.values.get("engine_version"):
            match = _VERSION.match(view.values["engine_version"])
            if match:
                yield view.values.get("engine") or view.kind, match[0], resource.line


def _of_image(text: str, line: int) -> Iterator[tuple[str, str, int]]:
    image = parse_image(text)
    match = _VERSION.match(image.tag)
    if match and image.is_resolved and (image.is_datastore or image.short_name in _RUNTIMES):
        yield image.short_name, match[0].removeprefix("v"), line


def _same(one: str, other: str) -> bool:
    """True for equal versions, and for 17 beside 17.2: the shorter one says less."""
    pairs = zip(one.split("."), other.split("."), strict=False)
    return all(left == right for left, right in pairs)
