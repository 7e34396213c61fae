"""The files of a commit as an inventory, and which files of today are the same."""

import hashlib
import os
import shutil

import pathspec

from shopsec.config import Settings
from shopsec.model import Inventory, SourceFile, uri_of
from shopsec.repo.git import Git, GitUnavailableError
from shopsec.repo.links import follow, resolve
from shopsec.repo.roles import role_of
from shopsec.repo.trees import FILE_BYTES, Written
from shopsec.scan.host import Host, Unreadable


def inventory_of(written: Written, today: Inventory, settings: Settings) -> Inventory:
    """A commit's files, by the names they had; ``today``: those of the folder scanned."""
    exclude = pathspec.GitIgnoreSpec.from_lines(settings.exclude)
    plain = [path for path in written.sizes if not exclude.match_file(path)]
    targets = {
        link: target
        for link in written.links
        if not exclude.match_file(link) and (target := resolve(link, written.links)) is not None
    }
    linked = follow(targets, written.sizes, plain, exclude.match_file)
    names = [*((path, "") for path in plain), *((n, each.path) for n, each in linked.files.items())]
    files = [
        SourceFile(uri_of(name), written.sizes[content or name], role_of(name), True, content)
        for name, content in names
    ]
    return Inventory(
        root=written.root,
        # Its origin and folder, which fingerprints are made with, are those of today.
        repository=today.repository,
        files=tuple(sorted(files, key=lambda file: file.uri)),
        run=today.run,
    )


def place_linked(inventory: Inventory) -> None:
    """Give the files of a copy that are there through links their names on disk, as copies."""
    for file in inventory.files:
        full = os.path.join(inventory.root, file.path)
        if file.content_path and not os.path.lexists(full):
            os.makedirs(os.path.dirname(full), mode=0o700, exist_ok=True)
            shutil.copyfile(os.path.join(inventory.root, file.content_path), full)


def unchanged_files(
    today: Inventory, host: Host, then: Inventory, written: Written
) -> frozenset[str]:
    """References of files whose content is what the commit has at the same place."""
    before = {file.uri: written.ids[file.content_path or file.path] for file in then.files}
    indexed = _unmodified(today)
    return frozenset(
        file.uri
        for file in today.files
        if (known := before.get(file.uri))
        and (
            indexed.get(file.content_path or file.path) == known
            or _object_id(file, host, known) == known
        )
    )


def _unmodified(inventory: Inventory) -> dict[str, str]:
    """Ids of contents by path, where git tells by size and times that the index has them.

    In the working tree lines may end otherwise, or an LFS file may stand in place of its pointer.
    """
    try:
        return Git(inventory.root).unmodified()
    except (GitUnavailableError, OSError):
        return {}


def _object_id(file: SourceFile, host: Host, like: str) -> str:
    """What git would call the content, by the same hash; empty for an unreadable file.

    https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
    """
    try:
        content = host.read(file, FILE_BYTES)
    except Unreadable:
        return ""
    name = "sha256" if len(like) == 64 else "sha1"
    header = f"blob {len(content)}\0".encode()
    return hashlib.new(name, header + content, usedforsecurity=False).hexdigest()
