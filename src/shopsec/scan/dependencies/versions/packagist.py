"""Versions of Composer packages: normalised as Composer does, compared as PHP does.

https://github.com/composer/semver/blob/main/src/VersionParser.php (``normalize``),
https://www.php.net/version_compare. So ``2.4.6-p3`` of Magento is above ``2.4.6``, and the fourth
number of Shopware's ``6.4.20.2`` counts.
"""

import re

from shopsec.scan.dependencies.versions.base import Key, refused

_MODIFIER = r"[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?[0-9]+)*+)?)?([.-]?dev)?"
_CLASSIC = re.compile(
    rf"v?([0-9]{{1,5}})(\.[0-9]++)?(\.[0-9]++)?(\.[0-9]++)?{_MODIFIER}", re.IGNORECASE
)
_DATE = re.compile(
    rf"v?([0-9]{{4}}(?:[.:-]?[0-9]{{2}}){{1,6}}(?:[.:-]?[0-9]{{1,3}})?){_MODIFIER}", re.IGNORECASE
)
_NUMBERED_BRANCH = re.compile(
    r"v?([0-9]++)(\.(?:[0-9]++|[x*]))?(\.(?:[0-9]++|[x*]))?(\.(?:[0-9]++|[x*]))?[.-]?dev",
    re.IGNORECASE,
)
_ALIAS = re.compile(r"([^,\s]++) ++as ++[^,\s]++")
_STABILITY = re.compile(r"@(?:stable|rc|beta|alpha|dev)$", re.IGNORECASE)
_BUILD = re.compile(r"([^,\s+]++)\+\S++")
# More numbers than Composer takes, or a second suffix: PHP can still compare these.
_PHP_ONLY = re.compile(r"v?([0-9][0-9A-Za-z.+_-]*+)", re.IGNORECASE)
_PART = re.compile(r"[0-9]+|[A-Za-z]+")

_NUMBER, _END = 6, 5
# PHP compares the start of a word with these in turn; other words come before them all.
_WORDS = (("dev", 1), ("a", 2), ("b", 3), ("rc", 4), ("p", 7))
_NEWEST = "9999999"


def key(version: str) -> Key:
    """Key of one version; branches (``dev-main``) come before every number, as in Composer."""
    normal = _normalised(version)
    if normal.startswith("dev-"):
        return ((-1, normal),)
    return (*(_place(part) for part in _PART.findall(normal)), (_END, 0))


def is_branch(version: str) -> bool:
    """True for ``dev-main`` and ``2.4.x-dev``: whatever the branch had when it was installed."""
    normal = _normalised(version)
    return normal.startswith("dev-") or _NEWEST in normal


def _place(part: str) -> tuple[int, int]:
    if part.isdigit():
        return _NUMBER, int(part)
    word = part.lower()
    return next((rank for start, rank in _WORDS if word.startswith(start)), 0), 0


def _normalised(version: str) -> str:
    """What Composer makes of a version, without its names for stabilities."""
    text = _without_flags(version)
    if text in {"master", "trunk", "default"}:
        return f"dev-{text}"
    if text[:4].lower() == "dev-":
        return f"dev-{text[4:]}"
    built = _BUILD.fullmatch(text)
    text = built[1] if built else text
    match = _CLASSIC.fullmatch(text)
    if match:
        numbers = match[1] + "".join(match[group] or ".0" for group in (2, 3, 4))
        return numbers + _suffix(match[5], match[6], match[7])
    match = _DATE.fullmatch(text)
    if match:
        return re.sub(r"[^0-9]", ".", match[1]) + _suffix(match[2], match[3], match[4])
    return _branch_or_other(text, version)


def _without_flags(version: str) -> str:
    aliased = _ALIAS.fullmatch(version)
    return _STABILITY.sub("", aliased[1] if aliased else version)


def _suffix(stability: str | None, number: str | None, dev: str | None) -> str:
    if stability and stability.lower() == "stable":
        return ""
    return f"-{stability}{number or ''}" * bool(stability) + "-dev" * bool(dev)


def _branch_or_other(text: str, version: str) -> str:
    branch = _NUMBERED_BRANCH.fullmatch(text)
    if branch:
        parts = (group or ".x" for group in branch.groups())
        return re.sub(r"[xX*]", _NEWEST, "".join(parts)) + "-dev"
    other = _PHP_ONLY.fullmatch(text)
    if other is None:
        raise refused(version, "Packagist")
    return other[1]
