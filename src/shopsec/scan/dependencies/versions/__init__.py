"""The order of versions: one module per ecosystem, each with ``key(version)``.

A key is built once per version and sorts as the ecosystem's own tool sorts.
"""

from shopsec.scan.dependencies.versions.base import Key, VersionError
from shopsec.scan.dependencies.versions.ecosystems import (
    LANGUAGES,
    ORDERED,
    SYSTEMS,
    base_name,
    compare_key,
    is_branch,
    normalised_name,
    scope,
)

__all__ = [
    "LANGUAGES",
    "ORDERED",
    "SYSTEMS",
    "Key",
    "VersionError",
    "base_name",
    "compare_key",
    "is_branch",
    "normalised_name",
    "scope",
]
