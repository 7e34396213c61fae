"""Reads an image's archive: a tar file of `docker save`, or an OCI layout as a tar file or folder.

Nothing is unpacked to disk, no program is run, and no link is followed.
"""

import os
from dataclasses import replace

from shopsec.scan.containers.archive.budget import Budget, UnreadableImageError
from shopsec.scan.containers.archive.contents import ImageContents, contents
from shopsec.scan.containers.archive.forward import Forward
from shopsec.scan.containers.archive.layout import Layout, open_regular
from shopsec.scan.containers.archive.saved import Saved, read_saved


def read_image(path: str, end: float) -> ImageContents:
    """Read an archive until a time of the monotonic clock; UnreadableImageError where it cannot."""
    budget = Budget(end)
    if os.path.isdir(path):
        return _contents(Layout(path, budget))
    with open_regular(path, "there is no such file") as file:
        saved = read_saved(Forward(file, budget, seekable=file), budget)
    return _contents(saved)


def _contents(archive: Saved | Layout) -> ImageContents:
    manifest = archive.manifest()
    count = len(manifest.layers)
    layers = []
    for number, name in enumerate(manifest.layers, 1):
        try:
            layers.append(archive.layer(name))
        except UnreadableImageError as error:
            raise UnreadableImageError(f"layer {number} of {count}: {error}") from error
    found = contents(manifest.id, layers)
    if manifest.others:
        more = (
            f"it holds {manifest.others} more image{'s' * (manifest.others > 1)}, not looked into"
        )
        found = replace(found, problems=(*found.problems, more))
    return found
