"""Whether production code imports a vulnerable package: a word beside the finding, never a pardon.

Python and JavaScript only, by their import statements; code that loads modules by name, or through
a framework's settings, is not seen.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

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

    It answers None for other ecosystems, for packages that another one pulls in, and for those
    that a file may import that cannot be read.
    """
    found: dict[str, _Imported] = {}
    for ecosystem in _ENDINGS:
        names = {each.name for each in packages if each.ecosystem == ecosystem}
        found[ecosystem] = _imported(ecosystem, names, inventory, host) if names else _Imported()

    def of(finding: Finding) -> bool | None:
        package = finding.package
        if package is None or package.ecosystem not in found or finding.via:
            return None
        told = found[package.ecosystem]
        return True if package.name in told.names else (False if told.whole else None)

    return of


@dataclass(frozen=True)
class _Imported:
    names: frozenset[str] = frozenset()
    whole: bool = True
    """Every file of production code could be read."""


def _imported(ecosystem: str, names: set[str], inventory: Inventory, host: Host) -> _Imported:
    """Those of the names that some import statement of production code has."""
    modules: dict[str, set[str]] = {}
    for name in names:
        for module in _modules(ecosystem, name):
            modules.setdefault(module, set()).add(name)
    read = _imports_of_javascript(modules) if ecosystem == "npm" else _imports_of_python
    found: set[str] = set()
    whole = True
    for file in inventory.files:
        if file.role is not Role.PRODUCTION or not file.name.endswith(_ENDINGS[ecosystem]):
            continue
        try:
            content = host.read(file, _BYTES)
        except Unreadable:
            whole = False
            continue
        for module in read(content):
            found |= modules.get(module, set())
        if len(found) == len(names):
            break
    return _Imported(frozenset(found), whole)


def _modules(ecosystem: str, name: str) -> tuple[str, ...]:
    if ecosystem == "npm":
        return (name,)
    plain = canonicalize_name(name)
    # Of a namespace (zope-interface), the name with dots.
    return _MODULES.get(plain, (plain.replace("-", "_"), plain.replace("-", ".")))


_PYTHON = re.compile(
    rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b[ \t(]*([^\n#;]*)|import[ \t]+([^\n#;]+))",
    re.MULTILINE,
)


def _imports_of_python(content: bytes) -> Iterator[str]:
    """Every module that is imported, with those that it is in."""
    for match in _PYTHON.finditer(content):
        base, several, alone = (part.decode("utf-8", "replace") for part in match.groups(b""))
        names = (part.split()[0] for part in (several or alone).split(",") if part.split())
        for path in (f"{base}.{name}" for name in names) if base else names:
            parts = path.split(".")
            yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _imports_of_javascript(modules: Iterable[str]) -> Callable[[bytes], Iterator[str]]:
    words = "|".join(sorted(map(re.escape, modules), key=len, reverse=True))
    begin = r"(?:\bfrom|\bimport|\brequire\(|\bimport\()\s{0,4}[\"'`]"
    pattern = re.compile(rf"{begin}({words})(?:/[^\"'`\n]*)?[\"'`]".encode())
    return lambda content: (match.decode() for match in pattern.findall(content))
