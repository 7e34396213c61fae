"""Versions of the scanners that are here."""

import importlib.metadata
from collections.abc import Iterator

_PACKAGES = ("pip-audit", "bandit", "cel-expr-python")


def versions() -> Iterator[tuple[str, str]]:
    """Yield (name, version or what is missing)."""
    for name in _PACKAGES:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield name, "missing"
