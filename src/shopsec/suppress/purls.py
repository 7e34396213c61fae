"""Whether a package URL speaks of a package (https://github.com/package-url/purl-spec)."""

import re
from dataclasses import dataclass
from functools import lru_cache

from packageurl import PackageURL

from shopsec.model import Package

# Where a package is from, not which one it is; any other qualifier narrows it down to what the
# findings do not tell (an architecture, a release of a system), so that it matches nothing.
_NOT_NARROWING = frozenset({"type", "repository_url", "download_url", "vcs_url", "checksum"})


@dataclass(frozen=True)
class Named:
    """What a package URL names."""

    kind: str
    name: str
    version: str
    """Empty for every version."""

    def speaks_of(self, other: "Named") -> bool:
        """The same package, and its version where this one has any."""
        same = (self.kind, self.name) == (other.kind, other.name)
        return same and self.version in {"", other.version}


@lru_cache(maxsize=1024)
def named_by(purl: str) -> Named | None:
    """What a purl names; None where it cannot be read or be compared."""
    try:
        parsed = PackageURL.from_string(purl)
    except ValueError:
        return None
    if not set(parsed.qualifiers) <= _NOT_NARROWING or parsed.subpath:
        return None
    name = "/".join(part for part in (parsed.namespace, parsed.name) if part)
    return _normal(parsed.type, name, parsed.version or "")


def named(package: Package) -> Named:
    """The same of a finding's package."""
    purl = package.purl.removeprefix("pkg:")
    kind, _, rest = purl.removesuffix(f"@{package.version}").partition("/")
    return _normal(kind, rest, package.version)


def _normal(kind: str, name: str, version: str) -> Named:
    """Names as their registries compare them."""
    name = name.lower()
    if kind == "maven":
        name = name.replace(":", "/")
    if kind == "pypi":
        name = re.sub(r"[-_.]+", "-", name)
    if kind in {"golang", "composer"}:
        version = re.sub(r"^v(?=\d)", "", version)
    return Named(kind.lower(), name, version)
