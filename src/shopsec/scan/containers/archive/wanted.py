"""The few files of an image that tell its system and packages, and what each is made into."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shopsec.scan.containers.archive.packages import PackageList
from shopsec.scan.containers.archive.rpm import parse_rpm
from shopsec.scan.containers.archive.stanzas import parse_apk, parse_dpkg

OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
ALPINE_RELEASE = "etc/alpine-release"
DEBIAN_VERSION = "etc/debian_version"
_TEXTS = frozenset({*OS_RELEASE, ALPINE_RELEASE, DEBIAN_VERSION})
STATUS_FOLDER = "var/lib/dpkg/status.d/"
"""Where images without dpkg itself (distroless) have one file a package."""
_RPM_FOLDERS = ("var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/")
_OLDER = "is rpm's list in an older form (Berkeley DB or ndb), which only Trivy reads"

_TEXT_BYTES = 64_000
_LIST_BYTES = 64_000_000
_RPM_BYTES = 256_000_000


@dataclass(frozen=True)
class Link:
    """A wanted file that is a link; where to, from the top of the image."""

    target: str


Found = bytes | PackageList | Link
"""What one layer has at a wanted path."""


@dataclass(frozen=True)
class Wanted:
    """How a wanted file is read."""

    parse: Callable[[bytes], Found]
    most: int
    """Bytes; a larger one is not read."""


def _text(content: bytes) -> Found:
    return content


def _older_rpm(content: bytes) -> Found:
    return PackageList(problem=_OLDER if content else "")


def _unwritten_rpm(content: bytes) -> Found:
    return PackageList(problem="has changes that are not in rpm's list yet" if content else "")


_BY_PATH: Mapping[str, Wanted] = {
    **dict.fromkeys(_TEXTS, Wanted(_text, _TEXT_BYTES)),
    "lib/apk/db/installed": Wanted(parse_apk, _LIST_BYTES),
    "usr/lib/apk/db/installed": Wanted(parse_apk, _LIST_BYTES),
    "var/lib/dpkg/status": Wanted(parse_dpkg, _LIST_BYTES),
    **{f"{folder}rpmdb.sqlite": Wanted(parse_rpm, _RPM_BYTES) for folder in _RPM_FOLDERS},
    **{f"{folder}rpmdb.sqlite-wal": Wanted(_unwritten_rpm, _RPM_BYTES) for folder in _RPM_FOLDERS},
    **{f"{folder}Packages": Wanted(_older_rpm, _RPM_BYTES) for folder in _RPM_FOLDERS},
    **{f"{folder}Packages.db": Wanted(_older_rpm, _RPM_BYTES) for folder in _RPM_FOLDERS},
}
PATHS = tuple(_BY_PATH)
"""The wanted paths, but for those below STATUS_FOLDER."""
_IN_STATUS_FOLDER = Wanted(parse_dpkg, _TEXT_BYTES * 16)
_FOLDERS = frozenset(
    path[:at] for path in (*_BY_PATH, STATUS_FOLDER) for at, sign in enumerate(path) if sign == "/"
)


def wanted(path: str) -> Wanted | None:
    """How the file at a path is read; None for one that tells nothing."""
    if path.startswith(STATUS_FOLDER):
        name = path.removeprefix(STATUS_FOLDER)
        return None if "/" in name or name.endswith(".md5sums") else _IN_STATUS_FOLDER
    return _BY_PATH.get(path)


def leads_to_wanted(path: str) -> bool:
    """Whether a folder holds something wanted, at whatever depth."""
    return path in _FOLDERS


def is_list(path: str) -> bool:
    """Whether a wanted path is that of a package list."""
    return path not in _TEXTS
