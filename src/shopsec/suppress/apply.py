"""Which results are suppressed by which decision, and what became of every decision. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from shopsec.model import Result, Suppression, SuppressionState, SuppressionUse
from shopsec.suppress.claims import Claims, Terms, claims_of, grounds_of
from shopsec.suppress.match import Matcher, Subject, subject
from shopsec.suppress.notes import note
from shopsec.suppress.terms import SOON_DAYS, days_between

_Order = tuple[str, int, str, str]


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
    grounds = grounds_of(ordered, spoken, results, terms)
    holding: dict[int, Suppression] = {}
    uses: list[SuppressionUse] = []
    for number, each in enumerate(ordered):
        claims = claims_of(each, spoken.get(number, ()), grounds)
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


def _use(
    suppression: Suppression, claims: Claims, results: Sequence[Result], terms: Terms
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
        note=note(suppression, state, claims, results, terms),
    )


def _prints(indexes: tuple[int, ...], results: Sequence[Result]) -> tuple[str, ...]:
    return tuple(sorted({results[index].finding.fingerprint for index in indexes}))


def _state(suppression: Suppression, claims: Claims, terms: Terms) -> SuppressionState:
    if suppression.problem:
        return SuppressionState.REFUSED
    if suppression.denies:
        return SuppressionState.NOTED
    if suppression.until < terms.today:
        return SuppressionState.EXPIRED
    if claims.held:
        return SuppressionState.USED
    return SuppressionState.REFUSED if claims.refused else SuppressionState.UNUSED
