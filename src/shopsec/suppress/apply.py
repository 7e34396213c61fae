"""Which results are suppressed by which decision, and what became of every decision. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from shopsec.model import Area, Result, Suppression, SuppressionState, SuppressionUse, Tier
from shopsec.suppress.match import Matcher, Subject, subject
from shopsec.suppress.terms import SOON_DAYS, day_after, days_between

_Order = tuple[str, int, str, str]
_NAMES_SHOWN = 3


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


def suppress(
    results: Sequence[Result], suppressions: Sequence[Suppression], terms: Terms
) -> tuple[tuple[Result, ...], tuple[SuppressionUse, ...]]:
    """Results with what suppresses them, in their order, and every suppression with its state.

    The order of suppressions does not matter, and one that has expired is as good as none. Where
    several speak of one result it is said to be suppressed by the one that holds longest.
    """
    if not suppressions:
        return tuple(results), ()
    ordered = sorted(suppressions, key=_order)
    book = _Book(results)
    spoken = {
        number: tuple(book.spoken_of(Matcher(each, terms.folder)))
        for number, each in enumerate(ordered)
        if not each.problem
    }
    grounds = _Grounds(terms, tuple(results), _denied(ordered, spoken))
    grounds = replace(grounds, commented=_commented(ordered, spoken, grounds))
    holding: dict[int, Suppression] = {}
    uses: list[SuppressionUse] = []
    for number, each in enumerate(ordered):
        claims = _claims(each, spoken.get(number, ()), grounds)
        uses.append(_use(each, claims, results, terms))
        for index in claims.held:
            best = holding.get(index)
            if best is None or each.until > best.until:
                holding[index] = each
    suppressed = (
        result.model_copy(update={"suppressed_by": holding[index]}) if index in holding else result
        for index, result in enumerate(results)
    )
    return tuple(suppressed), tuple(uses)


def _order(suppression: Suppression) -> _Order:
    file, _, line = suppression.place.rpartition(":")
    whole = suppression.model_dump_json()
    return (
        file or line,
        int(line) if file and line.isdecimal() else 0,
        suppression.selector,
        whole,
    )


class _Book:
    """Results, to be looked up by what they may be called."""

    def __init__(self, results: Sequence[Result]) -> None:
        self._subjects: list[Subject] = [subject(result.finding) for result in results]
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for index, each in enumerate(self._subjects):
            for name in each.names:
                self._by_name[name].append(index)

    def spoken_of(self, matcher: Matcher) -> Iterator[int]:
        """Indexes of the results that a suppression speaks of, ascending."""
        named = {index for name in matcher.names for index in self._by_name.get(name, ())}
        by_purl = any(name.startswith("pkg:") for name in matcher.names)
        for index in range(len(self._subjects)) if by_purl else sorted(named):
            if matcher.speaks_of(self._subjects[index]):
                yield index


_Denied = dict[int, Suppression]


def _denied(ordered: Sequence[Suppression], spoken: dict[int, tuple[int, ...]]) -> _Denied:
    """Results of which a VEX statement says that they matter, with the youngest of these."""
    youngest: _Denied = {}
    for number, each in enumerate(ordered):
        if not each.denies:
            continue
        for index in spoken.get(number, ()):
            if index not in youngest or each.since > youngest[index].since:
                youngest[index] = each
    return youngest


_Place = tuple[str, int | None]


@dataclass(frozen=True)
class _Grounds:
    """What a claim of one suppression on one result is judged by."""

    terms: Terms
    results: tuple[Result, ...]
    denied: _Denied
    commented: dict[int, set[_Place]] = field(default_factory=dict)
    """Places of secrets that a comment holds for."""


def _commented(
    ordered: Sequence[Suppression], spoken: dict[int, tuple[int, ...]], grounds: _Grounds
) -> dict[int, set[_Place]]:
    found: dict[int, set[_Place]] = defaultdict(set)
    for number, each in enumerate(ordered):
        if each.at is None or each.until < grounds.terms.today:
            continue
        for index in spoken.get(number, ()):
            if not _too_long(each, grounds.results[index], grounds.terms):
                found[index].add((each.at.uri, each.at.start_line))
    return found


@dataclass(frozen=True)
class _Claims:
    """Indexes of results that one suppression speaks of."""

    held: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    objection: str = ""
    """Why something that it speaks of is not suppressed by it alone."""


def _claims(suppression: Suppression, spoken: tuple[int, ...], grounds: _Grounds) -> _Claims:
    if suppression.denies or suppression.until < grounds.terms.today:
        return _Claims()
    held: list[int] = []
    refused: list[int] = []
    objection = ""
    for index in spoken:
        if found := _objection(suppression, index, grounds):
            objection = found
        elif _too_long(suppression, grounds.results[index], grounds.terms):
            refused.append(index)
        else:
            held.append(index)
    return _Claims(tuple(held), tuple(refused), objection)


def _objection(suppression: Suppression, index: int, grounds: _Grounds) -> str:
    against = grounds.denied.get(index) if suppression.kind == "vex" else None
    if against is not None and against.since >= suppression.since:
        return f"{against.place} says otherwise and is not older"
    finding = grounds.results[index].finding
    if suppression.kind == "inline" and finding.area is Area.SECRETS:
        # One finding for all places of one value; a comment speaks of its own line alone.
        commented = grounds.commented.get(index, set())
        for place in (finding.location, *finding.related):
            if commented and (place.uri, place.start_line) not in commented:
                return f"the same secret is at {place} too, where no such comment is"
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


def _use(
    suppression: Suppression, claims: _Claims, results: Sequence[Result], terms: Terms
) -> SuppressionUse:
    state = _state(suppression, claims, terms)
    soon = (
        state is SuppressionState.USED and days_between(terms.today, suppression.until) <= SOON_DAYS
    )
    return SuppressionUse(
        suppression=suppression,
        state=state,
        fingerprints=_prints(claims.held, results),
        refused=_prints(claims.refused, results),
        ends_soon=soon,
        note=_note(suppression, state, claims, results, terms),
    )


def _prints(indexes: tuple[int, ...], results: Sequence[Result]) -> tuple[str, ...]:
    return tuple(sorted({results[index].finding.fingerprint for index in indexes}))


def _state(suppression: Suppression, claims: _Claims, terms: Terms) -> SuppressionState:
    if suppression.problem:
        return SuppressionState.REFUSED
    if suppression.denies:
        return SuppressionState.NOTED
    if suppression.until < terms.today:
        return SuppressionState.EXPIRED
    if claims.held:
        return SuppressionState.USED
    return SuppressionState.REFUSED if claims.refused else SuppressionState.UNUSED


def _note(suppression: Suppression, state: SuppressionState, claims: _Claims, terms: Terms) -> str:
    if suppression.problem:
        return suppression.problem
    if state is SuppressionState.NOTED:
        return f"{suppression.reason}: suppresses nothing"
    if state is SuppressionState.EXPIRED:
        return f"expired on {suppression.until}: {_mend(suppression)}"
    parts = []
    if state is SuppressionState.USED:
        days = days_between(terms.today, suppression.until)
        parts.append(f"ends {_in_days(days)}" if days <= SOON_DAYS else "")
    if claims.refused:
        parts.append(_refusal(suppression, len(claims.refused), terms))
    if claims.objection:
        parts.append(claims.objection)
    elif state is SuppressionState.UNUSED:
        parts.append(_unused(suppression, results, terms))
    return "; ".join(filter(None, parts))


def _mend(suppression: Suppression) -> str:
    if suppression.kind == "vex":
        return "look again and renew its timestamp, or remove the statement"
    return "mend what it allows, or look again and set a new day; remove it where it is done"


def _in_days(days: int) -> str:
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")


def _refusal(suppression: Suppression, count: int, terms: Terms) -> str:
    risks = "1 risk" if count == 1 else f"{count} risks"
    if suppression.kind == "vex":
        last = day_after(suppression.since[:10], terms.fix_now_days)
        return (
            f"not for {risks} to be fixed now: there a statement holds {terms.fix_now_days} days, "
            f"this one held until {last}"
        )
    last = day_after(terms.today, terms.fix_now_days)
    return f"not for {risks} to be fixed now: there {last} is the last day that the policy allows"


def _unused(suppression: Suppression, results: Sequence[Result], terms: Terms) -> str:
    found = _found_there(suppression, results)
    if found:
        return f"does not name what is on its line: {', '.join(found[:_NAMES_SHOWN])}"
    if not terms.whole:
        return "matches nothing that this run looked at"
    if suppression.kind == "vex":
        return "matches no finding about a dependency of this repository: remove it if it is done"
    return "matches nothing: remove it, or mend what it names"


def _found_there(suppression: Suppression, results: Sequence[Result]) -> list[str]:
    """Rules of the results on the line that a comment speaks of."""
    at = suppression.at
    if at is None:
        return []
    places = ((each.finding.rule_id, each.finding.location) for each in results)
    line = (at.uri, at.start_line)
    return sorted({rule for rule, place in places if (place.uri, place.start_line) == line})
