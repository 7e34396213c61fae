"""What a store of advisories is on disk: one SQLite file that ends with its checksum.

SQLite does not read the checksum: rows that a disk changed or lost would be packages without
advisories. Against fraud it is no help; whoever may write the cache may write the checksum.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

FILE_NAME = "advisories.sqlite"
LAYOUT = 2
"""Raised when the tables change: a store of another layout is made anew."""

_CHECKSUM = "sha256"
"""Of all the file: 0.1 s for the 70 MB of npm's advisories."""
CHECKSUM_BYTES = 32
_PIECE = 1 << 20
HEADER = b"SQLite format 3\0"
LAYOUT_AT = 60
"""Where ``user_version`` stands in the file: https://www.sqlite.org/fileformat2.html"""


@dataclass(frozen=True)
class StoredEcosystem:
    """What the store holds of one ecosystem."""

    name: str
    date: str
    """When its newest advisory was changed (RFC 3339), which is how old the data is."""
    advisories: int
    malicious: int
    refused: int
    """Records that could not be read."""


def seal(path: Path) -> None:
    """End a new store with its checksum."""
    digest = digest_of(path, path.stat().st_size)
    with path.open("ab") as file:
        file.write(digest)


def digest_of(path: Path, size: int) -> bytes:
    """Checksum of the first ``size`` bytes."""
    digest = hashlib.new(_CHECKSUM)
    with path.open("rb") as file:
        while size > 0 and (piece := file.read(min(_PIECE, size))):
            digest.update(piece)
            size -= len(piece)
    return digest.digest()


def read_only(path: Path) -> str:
    """Address of a store for SQLite, which then neither writes nor locks."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"
