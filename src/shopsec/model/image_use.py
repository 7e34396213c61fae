"""Container images as a repository's files use them. No I/O."""

from dataclasses import dataclass

from shopsec.model.finding import Location


@dataclass(frozen=True)
class BuildStep:
    """An instruction of a Dockerfile that leaves an entry in the history of the image it builds."""

    keyword: str
    """In upper case: RUN, COPY ..."""
    text: str
    """What follows it, on one line."""
    location: Location


@dataclass(frozen=True)
class ImageUse:
    """A place that names an image: a final FROM, a service, a container, a pipeline's job."""

    image: str
    """The reference as written, with the file's own defaults put in."""
    location: Location
    ships: bool
    """It runs in the live shop, or may; False for pipelines, build stages and developers."""
    newer: str = ""
    """The same reference with the newest release of its line; empty where nothing tells."""
    resolved: bool = True
    """False where a variable stands in for something that the files do not tell."""
    steps: tuple[BuildStep, ...] | None = None
    """Of a final FROM: what the Dockerfile adds to this image, the first one first."""
