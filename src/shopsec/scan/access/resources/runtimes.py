"""Runtimes: languages, systems, databases, servers and shop platforms, with the day they end.

Wherever a version is written (images, files of versions, manifests, lockfiles, pipelines), what is
found becomes one view, so that a rule about end of life is written once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from shopsec.model import SourceFile
from shopsec.policy.lifecycle import FAR, State
from shopsec.scan.access.documents.dockerfile import substitute
from shopsec.scan.access.resources.base import Files, Resource, fact
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.lifecycle_images import Versioned, products_in

LIVE, UNCLEAR, BUILD, CI, DEVELOPER = "live", "unclear", "build", "ci", "developer"


@dataclass(frozen=True)
class Runtime:
    """A product that the shop runs on or is built and tested with, in the version written."""

    KIND: ClassVar[str] = "runtime"
    PLACES: ClassVar[tuple[str, ...]] = ()

    product: str = fact("its name in the table of lifecycles, empty where nobody here knows it")
    title: str = fact("what people call it, with the cycle: PHP 8.1")
    group: str = fact(
        "language, os, datastore, server, framework or platform; empty where it is not known"
    )
    cycle: str = fact("the release line, empty where the version does not tell it")
    version: str = fact("the version as written; of a range, the newest line it allows")
    known: bool = fact("the table knows this release line")
    ended: bool = fact("nobody mends holes in it any more, as far as the table knows")
    end_of_life: str = fact("day of its end as 2026-12-31, empty where none is set or known")
    days_left: int = fact(
        "days until its end, negative after it; 10000 or -10000 where no day is known"
    )
    summary: str = fact("its title, its end and the line that is maintained longest, as a sentence")
    latest: str = fact("the latest release of its line that the table knows")
    releases_behind: int = fact("releases of its line since this version, 0 where not known")
    use: str = fact(
        "live (ships to customers), unclear (may ship), build (a stage that does not ship), ci, "
        "developer"
    )
    ships: bool = fact("use is live or unclear")
    ci_only: bool = fact("use is ci")
    found_in: str = fact(
        "image, service (a helper of a pipeline's job), job, setup, pin, manifest, lockfile, "
        "core (the platform's own code), cloud (ordered from one)"
    )
    image: str = fact("the image as written, empty where it is none")
    image_moves: bool = fact("the image has no tag, or one like latest, and no digest")


@dataclass(frozen=True)
class Sighting:
    """A version in a file, before the table is asked about it."""

    found: Versioned
    line: int
    use: str
    found_in: str
    image: str = ""
    asked: str = ""
    """The range that ``found`` is the newest of."""


def sightings_of_image(
    text: str, line: int, use: str, found_in: str, files: Files,
    variables: Mapping[str, str] | None = None,
) -> list[Sighting]:  # fmt: skip
    """What an image as written holds; one sighting without a product where nobody knows."""
    written = substitute(text, dict(variables or {}))
    held = products_in(parse_image(written), files.lifecycles) or (Versioned("", ""),)
    return [Sighting(each, line, use, found_in, written) for each in held]


def resources_of(
    file: SourceFile, sightings: Iterable[Sighting], files: Files
) -> Iterator[Resource]:
    """One resource for each release line (or unknown image) and use in a file: its first place."""
    seen: set[tuple[str, str, str, str]] = set()
    for each in sightings:
        view = _view(each, files)
        key = (view.product, view.cycle, view.use, "" if view.cycle else view.image)
        if key not in seen:
            seen.add(key)
            yield Resource(view, file, each.line, view.title or view.image)


def _view(sighting: Sighting, files: Files) -> Runtime:
    lifecycles, today = files.lifecycles, files.today
    product, version = sighting.found.product, sighting.found.version
    known = lifecycles.products.get(product)
    state = lifecycles.state(product, version, today)
    return Runtime(
        product=product,
        title=f"{known.title} {state.cycle if state else version}".rstrip() if known else "",
        group=known.group if known else "",
        cycle=state.cycle if state else "",
        version=version,
        known=state is not None,
        ended=state is not None and state.ended,
        end_of_life=state.end.isoformat() if state and state.end else "",
        days_left=state.days_left if state else FAR,
        summary=_summary(state, sighting.asked, files) if state else "",
        latest=state.latest if state else "",
        releases_behind=state.releases_behind if state else 0,
        use=sighting.use,
        ships=sighting.use in {LIVE, UNCLEAR},
        ci_only=sighting.use == CI,
        found_in=sighting.found_in,
        image=sighting.image,
        image_moves=bool(sighting.image) and parse_image(sighting.image).moves,
    )


def _summary(state: State, asked: str, files: Files) -> str:
    title = f"{state.title} {state.cycle}"
    if asked:
        title += f", the newest that {asked!r} allows,"
    if state.end is None:
        says = f"{title} {'is no longer maintained' if state.ended else 'is maintained'}"
    else:
        says = f"{title} {'ended' if state.ended else 'ends'} on {state.end.isoformat()}"
    best = files.lifecycles.best(state.product, files.today)
    if best is None or best.cycle == state.cycle:
        return says
    until = f" until {best.end.isoformat()}" if best.end else ""
    return f"{says}, {best.cycle} is maintained{until}"
