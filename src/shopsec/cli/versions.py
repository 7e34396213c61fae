"""Versions of the scanners that come with shopsec.

Trivy is another program, which `shopsec doctor` asks: to start one takes longer than all of this.
"""

import importlib.metadata
from collections.abc import Iterator

_PACKAGES = ("pip-audit", "bandit", "detect-secrets", "cel-expr-python")
_MISSING = "missing"


def versions() -> Iterator[tuple[str, str]]:
    """Yield (name, version or what is missing)."""
    for name in _PACKAGES:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield name, _MISSING
