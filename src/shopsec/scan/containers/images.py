"""The container images to scan: what was given, and its place in the repository."""

import os
import re
from collections import Counter
from dataclasses import dataclass

from shopsec.model import Item, Location, printable, uri_of
from shopsec.scan.base import Target
from shopsec.scan.host import Host, Unreadable

_CONFIG_BYTES = 1_000_000
# What a person means as a file even where there is none.
_ARCHIVE = re.compile(r"\.{0,2}/.*|.*\.(tar|tgz|tar\.gz)", re.DOTALL)
# https://github.com/distribution/reference, a little wider; no option can look like this.
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")


@dataclass(frozen=True)
class Image:
    """One image to scan."""

    given: str
    """As in the configuration or on the command line."""
    archive: str | None
    """Absolute path of a docker-save archive or an OCI layout; None for a reference."""
    label: str
    """A name that stays when the image is built anew: without tag and digest where it can be."""
    location: Location

    @property
    def name(self) -> str:
        """For people."""
        return printable(self.given if self.archive is None else self.label)

    @property
    def registry(self) -> str:
        """Where a reference is pulled from, as Docker reads it."""
        first, slash, _ = self.given.partition("/")
        named = slash and ("." in first or ":" in first or first == "localhost")
        return first if named else "docker.io"

    def as_item(self) -> Item:
        """This image as an entry of the coverage ledger."""
        return Item(name=self.name, location=self.location)


def images_of(target: Target, host: Host) -> tuple[Image, ...]:
    """The images that the settings name, each once.

    The place of an image is its archive where that lies in the repository, else the line of the
    configuration file that names it. For what only the command line names there is no place in
    the repository: it gets the reference ``image/NAME``.
    """
    base = target.settings.base
    given = {name: _archive(name, base) for name in target.settings.images}
    labels = {name: _label(name, archive) for name, archive in given.items()}
    count = Counter(labels.values())
    lines = _config_lines(target, host)
    images = []
    for name, archive in given.items():
        label = labels[name] if count[labels[name]] == 1 else name
        location = (
            _place_of_archive(archive, target)
            or _place_in_config(name, lines, target)
            or Location(uri=f"image/{uri_of(label.lstrip('/'))}")
        )
        images.append(Image(name, archive, label, location))
    return tuple(images)


def find_problem(image: Image) -> str:
    """Why there is nothing to scan, as far as can be told without reading it; else nothing."""
    if image.archive is None:
        return "" if _REFERENCE.fullmatch(image.given) else "is no image reference"
    if not os.path.exists(image.archive):
        return "there is no such file"
    regular = os.path.isfile(image.archive) or os.path.isdir(image.archive)
    return "" if regular else "is neither a file nor a folder"


def _archive(name: str, base: str) -> str | None:
    """Absolute path of an archive; a folder that is no OCI layout may have an image's name."""
    path = os.path.abspath(os.path.join(base, name))
    there = os.path.isfile(path) or os.path.isfile(os.path.join(path, "index.json"))
    return path if there or _ARCHIVE.fullmatch(name) else None


def _label(name: str, archive: str | None) -> str:
    if archive is not None:
        return os.path.basename(archive)
    return re.sub(r":[^/:]*$", "", name.partition("@")[0])


def _place_of_archive(archive: str | None, target: Target) -> Location | None:
    root = os.path.join(target.inventory.root, "")
    if archive is None or not os.path.realpath(archive).startswith(root):
        return None
    return Location(uri=uri_of(os.path.realpath(archive).removeprefix(root)))


def _config_lines(target: Target, host: Host) -> list[str]:
    """The configuration file's lines, where it is one of the repository's files."""
    file = target.inventory.by_uri.get(uri_of(target.settings.source))
    if file is None or os.path.realpath(target.settings.base) != target.inventory.root:
        return []
    try:
        return host.read(file, _CONFIG_BYTES).decode("utf-8", "replace").splitlines()
    except Unreadable:
        return []


def _place_in_config(name: str, lines: list[str], target: Target) -> Location | None:
    quoted = (f'"{name}"', f"'{name}'")
    for number, line in enumerate(lines, 1):
        if any(each in line for each in quoted):
            return Location(uri=uri_of(target.settings.source), start_line=number)
    return None
