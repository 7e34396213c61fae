"""An image with what is known of its layers: where findings lie, and how they name it. Pure."""

from dataclasses import dataclass
from functools import cached_property

from shopsec.model import Location, ScannedImage
from shopsec.scan.containers.answers import plain_text
from shopsec.scan.containers.images import Image, label_of
from shopsec.scan.containers.layers import Layers, Origin, Part


@dataclass(frozen=True)
class LayeredImage:
    """An image that was looked into."""

    image: Image
    layers: Layers
    system: str
    """Its operating system and release; empty where nothing tells."""

    @cached_property
    def base(self) -> Origin:
        """The base image as a whole; nobody's where no Dockerfile is known."""
        if self.layers.dockerfile is None:
            return Origin(Part.UNKNOWN)
        return Origin(Part.BASE, self.layers.dockerfile.location)

    @property
    def own(self) -> Origin:
        """What the Dockerfile adds, as a whole: its last instruction stands for it."""
        dockerfile = self.layers.dockerfile
        if dockerfile is None or not dockerfile.steps:
            return Origin(Part.UNKNOWN)
        return Origin(Part.OWN, dockerfile.steps[-1].location)

    def location(self, origin: Origin) -> Location:
        """The line of a Dockerfile where one is known, else the image's own place."""
        return origin.location or self.image.location

    def related(self, origin: Origin) -> tuple[Location, ...]:
        """The image's own place and its others, where a finding lies elsewhere."""
        places = (self.image.location, *self.image.related)
        at = self.location(origin)
        return tuple(place for place in dict.fromkeys(places) if place != at)

    def label(self, origin: Origin) -> str:
        """What fingerprints call it: by its base's name for what a FROM line brings."""
        dockerfile = self.layers.dockerfile
        if origin.part is Part.BASE and dockerfile is not None:
            return label_of(self.layers.base)
        return self.image.label

    def name(self, origin: Origin) -> str:
        """The image and whose part of it, for people."""
        if origin.part is Part.UNKNOWN:
            return self.image.name
        if origin.part is Part.OWN:
            return f"{self.image.name}, in its own layers"
        base = f"its base image {self.layers.base}" if self.layers.base else "its base image"
        seems = ", as its history suggests" if self.layers.guessed else ""
        return f"{self.image.name}, from {base}{seems}"

    def scanned(self, origin: Origin) -> ScannedImage:
        """For a finding."""
        return ScannedImage(
            name=self.image.name,
            kind=self.image.kind,
            system=self.system,
            base=self.layers.base,
            part=origin.part.value,
            newer=self.newer(origin),
        )

    def newer(self, origin: Origin) -> str:
        """The same base, or the same image, with a newer release of its line; or nothing."""
        if origin.part is Part.OWN:
            return ""
        if origin.part is Part.BASE:
            newer = self.layers.dockerfile.newer if self.layers.dockerfile else ""
            return plain_text(newer, 200)
        return plain_text(self.image.newer, 200)
