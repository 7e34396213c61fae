"""What runs where: services of Compose files, containers of Kubernetes and Helm, data stores and
functions that Terraform orders from a cloud.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from shopsec.scan.access.documents import lines_of
from shopsec.scan.access.resources.base import Files, Resource, Summary
from shopsec.scan.access.resources.compose import Service
from shopsec.scan.access.resources.helm import HelmValues
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.kubernetes_containers import Container
from shopsec.scan.access.resources.kustomize import ImageChoice
from shopsec.scan.access.resources.lifecycle_images import Versioned
from shopsec.scan.access.resources.runtimes import (
    DEVELOPER,
    LIVE,
    UNCLEAR,
    Sighting,
    resources_of,
    sightings_of_image,
)
from shopsec.scan.access.resources.terraform import TerraformBlock

_STACK = {"production": LIVE, "developer": DEVELOPER}
# Attributes of Terraform resources that hold a product's version, and the product where the
# attribute beside it does not name one.
_VERSION_OF = {
    "aws_db_instance": ("engine_version", "engine"),
    "aws_rds_cluster": ("engine_version", "engine"),
    "aws_rds_cluster_instance": ("engine_version", "engine"),
    "aws_elasticache_cluster": ("engine_version", "engine"),
    "aws_elasticache_replication_group": ("engine_version", "engine"),
    "aws_mq_broker": ("engine_version", "engine_type"),
    "aws_opensearch_domain": ("engine_version", ""),
    "aws_elasticsearch_domain": ("elasticsearch_version", ""),
    "aws_lambda_function": ("runtime", ""),
    "google_sql_database_instance": ("database_version", ""),
    "google_cloudfunctions_function": ("runtime", ""),
    "azurerm_postgresql_server": ("version", ""),
    "azurerm_postgresql_flexible_server": ("version", ""),
    "azurerm_mysql_flexible_server": ("version", ""),
}
_ENGINES = {
    "postgres": "postgresql", "aurora-postgresql": "postgresql", "postgresql": "postgresql",
    "mysql": "mysql", "aurora-mysql": "mysql", "aurora": "mysql", "mariadb": "mariadb",
    "redis": "redis", "valkey": "valkey", "memcached": "memcached", "rabbitmq": "rabbitmq",
    "opensearch": "opensearch", "elasticsearch": "elasticsearch", "python": "python",
    "nodejs": "nodejs", "ruby": "ruby", "php": "php", "dotnet": "dotnet",
    "dotnetcore": "dotnet", "java": "amazon-corretto",
    "go": "go",
}  # fmt: skip
# "OpenSearch_2.5", "POSTGRES_12", "MYSQL_5_7", "nodejs16.x"; "python38" has no dot.
_WITHOUT_DOT = frozenset({"python", "php", "ruby", "go"})
_JOINED = re.compile(r"([a-z]+)_?(\d+(?:[._]\d+)*)", re.IGNORECASE)
_LINES_OF_BLOCK = 200


def build(files: Files, resources: Sequence[Resource]) -> Iterator[Resource]:
    """Runtimes of everything that is started, file by file."""
    by_file: dict[str, list[Resource]] = defaultdict(list)
    for each in resources:
        if isinstance(each.view, (Service, Container, HelmValues, ImageChoice, TerraformBlock)):
            by_file[each.file.uri].append(each)
    for group in by_file.values():
        found = (sighting for each in group for sighting in sightings(each, files))
        yield from resources_of(group[0].file, found, files)


SUMMARY = Summary("runtimes of services and containers", build)


def sightings(resource: Resource, files: Files) -> Iterator[Sighting]:
    """What a service, a container, values of a chart or a block of Terraform start."""
    line = resource.line_at("image")
    match resource.view:
        case Service() as service if service.image and not service.builds:
            use = _STACK.get(service.stack, UNCLEAR)
            yield from sightings_of_image(service.image, line, use, "image", files)
        case (Container() | ImageChoice()) as started if started.image:
            yield from sightings_of_image(started.image, line, LIVE, "image", files)
        case HelmValues() as values:
            use = LIVE if values.live else UNCLEAR
            for image in values.images:
                place = _line_with(parse_image(image).short_name, resource, files)
                yield from sightings_of_image(image, place, use, "image", files)
        case TerraformBlock() as block if block.kind in _VERSION_OF:
            key, engine_key = _VERSION_OF[block.kind]
            found = _ordered(block, block.values.get(key, ""), engine_key)
            if found:
                yield Sighting(found, _line_with(key, resource, files), LIVE, "cloud")


def _ordered(block: TerraformBlock, version: str, engine_key: str) -> Versioned | None:
    """The product and version that a block of Terraform orders."""
    engine = block.values.get(engine_key, "") if engine_key else ""
    if block.kind.startswith("azurerm_"):
        engine = "postgresql" if "postgresql" in block.kind else "mysql"
    elif block.kind == "aws_elasticache_replication_group":
        engine = engine or "redis"
    elif block.kind == "aws_elasticsearch_domain":
        engine = "elasticsearch"
    elif not engine_key:
        joined = _JOINED.match(version)
        engine, version = (joined[1], joined[2].replace("_", ".")) if joined else ("", "")
        if engine.lower() in _WITHOUT_DOT and version.isdigit() and len(version) > 1:
            version = f"{version[0]}.{version[1:]}"
    product = _ENGINES.get(engine.lower(), "")
    return Versioned(product, version) if product and version[:1].isdigit() else None


def _line_with(word: str, resource: Resource, files: Files) -> int:
    """The line of a resource on which a word stands first, else the resource's own."""
    lines = lines_of(files.read(resource.file).decode("utf-8", "replace"))
    start = resource.line
    for number, line in enumerate(lines[start - 1 : start + _LINES_OF_BLOCK], start):
        if word in line:
            return number
    return start
