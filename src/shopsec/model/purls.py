"""Package URLs (https://github.com/package-url/purl-spec), with the library that defines them."""

from urllib.parse import quote

from packageurl import PackageURL

from shopsec.model.finding import Package

# By OSV's name of an ecosystem: https://ossf.github.io/osv-schema/#defined-ecosystems,
# https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst
_TYPES = {
    "crates.io": "cargo",
    "Go": "golang",
    "Maven": "maven",
    "npm": "npm",
    "NuGet": "nuget",
    "Packagist": "composer",
    "PyPI": "pypi",
    "RubyGems": "gem",
}


def purl_of(package: Package) -> PackageURL:
    """The package URL of a language's package; ``generic`` for an ecosystem without a type."""
    kind = _TYPES.get(package.ecosystem.partition(":")[0], "generic")
    namespace, _, name = package.name.rpartition(":" if kind == "maven" else "/")
    version = package.version
    if kind == "golang" and namespace and version[:1].isdigit():
        version = f"v{version}"  # modules have it, and OSV leaves it out
    if not name.strip("/ "):  # no registry has such a name, a file may
        return PackageURL("generic", None, quote(package.name, safe=""), version)
    return PackageURL(kind, namespace or None, name, version)
