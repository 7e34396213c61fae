"""Reads an image's archive: a tar file of `docker save`, or an OCI layout as a tar file or folder.

Nothing is unpacked to disk, no program is run, and no link is followed.
"""

import os
from dataclasses import replace

from shopsec.scan.containers.archive.budget import Budget, UnreadableImageError
from shopsec.scan.containers.archive.contents import ImageContents, contents
from shopsec.scan.containers.archive.forward import Forward
from shopsec.scan.containers.archive.layout import Layout, open_regular
from shopsec.scan.containers.archive.manifest import OCI
from shopsec.scan.containers.archive.saved import Saved, read_saved
from shopsec.scan.containers.archive.tar import entries, path_inside, unpacked


def read_image(path: str, end: float) -> ImageContents:
    """Read an archive until a time of the monotonic clock; UnreadableImageError where it cannot."""
    budget = Budget(end)
    if os.path.isdir(path):
        return _contents(Layout(path, budget))
    with open_regular(path, "there is no such file") as file:
        saved = read_saved(Forward(file, budget, seekable=file), budget)
    return _contents(saved)


def unseen_in_layout(folder: str, end: float) -> str:
    """What a reader that takes a layout's first image, and its files as they are, does not see.

    Trivy does (0.76): it compares no sizes or digests, and a layer that is cut off between two
    entries ends there. Nothing where it sees all.
    """
    archive = Layout(folder, Budget(end))
    try:
        manifest = archive.manifest()
        for number, (name, size) in enumerate(zip(manifest.layers, manifest.sizes, strict=True), 1):
            if size is not None and archive.size(name) != size:
                return f"layer {number} of {len(manifest.layers)}: is damaged or cut off"
    except UnreadableImageError as error:
        return str(error)
    return _more(manifest.others)


def is_packed_layout(path: str, end: float) -> bool:
    """Whether a file is a tar file of an OCI layout; its layers are passed over."""
    budget = Budget(end)
    try:
        with open_regular(path, "") as file:
            plain = unpacked(Forward(file, budget, seekable=file), budget)
            return any(path_inside(entry.name) == OCI for entry in entries(plain, budget))
    except UnreadableImageError:
        return False


def _more(others: int) -> str:
    if not others:
        return ""
    return f"it holds {others} more image{'s' * (others > 1)}, not looked into"


def _contents(archive: Saved | Layout) -> ImageContents:
    manifest = archive.manifest()
    count = len(manifest.layers)
    layers = []
    for number, name in enumerate(manifest.layers, 1):
        try:
            layers.append(archive.layer(name))
        except UnreadableImageError as error:
            raise UnreadableImageError(f"layer {number} of {count}: {error}") from error
    found = contents(manifest.config, layers)
    if manifest.others:
        found = replace(found, problems=(*found.problems, _more(manifest.others)))
    return found
