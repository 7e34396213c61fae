"""pylock.toml (PEP 751)."""

from shopsec.scan.dependencies.lockfiles.base import Lockfile, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.toml_packages import package_tables


def parse(text: str) -> Lockfile:
    """Parse pylock.toml; packages without a version (from a URL or a folder) are unpinned."""
    pins: list[Pin] = []
    unpinned: list[Unpinned] = []
    for table, line in package_tables(text, "packages"):
        name, version = table.get("name"), table.get("version")
        if isinstance(name, str) and isinstance(version, str):
            pins.append(Pin(name, version, line))
        else:
            unpinned.append(Unpinned(str(name), line, "has no version in the lockfile"))
    return Lockfile(tuple(pins), tuple(unpinned))
