"""Runtimes and services of Adobe Commerce Cloud, Platform.sh and Upsun: ``type: php:8.1``.

https://docs.upsun.com/create-apps/app-reference/single-runtime-image.html
https://experienceleague.adobe.com/en/docs/commerce-on-cloud/user-guide/configure/service/services-yaml
"""

import re
from collections.abc import Iterator

from shopsec.model import SourceFile
from shopsec.scan.access.documents import text_of
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.lifecycle_images import Versioned
from shopsec.scan.access.resources.runtimes import LIVE, Sighting, resources_of

_PATH = re.compile(
    r"(?:^|/)(?:\.(?:magento|platform)\.app\.ya?ml"
    r"|\.(?:magento|platform|upsun)/(?:services|applications|config|[\w-]+)\.ya?ml)$"
)
_TYPE = re.compile(r"^[ \t]*type:[ \t]*[\"']?([a-z][a-z-]*):(\d[\d.]*)", re.MULTILINE)
# What is called mysql there is MariaDB.
_OTHER_NAMES = {
    "mysql": "mariadb", "oracle-mysql": "mysql", "mongodb-enterprise": "mongodb",
    "elasticsearch-enterprise": "elasticsearch", "golang": "go", "java": "eclipse-temurin",
    "redis-persistent": "redis", "valkey-persistent": "valkey",
}  # fmt: skip


def is_configuration(file: SourceFile) -> bool:
    """True for the files of these hosters."""
    return file.name.endswith((".yml", ".yaml")) and _PATH.search(file.path) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Every ``type`` whose name is a product's."""
    text = text_of(content)
    sightings = (
        Sighting(
            Versioned(product, match[2]), text.count("\n", 0, match.start(1)) + 1, LIVE, "image"
        )
        for match in _TYPE.finditer(text)
        if (product := _OTHER_NAMES.get(match[1], match[1])) in files.lifecycles.products
    )
    yield from resources_of(file, sightings, files)


SOURCE = Source("runtimes of a hoster", is_configuration, build)
