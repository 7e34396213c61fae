"""How long others mend holes in what a shop runs: policies/lifecycle.json and look-ups in it.

The table holds a product's release lines (cycles), each with the day after which nobody mends
holes in it for free. Most facts come from https://endoflife.date; every product names its source.
The end is that of security fixes: of Debian's long-term support, which is free for all; not of
support that a vendor sells.
"""

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from shopsec.errors import PolicyError
from shopsec.model.base import Frozen
from shopsec.policy.bundled import policies_folder

FILE_NAME = "lifecycle.json"
FAR = 10_000
"""Days that stand for "no end is known", and below zero for "ended, nobody says when"."""
STALE_DAYS = 180
"""Days after which the table may miss ends that were announced since."""

Group = Literal["language", "os", "datastore", "server", "framework", "platform"]
_LEADING = re.compile(r"v?(\d+(?:\.\d+)*)", re.IGNORECASE)


class Cycle(Frozen):
    """One release line."""

    cycle: str = Field(pattern=r"^\d+(\.\d+)*$")
    released: datetime.date | None = None
    active_until: datetime.date | None = None
    """Day after which only holes are mended."""
    end: datetime.date | None = None
    """Day after which nothing is mended; None where no day is set."""
    ended: bool = False
    """It has ended and nobody says when."""
    latest: str = ""
    codename: str = ""

    @property
    def parts(self) -> tuple[int, ...]:
        """The numbers of its name."""
        return numbers_of(self.cycle)

    def days_left(self, today: datetime.date) -> int:
        """Days until its end, below zero after it; FAR or -FAR where there is no day."""
        if self.end is not None:
            return (self.end - today).days
        return -FAR if self.ended else FAR


class Product(Frozen):
    """Something a shop runs, and the names it goes by."""

    title: str
    group: Group
    source: str
    as_of: datetime.date | None = None
    """Day of this product's facts, where it is not the table's."""
    note: str = ""
    extended: bool = False
    """The end is that of extended support, which costs nothing beyond the product itself."""
    images: tuple[str, ...] = ()
    """Container images, without registry; official ones have no owner."""
    pins: tuple[str, ...] = ()
    """Names in .tool-versions and the like."""
    packages: Mapping[str, tuple[str, ...]] = {}
    """Packages by ecosystem: composer, npm, pypi, rubygems."""
    cycles: tuple[Cycle, ...] = Field(min_length=1)
    """The newest first."""


@dataclass(frozen=True)
class State:
    """A version, as a day sees it."""

    product: str
    """Its name in the table."""
    title: str
    group: str
    cycle: str
    end: datetime.date | None
    days_left: int
    latest: str
    releases_behind: int
    """Releases of the same cycle since this version; 0 where the version does not tell."""

    @property
    def ended(self) -> bool:
        """True when nobody mends holes in it any more."""
        return self.days_left < 0


class Lifecycles(Frozen):
    """The shape of policies/lifecycle.json."""

    as_of: datetime.date
    products: Mapping[str, Product]

    def state(self, product: str, version: str, today: datetime.date) -> State | None:
        """What is known of a version such as ``8``, ``8.2`` or ``8.2.1-p3``; None for nothing."""
        known = self.products.get(product)
        parts = numbers_of(version)
        if known is None or not parts:
            return None
        found = _cycle_of(known, parts)
        if found is not None:
            return State(
                product, known.title, known.group, found.cycle, found.end,
                found.days_left(today), found.latest, _releases_behind(found, parts),
            )  # fmt: skip
        if _older_than_an_ended(known, parts, today):
            name = ".".join(map(str, parts[:2]))
            return State(product, known.title, known.group, name, None, -FAR, "", 0)
        return None

    def best(self, product: str, today: datetime.date) -> Cycle | None:
        """The cycle that is maintained longest from a day on; None where all have ended."""
        alive = [each for each in self.products[product].cycles if each.days_left(today) >= 0]
        dated = [each for each in alive if each.end is not None]
        return max(
            dated or alive, key=lambda each: (each.days_left(today), each.parts), default=None
        )

    def with_facts_of(self, other: "Lifecycles") -> "Lifecycles":
        """These products with the cycles of a newer table, as far as that has them."""
        products = {
            name: product.model_copy(update={"cycles": other.products[name].cycles})
            if name in other.products
            else product
            for name, product in self.products.items()
        }
        return Lifecycles(as_of=other.as_of, products=products)

    def stale_days(self, today: datetime.date) -> int:
        """Age of the table in days when that is too old to rely on, else 0."""
        age = (today - self.as_of).days
        return age if age > STALE_DAYS else 0

    @cached_property
    def by_image(self) -> Mapping[str, str]:
        """Product by name of an image."""
        return dict(self._names(lambda each: each.images))

    @cached_property
    def by_pin(self) -> Mapping[str, str]:
        """Product by name in a file of versions."""
        return dict(self._names(lambda each: each.pins))

    @cached_property
    def by_codename(self) -> Mapping[str, tuple[str, str]]:
        """Product and cycle by codename, as in ``bookworm``."""
        return {
            cycle.codename: (name, cycle.cycle)
            for name, product in self.products.items()
            for cycle in product.cycles
            if cycle.codename
        }

    def packages(self, ecosystem: str) -> Mapping[str, str]:
        """Product by name of a package of an ecosystem."""
        return dict(self._names(lambda each: each.packages.get(ecosystem, ())))

    def _names(self, of: Callable[[Product], tuple[str, ...]]) -> Iterator[tuple[str, str]]:
        for name, product in self.products.items():
            for each in of(product):
                yield each, name


@lru_cache(maxsize=4096)
def numbers_of(version: str) -> tuple[int, ...]:
    """The dotted numbers a version begins with: ``v2.4.6-p3`` is 2, 4, 6; () for none."""
    match = _LEADING.match(version)
    return tuple(int(each[:9]) for each in match[1].split(".")) if match else ()


def _cycle_of(product: Product, parts: tuple[int, ...]) -> Cycle | None:
    """The cycle a version belongs to; for ``8`` the newest of 8.x, as image tags mean it."""
    within = [each for each in product.cycles if parts[: len(each.parts)] == each.parts]
    if within:
        return max(within, key=lambda each: len(each.parts))
    below = [each for each in product.cycles if each.parts[: len(parts)] == parts]
    return max(below, key=lambda each: each.parts, default=None)


def _older_than_an_ended(product: Product, parts: tuple[int, ...], today: datetime.date) -> bool:
    """True for a cycle the table leaves out because the next one of it has ended too.

    That next one has the same first number; or it is the oldest cycle of all.
    """
    newer = [each for each in product.cycles if each.parts > parts]
    if not newer:
        return False
    following = min(newer, key=lambda each: each.parts)
    if following.parts[0] != parts[0] and len(newer) < len(product.cycles):
        return False
    return following.days_left(today) < 0


def _releases_behind(cycle: Cycle, parts: tuple[int, ...]) -> int:
    """How far the first number that differs is behind the latest release's."""
    latest = numbers_of(cycle.latest)
    known = len(cycle.parts)
    for own, newest in zip(parts[known:], latest[known:], strict=False):
        if own != newest:
            return max(newest - own, 0)
    return 0


def read_lifecycles(path: Path) -> Lifecycles:
    """Read a table; PolicyError names the file and what is wrong with it."""
    try:
        return Lifecycles.model_validate_json(path.read_bytes())
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PolicyError(f"{path}: {where}: {first['msg']}") from error


def newest_lifecycles(refreshed: Path) -> Lifecycles:
    """The table shipped with shopsec, with the facts of a refreshed one where that is newer.

    PolicyError when there is a refreshed one that cannot be used.
    """
    embedded = embedded_lifecycles()
    if not refreshed.is_file():
        return embedded
    other = read_lifecycles(refreshed)
    return embedded.with_facts_of(other) if other.as_of > embedded.as_of else embedded


@lru_cache(maxsize=1)
def embedded_lifecycles() -> Lifecycles:
    """The table shipped with shopsec."""
    return read_lifecycles(policies_folder() / FILE_NAME)
