"""The container images to scan: what was given or found, and its place in the repository."""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopsec.model import ImageKind, ImageUse, Item, Location, printable, uri_of
from shopsec.scan.base import Target
from shopsec.scan.containers.kinds import NO_FOLDER, is_layout, kind_of, path_of
from shopsec.scan.host import Host, Unreadable

_CONFIG_BYTES = 1_000_000
# Trivy holds an SBOM in memory several times over.
_SBOM_BYTES = 100_000_000
_NAMES = {ImageKind.ROOT_FOLDER: "root folder ", ImageKind.SBOM: "SBOM "}
# https://github.com/distribution/reference, a little wider; no option can look like this.
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")


@dataclass(frozen=True)
class Image:
    """One image to scan."""

    given: str
    """As in the configuration or on the command line."""
    path: str | None
    """Absolute path of an archive, a layout, a root folder or an SBOM; None for a reference."""
    label: str
    """A name that stays when the image is built anew: without tag and digest where it can be."""
    location: Location
    related: tuple[Location, ...] = ()
    """Further places of the repository that name it."""
    newer: str = ""
    """The same reference with the newest release of its line; empty where nothing tells."""
    kind: ImageKind = ImageKind.IMAGE

    @property
    def name(self) -> str:
        """For people."""
        return printable(
            self.given if self.path is None else _NAMES.get(self.kind, "") + self.label
        )

    @property
    def registry(self) -> str:
        """Where a reference is pulled from, as Docker reads it."""
        first, slash, _ = self.given.partition("/")
        named = slash and ("." in first or ":" in first or first == "localhost")
        return first if named else "docker.io"

    def as_item(self) -> Item:
        """This image as an entry of the coverage ledger."""
        return Item(name=self.name, location=self.location)


def images_of(target: Target, host: Host, uses: Sequence[ImageUse] = ()) -> tuple[Image, ...]:
    """The images that the settings name, each once, and those that ship where they ask for them.

    The place of an image is its path where that lies in the repository, else the first line
    that uses it, else the line of the configuration file that names it. For what only the command
    line names there is no place in the repository: it gets the reference ``image/NAME``.
    """
    base = target.settings.base
    names = dict.fromkeys((*target.settings.images, *_found(target, uses)))
    given = {name: path_of(name, base) for name in names}
    labels = {
        name: (os.path.basename(path) or path) if path else label_of(name)
        for name, path in given.items()
    }
    count = Counter(labels.values())
    lines = _config_lines(target, host)
    images = []
    for name, path in given.items():
        label = labels[name] if count[labels[name]] == 1 else _told_apart(name, given)
        used = [use for use in uses if path is None and familiar(use.image) == familiar(name)]
        used.sort(key=lambda use: not use.ships)
        own = _place_of_path(path, target) or _place_in_config(name, lines, target)
        places = [*(use.location for use in used), own or Location(uri=_uri(label))]
        related = tuple(places[1 : len(used) + (own is not None)])
        newer = used[0].newer if used else ""
        kind = kind_of(path) if path else ImageKind.IMAGE
        images.append(Image(name, path, label, places[0], related, newer, kind))
    return tuple(images)


def _told_apart(name: str, given: Mapping[str, str | None]) -> str:
    """A reference as it is; of a path the end that no other one has.

    The whole path is another one on every machine, and fingerprints must not be.
    """
    own = given[name]
    if own is None:
        return name
    parts = own.split(os.sep)
    others = {path for path in given.values() if path and path != own}
    for count in range(2, len(parts)):
        end = "/".join(parts[-count:])
        if not any("/".join(path.split(os.sep)[-count:]) == end for path in others):
            return end
    return name


def _found(target: Target, uses: Sequence[ImageUse]) -> list[str]:
    """References of images that ship, where the settings ask for those."""
    if not target.settings.images_found:
        return []
    given = {familiar(name) for name in target.settings.images}
    found = {familiar(use.image): use.image for use in reversed(uses) if _can_be_scanned(use)}
    return [image for name, image in reversed(found.items()) if name not in given]


def _can_be_scanned(use: ImageUse) -> bool:
    return use.ships and use.resolved and _REFERENCE.fullmatch(use.image) is not None


def not_asked(target: Target, uses: Sequence[ImageUse]) -> dict[str, list[ImageUse]]:
    """By reason the images of files that are not looked into, each at its first place."""
    asked = {familiar(name) for name in (*target.settings.images, *_found(target, uses))}
    left: dict[str, ImageUse] = {}
    for use in sorted(uses, key=lambda use: not use.ships):
        if (name := familiar(use.image)) not in asked:
            left.setdefault(name, use)
    reasons: dict[str, list[ImageUse]] = {}
    for use in left.values():
        reasons.setdefault(_why_not(use), []).append(use)
    return reasons


def _why_not(use: ImageUse) -> str:
    if not use.ships:
        return "images of pipelines, build stages and developers, not looked into"
    if not _can_be_scanned(use):
        return "images whose name holds a variable, not looked into: shopsec scan --image NAME"
    return "images that ship, not looked into: shopsec scan --image NAME, or --images-found"


def familiar(reference: str) -> str:
    """A reference without what Docker adds by itself, to compare it with another one.

    https://github.com/distribution/reference/blob/main/normalize.go
    """
    name = reference.removeprefix("docker.io/").removeprefix("library/")
    return name.removesuffix(":latest") if "@" not in name else name


def find_problem(image: Image) -> str:
    """Why there is nothing to scan, as far as can be told without reading it; else nothing."""
    if image.path is None:
        return "" if _REFERENCE.fullmatch(image.given) else "is no image reference"
    if not os.path.exists(image.path):
        return "there is no such file"
    if os.path.isdir(image.path):
        known = image.kind is ImageKind.ROOT_FOLDER or is_layout(image.path)
        return "" if known else NO_FOLDER
    if not os.path.isfile(image.path):
        return "is neither a file nor a folder"
    size = os.path.getsize(image.path)
    if image.kind is ImageKind.SBOM and size > _SBOM_BYTES:
        return f"has {size / 1e6:,.0f} MB; SBOMs of up to {_SBOM_BYTES // 10**6} MB are read"
    return ""


def label_of(reference: str) -> str:
    """A reference without tag and digest."""
    return re.sub(r":[^/:]*$", "", reference.partition("@")[0])


def _uri(label: str) -> str:
    return f"image/{uri_of(label.lstrip('/') or 'root')}"


def _place_of_path(path: str | None, target: Target) -> Location | None:
    root = os.path.join(target.inventory.root, "")
    if path is None or not os.path.realpath(path).startswith(root):
        return None
    return Location(uri=uri_of(os.path.realpath(path).removeprefix(root)))


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
