"""A system's files in a folder, from its root on: a server's, or an image's that was unpacked.

No link is followed that leads out of the folder.
"""

import os
from collections.abc import Iterator

from shopsec.model import printable
from shopsec.scan.containers.archive.budget import Budget, UnreadableImageError
from shopsec.scan.containers.archive.contents import ImageContents, contents
from shopsec.scan.containers.archive.layer import Layer
from shopsec.scan.containers.archive.layout import open_regular
from shopsec.scan.containers.archive.packages import PackageList
from shopsec.scan.containers.archive.wanted import (
    OS_RELEASE,
    PATHS,
    STATUS_FOLDER,
    Found,
    is_list,
    wanted,
)

# What Trivy leaves out of a root (0.76): of the running system, and of git.
_ANYWHERE = frozenset({".git"})
_AT_THE_TOP = _ANYWHERE | {"proc", "sys", "dev"}


def is_root_folder(path: str) -> bool:
    """Whether a folder tells of itself which system it is the root of."""
    folder = os.path.realpath(path)
    files = (_inside(folder, name) for name in OS_RELEASE)
    return any(file is not None and os.path.isfile(file) for file in files)


def read_root_folder(path: str, end: float) -> ImageContents:
    """Its system and packages, read until a time of the monotonic clock."""
    folder, budget = os.path.realpath(path), Budget(end)
    layer = Layer()
    for name in (*PATHS, *_status_files(folder)):
        found = _read(folder, name, budget)
        if found is not None:
            layer.files[name] = found
    return contents(b"", [layer])


def unreadable_in(path: str, end: float) -> str:
    """What Trivy passes over without a word (0.76); nothing where it may read all."""
    folder = os.path.realpath(path)
    try:
        found = sorted(os.path.relpath(each, folder) for each in _unreadable(folder, Budget(end)))
    except UnreadableImageError as error:
        return str(error)
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{printable(found[0])} cannot be read{more}" if found else ""


def _unreadable(folder: str, budget: Budget) -> Iterator[str]:
    left = [folder]
    while left:
        at = left.pop()
        budget.take_bytes(0)
        try:
            entries = list(os.scandir(at))
        except OSError:
            yield at
            continue
        for entry in entries:
            budget.take_entry()
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in (_AT_THE_TOP if at == folder else _ANYWHERE):
                    left.append(entry.path)
            elif entry.is_file(follow_symlinks=False) and not os.access(entry.path, os.R_OK):
                yield entry.path


def _inside(folder: str, name: str) -> str | None:
    """The real path of something in a folder; None where links lead out of it."""
    real = os.path.realpath(os.path.join(folder, *name.split("/")))
    return real if os.path.join(real, "").startswith(os.path.join(folder, "")) else None


def _status_files(folder: str) -> list[str]:
    place = _inside(folder, STATUS_FOLDER)
    try:
        names = sorted(os.listdir(place)) if place else []
    except OSError:
        return []
    return [name for each in names if wanted(name := STATUS_FOLDER + each)]


def _read(folder: str, name: str, budget: Budget) -> Found | None:
    """What is at a wanted path; of a text that cannot be read, another one may tell the same."""
    reading = wanted(name)
    if reading is None or not os.path.lexists(os.path.join(folder, *name.split("/"))):
        return None
    try:
        content = _content(_inside(folder, name), reading.most)
    except UnreadableImageError as error:
        return PackageList(problem=str(error)) if is_list(name) else None
    budget.keep(len(content))
    found = reading.parse(content)
    if isinstance(found, PackageList):
        budget.take_packages(len(found.packages))
    return found


def _content(path: str | None, most: int) -> bytes:
    if path is None:
        raise UnreadableImageError("is a link out of the folder")
    with open_regular(path, "is a link to nothing") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise UnreadableImageError(f"has more than the {most / 1e6:,.2g} MB that are read")
    return content
