"""What a system's package manager has installed, whichever it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SystemPackage:
    """One installed package."""

    kind: str
    """``apk``, ``deb`` or ``rpm``."""
    name: str
    version: str
    """With epoch and revision, as its package manager writes them."""
    source: str
    """The source package that it was built from, which advisories speak of."""
    source_version: str


@dataclass(frozen=True)
class PackageList:
    """A package manager's list, as one layer has it."""

    packages: tuple[SystemPackage, ...] = ()
    problem: str = ""
    """Why it is not read, or not whole."""
