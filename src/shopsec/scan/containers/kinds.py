"""What a name given as an image stands for: a reference, or a path, and what is there."""

import os
import re

from shopsec.model import ImageKind
from shopsec.scan.containers.archive.budget import UnreadableImageError
from shopsec.scan.containers.archive.layout import open_regular
from shopsec.scan.containers.archive.root_folder import is_root_folder

# What a person means as a file or folder even where there is none; no reference ends with "/".
_BY_PATH = re.compile(
    r"\.{0,2}/.*|\.{1,2}|.*/|.*\.(tar|tgz|tar\.gz)|[^:@]*\.json", re.DOTALL
)  # fmt: skip
# A tag, a digest, or the port of a registry.
_EXACT = re.compile(r"[:@]")
_LAYOUT = "oci-layout"
NO_FOLDER = (
    "is neither an OCI layout nor a root folder: it holds no oci-layout and no etc/os-release of "
    "its own"
)
_EDGE_BYTES = 64


def path_of(name: str, base: str) -> str | None:
    """Absolute path of a file or folder; None for a reference.

    What has a tag or a digest is never a path, unless by its form: the scanned repository could
    bring a file of that name, with a clean image in it. A root folder is one by its form alone:
    a folder of the repository may have an image's name.
    """
    path = os.path.abspath(os.path.join(base, name))
    if _BY_PATH.fullmatch(name) or os.path.isabs(name):
        return path
    if _EXACT.search(name):
        return None
    return path if os.path.isfile(path) or is_layout(path) else None


def is_layout(path: str) -> bool:
    """Whether a path is the folder of an OCI layout."""
    return os.path.isfile(os.path.join(path, _LAYOUT))


def kind_of(path: str) -> ImageKind:
    """What is at a path: a folder is told by a file in it, a document by its name or first byte."""
    if os.path.isdir(path):
        is_root = not is_layout(path) and is_root_folder(path)
        return ImageKind.ROOT_FOLDER if is_root else ImageKind.IMAGE
    document = path.endswith((".json", ".xml")) or _begins_as_json(path)
    return ImageKind.SBOM if document else ImageKind.IMAGE


def is_cut_off(path: str) -> bool:
    """Whether a document in JSON does not end as one does."""
    return _begins_as_json(path) and _edge(path, os.SEEK_END).rstrip()[-1:] != b"}"


def _begins_as_json(path: str) -> bool:
    return _edge(path, os.SEEK_SET).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def _edge(path: str, whence: int) -> bytes:
    """The first bytes of a file, or its last ones; none where it cannot be read."""
    try:
        with open_regular(path, "") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(-min(size, _EDGE_BYTES) if whence == os.SEEK_END else 0, whence)
            return file.read(_EDGE_BYTES)
    except (UnreadableImageError, ValueError):
        return b""
