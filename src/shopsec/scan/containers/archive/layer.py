"""What one layer of an image does to the wanted files.

https://github.com/opencontainers/image-spec/blob/main/layer.md: a whiteout (``.wh.NAME``) takes
away what lower layers have, an opaque one all that they have in a folder.
"""

import posixpath
import tarfile
from dataclasses import dataclass, field

from shopsec.scan.containers.archive.budget import Budget
from shopsec.scan.containers.archive.forward import Forward
from shopsec.scan.containers.archive.packages import PackageList
from shopsec.scan.containers.archive.tar import (
    content_of,
    entries,
    path_inside,
    read_whole,
    unpacked,
)
from shopsec.scan.containers.archive.wanted import Found, Link, leads_to_wanted, wanted

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"


@dataclass
class Layer:
    """What is wanted of one layer."""

    files: dict[str, Found] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    """Paths that lower layers' files are taken away at and below."""
    emptied: set[str] = field(default_factory=set)
    """Folders whose content of lower layers is taken away."""
    outside: int = 0
    """Entries whose path leads out of the image; no engine unpacks those, and neither do we."""

    def hides(self, path: str) -> bool:
        """Whether a lower layer's file is gone."""
        above = ["", *(path[:at] for at, sign in enumerate(path) if sign == "/")]
        return path in self.removed or any(
            folder in self.removed or folder in self.emptied for folder in above
        )


def read_layer(file: Forward, budget: Budget) -> Layer:
    """Read a layer's tar file, packed or not; UnreadableImageError where it is damaged."""
    layer = Layer()
    plain = unpacked(file, budget)
    for entry in entries(plain, budget):
        path = path_inside(entry.name)
        if path is None:
            layer.outside += 1
            continue
        folder, name = posixpath.split(path)
        if name == _OPAQUE:
            if leads_to_wanted(folder) or not folder:
                layer.emptied.add(folder)
        elif name.startswith(_WHITEOUT):
            gone = posixpath.join(folder, name.removeprefix(_WHITEOUT))
            if wanted(gone) or leads_to_wanted(gone):
                layer.removed.add(gone)
        else:
            _put(layer, path, entry, plain, budget)
    return layer


def _put(layer: Layer, path: str, entry: tarfile.TarInfo, file: Forward, budget: Budget) -> None:
    """Note what an entry puts at a path; the last of a name counts, as where it is unpacked."""
    if leads_to_wanted(path) and not entry.isdir():
        layer.removed.add(path)
        for below in [each for each in layer.files if each.startswith(f"{path}/")]:
            del layer.files[below]
    reading = wanted(path)
    if reading is None:
        return
    layer.removed.add(path)
    layer.files.pop(path, None)
    if entry.issym() or entry.islnk():
        folder = posixpath.dirname(path) if entry.issym() else ""
        # What is above the top is the top.
        target = posixpath.normpath(posixpath.join("/", folder, entry.linkname))
        budget.keep(len(path) + len(target))
        layer.files[path] = Link(target.lstrip("/"))
    elif entry.isreg() and not entry.issparse() and entry.size <= reading.most:
        budget.keep(len(path) + entry.size)
        found = reading.parse(read_whole(content_of(entry, file, budget), entry.size))
        if isinstance(found, PackageList):
            budget.take_packages(len(found.packages))
        layer.files[path] = found
    elif not entry.isdir():
        budget.keep(len(path))
        layer.files[path] = PackageList(problem=_why_not_read(entry, reading.most))


def _why_not_read(entry: tarfile.TarInfo, most: int) -> str:
    if entry.isreg() and entry.size > most:
        return f"has {entry.size / 1e6:,.0f} MB; up to {most / 1e6:,.2g} MB are read"
    if entry.issparse():
        return "is a sparse file"
    return "is a device" if entry.isdev() else "is no regular file"
