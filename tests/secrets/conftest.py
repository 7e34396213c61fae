from dataclasses import dataclass, field

import pytest

from shopsec.scan.secrets.engine import Engine
from shopsec.scan.secrets.hits import FORMAT, SERVICE
from shopsec.scan.secrets.reading import text_of
from shopsec.scan.secrets.redaction import name_of, shown
from shopsec.scan.secrets.scanner import Secrets
from shopsec.scan.secrets.source import Source
from shopsec.scan.secrets.table import load_table

TODAY = 1_795_478_400.0
"""2026-11-24, in seconds since 1970."""

ENGINE = Engine(load_table(), TODAY)


@dataclass
class Seen:
    """A hit in the words that findings have."""

    rule: str
    line: int
    name: str
    shown: str
    confidence: str
    severity: str


@dataclass
class Search:
    sightings: list[Seen]
    left_out: dict[str, int]
    cut_short: str = ""
    values: list[str] = field(default_factory=list)


def search(text, path, engine=ENGINE):
    source = Source(text_of(text if isinstance(text, bytes) else text.encode()), path)
    found = engine.search(source)
    values = [hit.place.value for hit in found.hits]
    sightings = [
        Seen(
            hit.rule,
            source.line_number(hit.begins),
            name_of(source, hit, values),
            shown(hit.place.value) if hit.rank in {FORMAT, SERVICE} and not hit.opaque else "",
            hit.verdict.confidence.value,
            hit.verdict.severity.value if hit.verdict.severity else "",
        )
        for hit in found.hits
    ]
    return Search(sightings, dict(found.left_out), found.cut_short, values)


@pytest.fixture
def found():
    """All that the search of a text gives."""

    def run(text, path="shop/settings.py"):
        return search(text, path)

    return run


@pytest.fixture
def seen(found):
    """(rule, line, name) of everything found in a text."""

    def run(text, path="shop/settings.py"):
        return [(each.rule, each.line, each.name) for each in found(text, path).sightings]

    return run


@pytest.fixture
def scan(tree, target_of):
    """Scan files as a repository."""

    def run(files, **settings):
        target, host = target_of(tree(files), **settings)
        return Secrets().scan(target, host)

    return run
