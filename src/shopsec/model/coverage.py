"""The ledger of what was and was not looked at."""

import datetime
import re
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from shopsec.model.base import Frozen
from shopsec.model.finding import Area, Location

_CALENDAR = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Status(StrEnum):
    """How a scanner ended."""

    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    MISSING = "missing"
    SKIPPED = "skipped"
    NOT_APPLICABLE = "not_applicable"


class ImportState(StrEnum):
    """What the settings say of another tool's SARIF file; none of a scanner of ours."""

    NONE = ""
    REQUIRED = "required"
    OPTIONAL = "optional"


LISTED = 50
"""Items that are named of those which were left out for one reason."""


class Item(Frozen):
    """Something that was handed to a scanner: a file, a package, an image."""

    name: str
    location: Location | None = None


class NotCovered(Frozen):
    """Items that were handed in but not looked at, and why."""

    reason: str
    items: tuple[Item, ...]


class Excluded(Frozen):
    """Items deliberately not handed in, counted so that nothing is left out in silence."""

    reason: str
    count: int
    """All of them, however many are named."""
    items: tuple[Item, ...] = ()
    """The first :data:`LISTED`, where somebody may have to look at them: what a person silenced."""


class Database(Frozen):
    """What a scanner compared with. ``date`` is ISO 8601, or None where it does not tell."""

    name: str
    date: str | None = None
    embedded: bool = False
    """Shipped with shopsec, so as old as it is."""


class ScannerRun(Frozen):
    """One scanner's entry in the ledger: handed in = covered + not covered, always."""

    scanner: str
    area: Area
    status: Status
    imported: ImportState = ImportState.NONE
    """Whether it is another tool's SARIF file, and what the settings say of that."""
    unit: str = "files"
    version: str | None = None
    databases: tuple[Database, ...] = ()
    handed_in: int = 0
    covered: int = 0
    not_covered: tuple[NotCovered, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    message: str = ""
    """What went wrong, in one sentence."""
    next_step: str = ""
    """The command or change that mends it."""

    @property
    def not_covered_count(self) -> int:
        """How many items were handed in but not looked at."""
        return sum(len(group.items) for group in self.not_covered)

    @property
    def complete(self) -> bool:
        """True when nothing that applies was left out."""
        return self.status in {Status.SUCCEEDED, Status.NOT_APPLICABLE}

    def database_days(self, today: str) -> int:
        """Age of the oldest database that can be refreshed, in days; 0 where none tells."""
        texts = (each.date for each in self.databases if each.date and not each.embedded)
        days = [day for text in texts if (day := calendar_day(text)) is not None]
        now = datetime.date.fromisoformat(today[:10])
        return max([0, *((now - day).days for day in days)])

    @model_validator(mode="after")
    def _books_balance(self) -> Self:
        if self.handed_in != self.covered + self.not_covered_count:
            msg = (
                f"{self.scanner}: {self.handed_in} handed in, but {self.covered} covered "
                f"and {self.not_covered_count} not covered"
            )
            raise ValueError(msg)
        if self.status is Status.SUCCEEDED and self.not_covered:
            msg = f"{self.scanner}: succeeded, but {self.not_covered_count} not covered"
            raise ValueError(msg)
        return self


def calendar_day(text: str) -> datetime.date | None:
    """The day that a date or time begins with; None where that is no day of the calendar."""
    found = _CALENDAR.match(text)
    if found is None:
        return None
    try:
        return datetime.date.fromisoformat(found[0])
    except ValueError:
        return None


def group_not_covered(entries: list[tuple[str, Item]]) -> tuple[NotCovered, ...]:
    """Group (reason, item) pairs by reason, both sorted."""
    groups: dict[str, list[Item]] = {}
    for reason, item in entries:
        groups.setdefault(reason, []).append(item)
    return tuple(
        NotCovered(reason=reason, items=tuple(sorted(items, key=_item_order)))
        for reason, items in sorted(groups.items())
    )


def _item_order(item: Item) -> tuple[str, str, int]:
    place = item.location
    return item.name, place.uri if place else "", (place.start_line or 0) if place else 0
