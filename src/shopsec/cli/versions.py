"""Versions of the scanners that are here."""

import importlib.metadata
import os
from collections.abc import Iterator

from shopsec.cli.checkout import cache_folder
from shopsec.model import Status
from shopsec.scan.containers.trivy import TrivyUnusableError, locate
from shopsec.scan.host import Host

_PACKAGES = ("pip-audit", "bandit", "detect-secrets", "cel-expr-python")
_MISSING = "missing"


def versions() -> Iterator[tuple[str, str]]:
    """Yield (name, version or what is missing)."""
    for name in _PACKAGES:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield name, _MISSING
    yield "trivy", _trivy()


def _trivy() -> str:
    """As a scan of the current folder would find it: never a program that lies in there."""
    here = os.path.realpath(os.curdir)
    host = Host(here, 1, offline=True, environ=os.environ, cache=cache_folder())
    try:
        return locate(host).version
    except TrivyUnusableError as error:
        return _MISSING if error.status is Status.MISSING else error.message
