"""Versions of Debian's packages and those of its descendants, as ``dpkg`` orders them.

https://manpages.debian.org/bookworm/dpkg-dev/deb-version.7.en.html
"""

import re

from shopsec.scan.dependencies.versions.base import Key, refused

# Only the last hyphen begins a revision.
_VERSION = re.compile(
    r"(?:([0-9]{1,9}):)?([0-9A-Za-z.+~:-]*[0-9A-Za-z.+~:])(?:-([0-9A-Za-z.+~]++))?"
)
_RUN = re.compile(r"([^0-9]*)([0-9]*)")
_AFTER_LETTERS = 256
_END = 0


def key(version: str) -> Key:
    """Epoch, version of the software, revision of the package; an absent number is zero."""
    epoch, separator, rest = version.partition(":")
    if not separator:
        epoch, rest = "0", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "0")
    if not (epoch.isdigit() and upstream and revision) or _VERSION.fullmatch(version) is None:
        raise refused(version, "Debian")
    return (int(epoch), _runs(upstream), _runs(revision))


def _runs(text: str) -> Key:
    """Runs of other characters and of digits in turn; the last two are empty, as at any end."""
    runs = _RUN.findall(text)
    if len(runs) == 1:
        runs.append(("", ""))
    return tuple(((*map(_order, words), _END), int(digits or 0)) for words, digits in runs)


def _order(character: str) -> int:
    """A tilde comes before the end, letters after it, and all else after the letters."""
    if character == "~":
        return -1
    return ord(character) + (0 if character.isalpha() else _AFTER_LETTERS)
