"""Package URLs (https://github.com/package-url/purl-spec) as OSV names their packages."""

from dataclasses import dataclass

from packageurl import PackageURL

_ECOSYSTEMS = {
    "cargo": "crates.io",
    "composer": "Packagist",
    "gem": "RubyGems",
    "golang": "Go",
    "maven": "Maven",
    "npm": "npm",
    "nuget": "NuGet",
    "pypi": "PyPI",
}
"""OSV's ecosystem by purl type (https://ossf.github.io/osv-schema/#defined-ecosystems)."""
_NEEDS_NAMESPACE = frozenset({"composer", "maven"})
_PREFIXES = {"composer": ("v",), "golang": ("v", "go")}
"""What stands before a version there and not in OSV."""


@dataclass(frozen=True)
class Package:
    """A package of an ecosystem that OSV knows."""

    ecosystem: str
    name: str
    version: str
    """Empty where the purl has none."""


class PurlError(Exception):
    """A purl names no package of such an ecosystem; the message goes on from the purl."""


def package_of(purl: str) -> Package:
    """Read a purl; qualifiers (a platform, a registry) and the path below a package do not count.

    PurlError where it is no purl, or one of another type.
    """
    try:
        parsed = PackageURL.from_string(purl)
    except ValueError as error:
        raise PurlError("has a package URL that cannot be parsed") from error
    ecosystem = _ECOSYSTEMS.get(parsed.type)
    if ecosystem is None:
        raise PurlError(f"is of the purl type {parsed.type[:40]}, which is not audited")
    if not parsed.namespace and parsed.type in _NEEDS_NAMESPACE:
        raise PurlError("has a package URL without a namespace")
    joint = ":" if parsed.type == "maven" else "/"
    name = joint.join(part for part in (parsed.namespace, parsed.name) if part)
    return Package(ecosystem, name, bare_version(parsed.type, parsed.version or ""))


def bare_version(purl_type: str, version: str) -> str:
    """A version without the prefix that OSV leaves out: ``v1.2`` of Go and Composer."""
    for prefix in _PREFIXES.get(purl_type, ()):
        rest = version.removeprefix(prefix)
        if rest != version and rest[:1].isdigit():
            return rest
    return version
