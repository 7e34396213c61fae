"""Searches the text of one file: from anchors to hits, and which of those count."""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from shopsec.levels import Confidence
from shopsec.scan.secrets import assignments, commands, connections, encoded
from shopsec.scan.secrets.anchors import Anchors
from shopsec.scan.secrets.checks import Circumstances
from shopsec.scan.secrets.hits import FORMAT, SERVICE, Hit, Place
from shopsec.scan.secrets.keywords import BY_NAME, hit_of
from shopsec.scan.secrets.lookalikes import has_other_words, is_integrity_hash, is_made_up
from shopsec.scan.secrets.matcher import Matcher
from shopsec.scan.secrets.silencers import is_silenced
from shopsec.scan.secrets.source import Source
from shopsec.scan.secrets.table import Form

MOST = 500
"""Hits a file; what has more is data, and is booked as searched in part."""

SILENCED = "findings silenced by an allowlist comment"
PLACEHOLDERS = "placeholders in the form of a key"
INTEGRITY = "integrity hashes in the form of a key"
OTHER_WORDS = "passwords by name in lock files and API descriptions"
PUBLIC = "keys that are meant to be public"

# A pair's parts stand so many characters from each other at most.
_PAIR_REACH = 1_000
# detect-secrets' own formats are longer.
_OTHERS_SHORTEST = 20
# The clock is asked once in so many places.
_PLACES_BETWEEN = 50

Others = Callable[[Source, Iterable[int]], Iterable[Hit]]
"""Finds hits on lines, given by offsets."""
_Trigger = Callable[[Source, int], Iterator[Hit]]


class Found:
    """What one file gave."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        """In the order of their places."""
        self.left_out: Counter[str] = Counter()
        self.cut_short = ""
        """Why the file was searched in part only, in the ledger's words."""


class Engine:
    """All formats and all other ways to know a secret, ready to search."""

    def __init__(
        self,
        formats: Sequence[Form],
        now: float,
        *,
        automaton: bool = True,
        much: bool = False,
        others: Others | None = None,
    ) -> None:
        """``others`` are asked about lines with an assignment that is no hit of ours."""
        self._others = others
        self._around = Circumstances(now)
        self._public = {form.id for form in formats if form.mode == "public"}
        self._pairs = {form.id: form.pair for form in formats if form.pair}
        triggers: dict[bytes, list[tuple[str, _Trigger]]] = {}
        for form in formats:
            matcher = Matcher(form)
            for anchor in form.anchors:
                self._add(
                    triggers, anchor, self._format_at(matcher), exact="(?i" not in form.pattern
                )
                if form.before == 0:
                    for part in encoded.anchors_of(anchor):
                        # Of hexadecimal digits both cases are in use.
                        exact = part != part.lower()
                        self._add(triggers, part, self._decoded_at(matcher, part), exact=exact)
            for word in form.words if not form.anchors else ():
                self._add(triggers, word, self._service_at(matcher))
        for anchor in connections.URL_ANCHORS:
            self._add(triggers, anchor, _single(connections.at_url, anchor))
        for anchor in connections.STRING_ANCHORS:
            self._add(triggers, anchor, _at_string)
        for anchor in (*commands.ANCHORS, commands.NETRC_ANCHOR):
            self._add(triggers, anchor, _single(commands.at_command, anchor))
        self._names = frozenset(word.encode("latin-1") for word in assignments.ANCHORS)
        keys = sorted({*triggers, *self._names})
        self._triggers = [triggers.get(key, []) for key in keys]
        self._is_name = [key in self._names for key in keys]
        self._anchors = Anchors(keys, automaton=automaton, much=much)

    @staticmethod
    def _add(
        triggers: dict[bytes, list[tuple[str, _Trigger]]],
        anchor: str,
        trigger: _Trigger,
        *,
        exact: bool = False,
    ) -> None:
        """``exact``: only where the anchor stands as it is written here."""
        written = anchor if exact else ""
        triggers.setdefault(anchor.lower().encode("latin-1"), []).append((written, trigger))

    def _format_at(self, matcher: Matcher) -> _Trigger:
        return lambda source, offset: matcher.at_anchor(source, offset, self._around)

    def _service_at(self, matcher: Matcher) -> _Trigger:
        return lambda source, offset: matcher.at_word(source, offset, self._around)

    def _decoded_at(self, matcher: Matcher, part: str) -> _Trigger:
        return lambda source, offset: encoded.at_part(matcher, source, offset, part, self._around)

    def search(self, source: Source, deadline: float = float("inf")) -> Found:
        """Search a file; ``deadline`` is a time of time.monotonic()."""
        found = Found()
        hits: list[Hit] = []
        named_to = 0
        asked: dict[int, None] = {}
        for count, (offset, key) in enumerate(self._anchors.places(source.lowered)):
            if count % _PLACES_BETWEEN == 0 and time.monotonic() > deadline:
                found.cut_short = "ran out of time: the rest is not searched"
                break
            for written, trigger in self._triggers[key]:
                if source.text.startswith(written, offset):
                    hits.extend(trigger(source, offset))
            if self._is_name[key] and offset >= named_to:
                assignment, named_to = assignments.assignment_at(source, offset)
                hit = hit_of(assignment) if assignment else None
                if hit is not None:
                    hits.append(hit)
                elif assignment and len(assignment.place.value) >= _OTHERS_SHORTEST:
                    asked[source.line_start(offset)] = None
            if len(hits) > 20 * MOST:
                found.cut_short = f"has more than {MOST} secrets; the rest is not listed"
                break
        if self._others is not None and asked:
            hits.extend(self._others(source, asked))
        self._settle(source, hits, found)
        return found

    def _settle(self, source: Source, hits: list[Hit], found: Found) -> None:
        """Keep one hit a value and line, the surest; say why others are left out."""
        taken: dict[int, list[Place]] = {}
        last: dict[tuple[str, str], int] = {}
        covered = _Covered()
        kept: list[Hit] = []
        public: list[Hit] = []
        for hit in sorted(hits, key=_order):
            on_line = taken.setdefault(source.line_start(hit.begins), [])
            if any(_is_same(hit.place, place) for place in on_line) or covered.holds(hit.place):
                continue
            covered.add(hit.place)
            on_line.append(hit.place)
            before = last.get((hit.rule, hit.place.value))
            last[hit.rule, hit.place.value] = hit.begins
            if before is not None and source.text.find("\n", before, hit.begins) < 0:
                continue  # on one line, which is longer than lines are followed
            reason = self._left_out(source, hit)
            if reason:
                found.left_out[reason] += 1
                public += [hit] if reason == PUBLIC else []
            elif len(kept) == MOST:
                found.cut_short = f"has more than {MOST} secrets; the rest is not listed"
                break
            else:
                kept.append(hit)
        found.hits = sorted(self._paired(kept, public), key=lambda hit: hit.place.start)

    def _left_out(self, source: Source, hit: Hit) -> str:
        """Why a hit is no finding, in the ledger's words; empty when it is one."""
        value = hit.place.value
        if hit.rule in self._public:
            return PUBLIC
        if hit.rank in {FORMAT, SERVICE} and is_made_up(value):
            return PLACEHOLDERS
        if hit.rule in BY_NAME and has_other_words(source.path):
            return OTHER_WORDS
        if is_integrity_hash(source.text, hit.place.start, hit.place.end):
            return INTEGRITY
        return SILENCED if is_silenced(source, hit.begins) else ""

    def _paired(self, hits: list[Hit], public: list[Hit]) -> list[Hit]:
        """A secret and its id near each other are one hit, of the secret, and sure."""
        dropped: set[int] = set()
        result: list[Hit] = []
        for hit in hits:
            other = self._pairs.get(hit.rule)
            partner = next(
                (
                    each
                    for each in (*hits, *public)
                    if each.rule == other
                    and id(each) not in dropped
                    and abs(each.place.start - hit.place.start) <= _PAIR_REACH
                ),
                None,
            )
            if other and partner is not None:
                dropped.add(id(partner))
                sure = hit.verdict._replace(confidence=Confidence.HIGH)
                result.append(hit._replace(verdict=sure))
            else:
                result.append(hit)
        return [hit for hit in result if id(hit) not in dropped]


class _Covered:
    """Places that are taken, however long the lines are."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def holds(self, place: Place) -> bool:
        """The place overlaps one that is taken."""
        at = bisect_left(self._starts, place.end)
        return at > 0 and self._ends[at - 1] > place.start

    def add(self, place: Place) -> None:
        at = bisect_left(self._starts, place.start)
        self._starts.insert(at, place.start)
        self._ends.insert(at, place.end)


def _single(find: Callable[[Source, int, str], Hit | None], anchor: str) -> _Trigger:
    def trigger(source: Source, offset: int) -> Iterator[Hit]:
        hit = find(source, offset, anchor)
        if hit is not None:
            yield hit

    return trigger


def _at_string(source: Source, offset: int) -> Iterator[Hit]:
    hit = connections.at_string(source, offset)
    if hit is not None:
        yield hit


def _order(hit: Hit) -> tuple[int, int, int, int, str]:
    return (
        hit.rank, hit.verdict.confidence.rank, hit.place.start, -hit.place.end, hit.rule,
    )  # fmt: skip


def _is_same(one: Place, other: Place) -> bool:
    """They overlap, or are one value twice."""
    overlap = one.start < other.end and other.start < one.end
    return overlap or one.value in other.value or other.value in one.value
