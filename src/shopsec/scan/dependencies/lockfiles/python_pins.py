"""What poetry.lock and pdm.lock share: packages of groups, and roots in a pyproject.toml."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name

from shopsec.scan.dependencies.lockfiles.base import Pin
from shopsec.scan.dependencies.lockfiles.places import Place, places
from shopsec.scan.dependencies.lockfiles.python_roots import PythonRoots


@dataclass(frozen=True)
class Needing:
    """A package and the normalised names of what it needs."""

    pin: Pin
    needs: tuple[str, ...]


def placed(packages: Iterable[Needing], roots: PythonRoots | None) -> tuple[Pin, ...]:
    """The pins, with their places where a pyproject.toml tells the roots.

    Whether a pin is for development stays as the lockfile has it: it knows groups and markers.
    """
    packages = tuple(packages)
    if roots is None:
        return tuple(package.pin for package in packages)
    needs: dict[str, list[str]] = {}
    for package in packages:
        needs.setdefault(canonicalize_name(package.pin.name), []).extend(package.needs)
    below = places(roots.production, roots.development, _needs_in(needs))
    return tuple(_at(package.pin, below) for package in packages)


def _needs_in(needs: dict[str, list[str]]) -> Callable[[str], Iterable[str]]:
    return lambda name: needs.get(name, ())


def _at(pin: Pin, below: dict[str, Place[str]]) -> Pin:
    place = below.get(canonicalize_name(pin.name), Place(direct=False))
    return replace(pin, direct=place.direct, via=place.via)
