"""Files that pin the version of a language: .nvmrc, .python-version, .tool-versions, runtime.txt.

Version managers, Heroku and its likes, and setup actions of pipelines read them.
https://asdf-vm.com/manage/configuration.html
https://devcenter.heroku.com/articles/python-runtimes
"""

import re
from collections.abc import Iterator

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError, lines_of, text_of
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.lifecycle_images import Versioned
from shopsec.scan.access.resources.runtimes import LIVE, Sighting, resources_of

_PRODUCT_OF_FILE = {
    ".nvmrc": "nodejs",
    ".node-version": "nodejs",
    ".python-version": "python",
    ".ruby-version": "ruby",
    ".php-version": "php",
    ".go-version": "go",
    ".java-version": "eclipse-temurin",
}
_NAMED = frozenset({".tool-versions", "runtime.txt"})
_LINES = 1_000
# "nodejs 20.1.0" and "java temurin-17.0.1"; Heroku joins the two: "python-3.12.1".
_ENTRY = re.compile(r"([a-z][a-z-]*?)[\s-]+(?:[a-z]+-)?(v?\d\S*)", re.IGNORECASE)
_PREFIX = re.compile(r"^(?:lts/|[a-z]+-)(?=[a-z\d])", re.IGNORECASE)


def is_pin(file: SourceFile) -> bool:
    """True for files that do nothing but name versions."""
    return file.name in _PRODUCT_OF_FILE or file.name in _NAMED


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """The versions pinned; aliases such as ``lts/*`` pin none."""
    lines = lines_of(text_of(content))
    if len(lines) > _LINES:
        raise DocumentError(f"holds more than {_LINES} lines")
    entries = [
        (number, words)
        for number, line in enumerate(lines, 1)
        if (words := line.partition("#")[0].strip())
    ]
    product = _PRODUCT_OF_FILE.get(file.name, "")
    sightings = (
        Sighting(found, number, LIVE, "pin")
        # Further lines of .python-version are versions to test with.
        for number, words in (entries[:1] if product else entries)
        for found in (_version(product, words, files) if product else _entry(words, files))
    )
    yield from resources_of(file, sightings, files)


SOURCE = Source("pinned versions", is_pin, build)


def _version(product: str, words: str, files: Files) -> Iterator[Versioned]:
    bare = _PREFIX.sub("", words)
    named, cycle = files.lifecycles.by_codename.get(bare.lower(), ("", ""))
    version = cycle if named == product else bare
    if version.lstrip("vV")[:1].isdigit():
        yield Versioned(product, version)


def _entry(words: str, files: Files) -> Iterator[Versioned]:
    match = _ENTRY.match(words)
    product = files.lifecycles.by_pin.get(match[1].lower(), "") if match else ""
    if match and product:
        yield Versioned(product, match[2])
