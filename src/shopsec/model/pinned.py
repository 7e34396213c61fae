"""The packages that a repository's lockfiles pin."""

from dataclasses import dataclass

from shopsec.model.finding import Location, Package, Role


@dataclass(frozen=True, slots=True)
class PinnedPackage:
    """One exact version at one place of the repository.

    A dataclass, not a pydantic model: monorepos have 100,000 of them and nothing to validate.
    """

    package: Package
    location: Location
    role: Role
    direct: bool | None = None
    """The project itself names it; None where nothing tells."""
    via: tuple[str, ...] = ()
    """Names from a direct dependency down to the one that needs this."""
