"""Versions of the scanners that are here."""

import importlib.metadata
import os
import tempfile
from collections.abc import Iterator

from shopsec.scan.containers.trivy_tool import find_trivy, trivy_version
from shopsec.scan.host import Host

_PACKAGES = ("pip-audit", "detect-secrets", "bandit", "cel-expr-python")


def versions() -> Iterator[tuple[str, str]]:
    """Yield (name, version or what is missing)."""
    for name in _PACKAGES:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield name, "missing"
    with tempfile.TemporaryDirectory(prefix="shopsec-") as folder:
        host = Host(folder, 1, offline=True, environ=os.environ, cache=folder)
        path = find_trivy(host)
        yield "trivy", trivy_version(host, path) if path else "missing (not installed)"
