"""The ecosystems whose versions can be put in order, by OSV's names for them.

https://ossf.github.io/osv-schema/#defined-ecosystems
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from packaging.utils import canonicalize_name

from shopsec.scan.dependencies.versions import (
    alpine,
    cargo,
    debian,
    go,
    maven,
    npm,
    nuget,
    packagist,
    pypi,
    rubygems,
)
from shopsec.scan.dependencies.versions.base import Key, VersionError, bounded


def _exact(name: str) -> str:
    return name


@dataclass(frozen=True)
class Ecosystem:
    """How one ecosystem orders versions and tells names apart."""

    key: Callable[[str], Key]
    normal_name: Callable[[str], str] = _exact
    is_system: bool = False
    """An operating system: what an advisory says is of one release (``Debian:12``) alone."""


_ECOSYSTEMS = {
    "Alpine": Ecosystem(alpine.key, is_system=True),
    "Debian": Ecosystem(debian.key, is_system=True),
    "Ubuntu": Ecosystem(debian.key, is_system=True),
    "crates.io": Ecosystem(cargo.key),
    "Go": Ecosystem(go.key),
    "Maven": Ecosystem(maven.key),
    "npm": Ecosystem(npm.key),
    "NuGet": Ecosystem(nuget.key, str.lower),
    "Packagist": Ecosystem(packagist.key, str.lower),
    "PyPI": Ecosystem(pypi.key, canonicalize_name),
    "RubyGems": Ecosystem(rubygems.key),
}
ORDERED = frozenset(_ECOSYSTEMS)
"""The ecosystems that compare_key knows."""
SYSTEMS = frozenset(name for name, each in _ECOSYSTEMS.items() if each.is_system)
"""Those of them that are operating systems, whose packages are in images."""
LANGUAGES = ORDERED - SYSTEMS
"""Those whose packages lockfiles pin."""


def base_name(ecosystem: str) -> str:
    """The ecosystem without the repository or release after a colon (``Maven:https://…``)."""
    return ecosystem.partition(":")[0]


def scope(ecosystem: str) -> str:
    """Within what an advisory speaks of a package: the release of a system, else the ecosystem."""
    base = base_name(ecosystem)
    return ecosystem if base in SYSTEMS else base


@lru_cache(maxsize=1 << 16)
def compare_key(ecosystem: str, version: str) -> Key:
    """What sorts versions of one ecosystem as its own tool does.

    VersionError for an ecosystem that is not in ORDERED and for what is no version.
    """
    known = _ECOSYSTEMS.get(base_name(ecosystem))
    if known is None:
        raise VersionError(f"versions of {ecosystem[:40]!a} cannot be put in order")
    return known.key(bounded(version))


@lru_cache(maxsize=1 << 12)
def is_branch(ecosystem: str, version: str) -> bool:
    """True when a text names a branch whose content no version tells; VersionError as above."""
    return base_name(ecosystem) == "Packagist" and packagist.is_branch(bounded(version))


def normalised_name(ecosystem: str, name: str) -> str:
    """The one spelling of a package's name that its ecosystem takes for the same package."""
    known = _ECOSYSTEMS.get(base_name(ecosystem))
    return known.normal_name(name) if known else name
