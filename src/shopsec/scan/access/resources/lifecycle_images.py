"""Which products a container image holds, and in which versions, as far as its name and tag tell.

``php:7.4-fpm-alpine3.16`` holds PHP 7.4 and Alpine Linux 3.16, ``node:20-bookworm`` Node.js 20 and
Debian 12. An image whose name the table does not know holds only what words in its name and tag
say; the number its tag begins with is its maker's own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shopsec.policy.lifecycle import Lifecycles
from shopsec.scan.access.resources.images import ImageReference


@dataclass(frozen=True)
class Versioned:
    """A product of the table with a version as written, empty where none is."""

    product: str
    version: str


# Words in names and tags, as in php8.1, node-16, python3.8, pg16, jdk17, debian-12, ubi8.
_WORDS = {
    "php": "php", "node": "nodejs", "nodejs": "nodejs", "python": "python", "ruby": "ruby",
    "golang": "go", "openjdk": "openjdk-builds-from-oracle", "temurin": "eclipse-temurin",
    "jdk": "eclipse-temurin", "jre": "eclipse-temurin", "corretto": "amazon-corretto",
    "pg": "postgresql", "alpine": "alpine-linux", "debian": "debian", "ubuntu": "ubuntu",
    "centos": "centos", "ubi": "rhel", "rockylinux": "rocky-linux", "almalinux": "almalinux",
}  # fmt: skip
# Where a variable stands for the rest of a number, the number is not known.
_NUMBER = r"(\d++(?:\.\d++)*+)(?![\w$]|\.\$)"
_WORD = re.compile(rf"(?:^|[-_/]|(?<=\d))({'|'.join(_WORDS)})[-_]?v?{_NUMBER}")
_LEADING = re.compile(r"v?(\d++(?:\.\d++)*+(?:-p\d+)?)(?!\$|\.\$)", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w-]+(?:\.[\w-]+)+(?::\d+)?|[\w.-]+:\d+|localhost|\$\{?\w+\}?)/")
# Official images have no owner there: Docker's registry, and what stands in front of it.
_OFFICIAL_HOST = re.compile(r"docker\.io/|gcr\.io/|proxy|mirror|hub|cache", re.IGNORECASE)


def products_in(image: ImageReference, lifecycles: Lifecycles) -> tuple[Versioned, ...]:
    """What an image holds, the product it is named for first."""
    found: dict[str, str] = {}
    named = _named_for(image.name.lower(), lifecycles)
    if named:
        leading = _LEADING.match(image.tag)
        found[named] = leading[1] if leading else ""
    for product, version in _said(image, lifecycles):
        if not found.get(product):
            found[product] = version
    return tuple(Versioned(product, version) for product, version in found.items())


def _named_for(name: str, lifecycles: Lifecycles) -> str:
    """The product of an image's name, or an empty text."""
    host = _HOST.match(name)
    path = name[host.end() :] if host else name
    official = path.rpartition("library/")[2]
    owned = "/" in official
    if owned:
        path = "/".join(path.split("/")[-2:]).replace("bitnamilegacy/", "bitnami/")
    elif official != path or host is None or _OFFICIAL_HOST.search(host[0]):
        path = official
    else:
        return ""
    return lifecycles.by_image.get(path, "")


def _said(image: ImageReference, lifecycles: Lifecycles) -> Iterator[tuple[str, str]]:
    """Products and versions that words of the name and the tag tell."""
    for text in (image.tag, "/".join(image.name.split("/")[-2:])):
        for word, version in _WORD.findall(text.lower()):
            yield _WORDS[word], version
    for word in re.split(r"[-_.]", image.tag.lower()):
        if word in lifecycles.by_codename:
            yield lifecycles.by_codename[word]
