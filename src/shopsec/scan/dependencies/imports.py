"""Whether production code imports a vulnerable package: a word beside the finding, never a pardon.

Python and JavaScript only, by their import statements; code that loads modules by name, or through
a framework's settings, is not seen.
"""

import re
from collections.abc import Callable, Iterable

from packaging.utils import canonicalize_name

from shopsec.model import Finding, Inventory, Package, Role
from shopsec.scan.host import Host, Unreadable

_ENDINGS = {
    "PyPI": (".py", ".pyi"),
    "npm": (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte"),
}
_BYTES = 1_000_000
# Distributions whose modules have other names.
_MODULES = {
    "attrs": ("attr", "attrs"),
    "beautifulsoup4": ("bs4",),
    "django-filter": ("django_filters",),
    "django-debug-toolbar": ("debug_toolbar",),
    "djangorestframework": ("rest_framework",),
    "graphene-django": ("graphene_django",),
    "mysqlclient": ("MySQLdb",),
    "opencv-python": ("cv2",),
    "paramiko": ("paramiko",),
    "pillow": ("PIL",),
    "protobuf": ("google",),
    "psycopg2-binary": ("psycopg2",),
    "pycryptodome": ("Crypto",),
    "pycryptodomex": ("Cryptodome",),
    "pyjwt": ("jwt",),
    "pymysql": ("pymysql",),
    "pyopenssl": ("OpenSSL",),
    "python-dateutil": ("dateutil",),
    "python-dotenv": ("dotenv",),
    "python-jose": ("jose",),
    "python-multipart": ("multipart", "python_multipart"),
    "pyyaml": ("yaml",),
    "scikit-learn": ("sklearn",),
    "setuptools": ("setuptools", "pkg_resources"),
}


def imported_packages(
    packages: Iterable[Package], inventory: Inventory, host: Host
) -> Callable[[Finding], bool | None]:
    """A function that tells of a finding whether its package is imported in production code.

    It answers None for other ecosystems, and for packages that another one pulls in.
    """
    found: dict[str, frozenset[str]] = {}
    for ecosystem in _ENDINGS:
        names = {each.name for each in packages if each.ecosystem == ecosystem}
        found[ecosystem] = _imported(ecosystem, names, inventory, host) if names else frozenset()

    def of(finding: Finding) -> bool | None:
        package = finding.package
        if package is None or package.ecosystem not in found or finding.via:
            return None
        return package.name in found[package.ecosystem]

    return of


def _imported(ecosystem: str, names: set[str], inventory: Inventory, host: Host) -> frozenset[str]:
    """Those of the names that some import statement of production code has."""
    modules = {module: name for name in names for module in _modules(ecosystem, name)}
    pattern = _pattern(ecosystem, modules)
    found: set[str] = set()
    for file in inventory.files:
        if file.role is not Role.PRODUCTION or not file.name.endswith(_ENDINGS[ecosystem]):
            continue
        try:
            content = host.read(file, _BYTES)
        except Unreadable:
            continue
        found |= {modules[match.decode()] for match in pattern.findall(content)}
        if len(found) == len(names):
            break
    return frozenset(found)


def _modules(ecosystem: str, name: str) -> tuple[str, ...]:
    if ecosystem == "npm":
        return (name,)
    return _MODULES.get(canonicalize_name(name), (name.replace("-", "_").replace(".", "_"),))


def _pattern(ecosystem: str, modules: Iterable[str]) -> re.Pattern[bytes]:
    words = "|".join(sorted(map(re.escape, modules), key=len, reverse=True))
    if ecosystem == "npm":
        begin = r"(?:\bfrom|\bimport|\brequire\(|\bimport\()\s{0,4}[\"'`]"
        text = rf"{begin}({words})(?:/[^\"'`\n]*)?[\"'`]"
    else:
        text = rf"^[ \t]*(?:from|import)[ \t]+({words})\b"
    return re.compile(text.encode(), re.MULTILINE)
