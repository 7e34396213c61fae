"""Whether production code imports a vulnerable package: a word beside the finding, never a pardon.

Python and JavaScript only, by their import statements; code that loads modules by name, or through
a framework's settings, is not seen.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from shopsec.model import Finding, Inventory, Package, Role
from shopsec.scan.dependencies.import_names import Modules, modules_of
from shopsec.scan.host import Host, Unreadable

_ENDINGS = {
    "PyPI": (".py", ".pyi"),
    "npm": (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte"),
}
_BYTES = 1_000_000


def imported_packages(
    packages: Iterable[Package], inventory: Inventory, host: Host
) -> Callable[[Finding], bool | None]:
    """A function that tells of a finding whether its package is imported in production code.

    It answers None for other ecosystems, for packages that another one pulls in, and for those
    that a file may import that cannot be read. A package of Python whose modules are not known is
    never said not to be imported: what it brings may have any name.
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
        if package.name in told.names:
            return True
        sure = told.whole and _modules(package.ecosystem, package.name).sure
        return False if sure else None

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
        for module in _modules(ecosystem, name).names:
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


def _modules(ecosystem: str, name: str) -> Modules:
    return Modules((name,), sure=True) if ecosystem == "npm" else modules_of(name)


# Behind a colon or semicolon too; a word of a string there counts as an import sooner than that
# an import does not. Nothing of it is repeated over a line's end but names in parentheses.
_PYTHON = re.compile(
    rb"(?:^|[;:])[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b[ \t]*(\([^)]{0,4000}|[^\n;]*)"
    rb"|import[ \t]+([^\n;]+))",
    re.MULTILINE,
)
_CONTINUED = re.compile(rb"\\\r?\n")
# To the end of the line, where no quote before it may have it in a string.
_COMMENT = re.compile(rb"^([^#\n\"']*)#[^\n]*", re.MULTILINE)


def _imports_of_python(content: bytes) -> Iterator[str]:
    """Every module that is imported, with those that it is in."""
    code = _COMMENT.sub(rb"\1", _CONTINUED.sub(b" ", content))
    for match in _PYTHON.finditer(code):
        base, several, alone = (part.decode("utf-8", "replace") for part in match.groups(b""))
        parts_of = (several.lstrip("(") or alone).split(",")
        names = (part.split("#")[0].split()[0] for part in parts_of if part.split("#")[0].split())
        for path in (f"{base}.{name}" for name in names) if base else names:
            parts = path.split(".")
            yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _imports_of_javascript(modules: Iterable[str]) -> Callable[[bytes], Iterator[str]]:
    words = "|".join(sorted(map(re.escape, modules), key=len, reverse=True))
    begin = r"(?:\bfrom|\bimport|\brequire\(|\bimport\()\s{0,4}[\"'`]"
    pattern = re.compile(rf"{begin}({words})(?:/[^\"'`\n]*)?[\"'`]".encode())
    return lambda content: (match.decode() for match in pattern.findall(content))
