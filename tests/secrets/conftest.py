import pytest

from shopsec.scan.secrets.detect_secrets import DetectSecrets
from shopsec.scan.secrets.detectors import detectors
from shopsec.scan.secrets.search import search
from shopsec.scan.secrets.source import Source

TODAY = 1_795_478_400.0
"""2026-11-24, in seconds since 1970."""


@pytest.fixture
def found():
    """All that the search of a text gives."""

    def run(text, path="shop/settings.py"):
        return search(Source(text.encode().decode("latin-1"), path), detectors(TODAY))

    return run


@pytest.fixture
def seen(found):
    """(rule, line, name) of everything found in a text."""

    def run(text, path="shop/settings.py"):
        return [(each.rule, each.line, each.name) for each in found(text, path).sightings]

    return run


@pytest.fixture
def scan(tree, target_of):
    """Scan files with the real worker."""

    def run(files, **settings):
        target, host = target_of(tree(files), **settings)
        return DetectSecrets().scan(target, host)

    return run
