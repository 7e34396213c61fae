"""What one suppression may do to the results that it speaks of. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shopsec.model import Result, Suppression, Tier
from shopsec.suppress.match import places_of
from shopsec.suppress.terms import day_after

Spoken = Mapping[int, tuple[int, ...]]
"""Indexes of the results that a suppression speaks of, by the suppression's own number."""


@dataclass(frozen=True)
class Terms:
    """What suppressions are held against, beside the results."""

    today: str
    """ISO 8601 date that stands for now."""
    fix_now_days: int
    """For how many days a result of the tier fix-now may be suppressed at most."""
    folder: str = ""
    """Reference of the folder scanned, from the repository's root."""
    whole: bool = True
    """Everything was looked at: what matches nothing is of no use."""


Denied = dict[int, Suppression]


def _denied(ordered: Sequence[Suppression], spoken: Spoken) -> Denied:
    """Results of which a VEX statement says that they matter, with the youngest of these."""
    youngest: Denied = {}
    for number, each in enumerate(ordered):
        if not each.denies:
            continue
        for index in spoken.get(number, ()):
            if index not in youngest or each.since > youngest[index].since:
                youngest[index] = each
    return youngest


_Place = tuple[str, int | None]


@dataclass(frozen=True)
class Grounds:
    """What a claim of one suppression on one result is judged by."""

    terms: Terms
    results: tuple[Result, ...]
    denied: Denied
    commented: dict[int, set[_Place]] = field(default_factory=dict)
    """Places of results that a comment holds for."""


def _commented(
    ordered: Sequence[Suppression], spoken: Spoken, grounds: Grounds
) -> dict[int, set[_Place]]:
    found: dict[int, set[_Place]] = defaultdict(set)
    for number, each in enumerate(ordered):
        if each.at is None or each.until < grounds.terms.today:
            continue
        for index in spoken.get(number, ()):
            if not _too_long(each, grounds.results[index], grounds.terms):
                found[index].add((each.at.uri, each.at.start_line))
    return found


def grounds_of(
    ordered: Sequence[Suppression], spoken: Spoken, results: Sequence[Result], terms: Terms
) -> Grounds:
    """Work out once what all suppressions together say of results."""
    grounds = Grounds(terms, tuple(results), _denied(ordered, spoken))
    return replace(grounds, commented=_commented(ordered, spoken, grounds))


@dataclass(frozen=True)
class Claims:
    """Indexes of results that one suppression speaks of."""

    held: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    objection: str = ""
    """Why something that it speaks of is not suppressed, though it may be for so long."""


def claims_of(suppression: Suppression, spoken: tuple[int, ...], grounds: Grounds) -> Claims:
    """Hold one suppression against the results that it speaks of."""
    if suppression.denies or suppression.until < grounds.terms.today:
        return Claims()
    held: list[int] = []
    refused: list[int] = []
    objection = ""
    for index in spoken:
        if _too_long(suppression, grounds.results[index], grounds.terms):
            refused.append(index)
        elif found := _objection(suppression, index, grounds):
            objection = found
        else:
            held.append(index)
    return Claims(tuple(held), tuple(refused), objection)


def _objection(suppression: Suppression, index: int, grounds: Grounds) -> str:
    against = grounds.denied.get(index) if suppression.kind == "vex" else None
    if against is not None and against.since >= suppression.since:
        return f"{against.place} says otherwise and is not older"
    if suppression.kind == "inline":
        # One finding for all places of one thing; a comment speaks of its own line alone.
        for place in places_of(grounds.results[index].finding):
            if (place.uri, place.start_line) not in grounds.commented[index]:
                return f"the same is at {place} too, where no such comment is"
    return ""


def _too_long(suppression: Suppression, result: Result, terms: Terms) -> bool:
    """What must be fixed now cannot be lived with for long.

    A VEX statement names no last day, so the policy's days are counted from its own date.
    """
    if result.tier is not Tier.FIX_NOW:
        return False
    if suppression.kind == "vex":
        return terms.today > day_after(suppression.since[:10], terms.fix_now_days)
    return suppression.until > day_after(terms.today, terms.fix_now_days)
