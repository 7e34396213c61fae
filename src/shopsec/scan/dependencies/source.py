"""What a source of advisories is asked and answers: OSV's service, the local store, the pack."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from shopsec.model import Database
from shopsec.scan.dependencies.osv_record import OsvRecord
from shopsec.scan.dependencies.packages import Key


@dataclass
class Answer:
    """What is known of package versions; each is in one of the two dictionaries."""

    records: dict[Key, list[OsvRecord]] = field(default_factory=dict)
    """Advisories that affect it; an empty list for one that was looked up and is clear."""
    unanswered: dict[Key, str] = field(default_factory=dict)
    """Why it was not looked up."""
    databases: tuple[Database, ...] = ()
    next_step: str = ""


class Source(Protocol):
    """Somewhere to look package versions up."""

    def look_up(self, keys: Iterable[Key]) -> Answer:
        """Answer for every key, if only with why there is no answer."""
        ...  # pragma: no cover
