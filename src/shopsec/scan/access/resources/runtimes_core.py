"""Shop platforms whose own code is in the repository, by the file that says its version."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shopsec.model import SourceFile
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.lifecycle_images import Versioned
from shopsec.scan.access.resources.runtimes import LIVE, Sighting, resources_of


@dataclass(frozen=True)
class _Core:
    """The file of a platform that says its version."""

    product: str
    path: re.Pattern[str]
    mark: bytes
    """Stands in the file, and tells it from others of the name."""
    version: re.Pattern[bytes]


_CONSTANT = re.compile(rb"const\s+VERSION\s*=\s*'(\d[^']*)'")
_CORES = (
    _Core(
        "wordpress",
        re.compile(r"(?:^|/)wp-includes/version\.php$"),
        b"wp_version",
        re.compile(rb"^\$wp_version\s*=\s*'(\d[^']*)'", re.MULTILINE),
    ),
    _Core(
        "opencart",
        re.compile(r"^(?:[\w.-]+/)?index\.php$"),
        b"is_file('config",
        re.compile(rb"^define\('VERSION',\s*'(\d[^']*)'\);", re.MULTILINE),
    ),
    _Core("prestashop", re.compile(r"(?:^|/)app/AppKernel\.php$"), b"PrestaShop", _CONSTANT),
    _Core("prestashop", re.compile(r"(?:^|/)src/Core/Version\.php$"), b"PrestaShop", _CONSTANT),
    _Core("drupal", re.compile(r"(?:^|/)core/lib/Drupal\.php$"), b"Drupal", _CONSTANT),
)
_NAMES = frozenset({"version.php", "Version.php", "index.php", "AppKernel.php", "Drupal.php"})


def is_core(file: SourceFile) -> bool:
    """True for the files that may say a platform's version."""
    return file.name in _NAMES and any(core.path.search(file.path) for core in _CORES)


def says_version(content: bytes) -> bool:
    """True where some platform says its version."""
    return any(core.mark in content and core.version.search(content) for core in _CORES)


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """The platform, in the version it says."""
    sightings = (
        Sighting(
            Versioned(core.product, match[1].decode("ascii", "replace")),
            content.count(b"\n", 0, match.start(1)) + 1, LIVE, "core",
        )
        for core in _CORES
        if core.path.search(file.path) and core.mark in content
        and (match := core.version.search(content))
    )  # fmt: skip
    yield from resources_of(file, sightings, files)


SOURCE = Source(
    "platform in the repository", is_core, build, says_version, bulk=("php", "py", "xml")
)
