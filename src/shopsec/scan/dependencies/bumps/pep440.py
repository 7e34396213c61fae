"""Version specifiers of Python (https://packaging.python.org/en/latest/specifications/version-specifiers/)."""

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from shopsec.scan.dependencies.bumps.bounds import CANNOT, like, numbers, raised_limit

_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)(\s*+)([^\s,;<>=!~()]++)")


def raised(specifiers: str, version: str) -> str | None:
    """Specifiers of the same form that admit a version; None where they admit it, or only newer.

    ValueError with the reason where they cannot be raised.
    """
    try:
        found, wanted = SpecifierSet(specifiers), Version(version)
    except (InvalidSpecifier, InvalidVersion) as error:
        raise ValueError(CANNOT) from error
    if found.contains(wanted, prereleases=True) or _is_newer(found, wanted):
        return None
    if any(each.operator == "!=" and _excludes(each.version, wanted) for each in found):
        raise ValueError(f"it excludes {version}")
    new = _CLAUSE.sub(lambda clause: _clause(clause, version), specifiers)
    try:
        fits = SpecifierSet(new).contains(wanted, prereleases=True)
    except InvalidSpecifier:
        fits = False
    if not fits:
        raise ValueError(CANNOT)
    return new


def _excludes(pattern: str, wanted: Version) -> bool:
    return not SpecifierSet(f"!={pattern}").contains(wanted, prereleases=True)


def _is_newer(found: SpecifierSet, wanted: Version) -> bool:
    """True where the range begins above the version: the lockfile is behind, not the manifest."""
    for each in found:
        if each.operator in {"==", ">=", "~=", ">"}:
            try:
                low = Version(each.version.removesuffix(".*"))
            except InvalidVersion:
                continue
            if low > wanted and not SpecifierSet(str(each)).contains(wanted, prereleases=True):
                return True
    return False


def _clause(clause: re.Match[str], version: str) -> str:
    operator, space, old = clause.groups()
    if operator in {"==", "==="}:
        if not old.endswith(".*"):
            return f"{operator}{space}{version}"
        return f"{operator}{space}{like(version, old[:-2].split('.'))}.*"
    if operator == "~=":
        return f"{operator}{space}{_compatible(old, version)}"
    if operator in {">=", ">"}:
        return f">={space}{version}"
    if operator == "<=":
        return clause[0] if _within(clause[0], version) else f"<={space}{version}"
    if operator == "<" and not _within(clause[0], version):
        return f"<{space}{raised_limit(old, version) or old}"
    return clause[0]


def _within(clause: str, version: str) -> bool:
    return SpecifierSet(clause).contains(Version(version), prereleases=True)


def _compatible(old: str, version: str) -> str:
    """``~=`` of the same width, and no version below: (3.2, 4.2.11) -> 4.2,>=4.2.11."""
    parts = numbers(old)
    if parts is None:
        raise ValueError(CANNOT)
    short = like(version, parts)
    if Version(short) == Version(version):
        return short
    if len(parts) > 2 and len(numbers(version) or ()) <= len(parts):
        return version
    return f"{short},>={version}"
