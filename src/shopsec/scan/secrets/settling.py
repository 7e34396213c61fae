"""Which of the hits in a file count: one a value and place, the surest; why the others do not.

Hits are settled a stretch of text at a time, so that neither memory nor time grow faster than the
file, and so that however many harmless ones stand before a key do not hide it.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from shopsec.levels import Confidence
from shopsec.scan.secrets.hits import FORMAT, SERVICE, Hit, Place
from shopsec.scan.secrets.keywords import BY_NAME
from shopsec.scan.secrets.lookalikes import has_other_words, is_integrity_hash, is_made_up
from shopsec.scan.secrets.silencers import is_silenced
from shopsec.scan.secrets.source import Source

MOST = 500
"""Hits a file; what has more is data, and is booked as searched in part."""

TOO_MANY = f"has more than {MOST} secrets; the rest is not listed"
"""Why a file was searched in part; the least sure hits are those that are not listed."""
SILENCED = "findings silenced by an allowlist comment"
PLACEHOLDERS = "placeholders in the form of a key"
INTEGRITY = "integrity hashes in the form of a key"
OTHER_WORDS = "passwords by name in lock files and API descriptions"
PUBLIC = "keys that are meant to be public"

# A pair's parts stand so many characters from each other at most.
_PAIR_REACH = 1_000
# Hits that are settled together, and how far behind its anchor a hit may begin.
_TOGETHER, _BEHIND = 1_000, 8_192
# Values of a line, or of a long line's stretch, that are searched in each other.
_COMPARED = 50
_PLACES = 50
_REMEMBERED = 10_000


class Found:
    """What one file gave."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        """In the order of their places."""
        self.left_out: Counter[str] = Counter()
        self.silenced: list[int] = []
        """Where the first ones stand that a comment silences: offsets."""
        self.cut_short = ""
        """Why the file was searched in part only, in the ledger's words."""
        self.lasts = True
        """The same text gives the same another day: neither clock nor time limit counted."""


class Settling:
    """Takes a file's hits as anchors give them, and keeps those that count."""

    def __init__(
        self, source: Source, public: frozenset[str], pairs: Mapping[str, str], found: Found
    ) -> None:
        """``public`` are the rules of harmless keys, ``pairs`` those of ids by their secrets'."""
        self._source = source
        self._public = public
        self._pairs = pairs
        self._ids = frozenset(pairs.values())
        self._found = found
        self._waiting: list[Hit] = []
        self._enough = _TOGETHER
        self._covered = bytearray()
        self._on_line: dict[int, list[str]] = {}
        self._last: dict[tuple[str, str], int] = {}
        self._kept: dict[tuple[int, int], list[Hit]] = defaultdict(list)
        self._partners: list[Hit] = []
        self._too_many = False

    def take(self, hits: Iterable[Hit], offset: int) -> None:
        """Take what the anchor at ``offset`` gave; anchors come in the order of their places."""
        self._waiting.extend(hits)
        if len(self._waiting) >= self._enough:
            ended = offset - _BEHIND
            settled = [hit for hit in self._waiting if hit.place.end <= ended]
            self._waiting = [hit for hit in self._waiting if hit.place.end > ended]
            self._enough = len(self._waiting) + _TOGETHER
            self._settle(settled)
            self._forget(ended - _BEHIND)

    def close(self) -> None:
        """Settle the rest, and give the file's hits to ``found``."""
        self._settle(self._waiting)
        kept = sorted((hit for group in self._kept.values() for hit in group), key=_order)
        if self._too_many or len(kept) > MOST:
            self._found.cut_short = self._found.cut_short or TOO_MANY
        paired = self._paired(kept[:MOST])
        self._found.hits = sorted(paired, key=_start)

    def _settle(self, hits: list[Hit]) -> None:
        for hit in sorted(hits, key=_order):
            if not self._is_new(hit):
                continue
            reason = self._left_out(hit)
            if reason:
                self._found.left_out[reason] += 1
                if reason == SILENCED and len(self._found.silenced) < _PLACES:
                    self._found.silenced.append(hit.begins)
                if hit.rule in self._ids and reason == PUBLIC and len(self._partners) < _REMEMBERED:
                    self._partners.append(hit)
                continue
            group = self._kept[hit.rank, hit.verdict.confidence.rank]
            if len(group) < MOST:
                group.append(hit)
            else:
                self._too_many = True

    def _is_new(self, hit: Hit) -> bool:
        """Neither its place nor, on its line, its value is taken; it is from now on."""
        source, (start, end, value) = self._source, hit.place
        if not self._covered:
            self._covered = bytearray(len(source.text) + 1)
        on_line = self._on_line.setdefault(source.line_start(hit.begins), [])
        if self._covered.find(1, start, end) >= 0 or any(
            other in value or value in other for other in on_line
        ):
            return False
        self._covered[start:end] = b"\1" * (end - start)
        if len(on_line) < _COMPARED:
            on_line.append(value)
        before = self._last.get((hit.rule, value))
        self._last[hit.rule, value] = hit.begins
        # On one line, which is longer than lines are followed, it is the same once more.
        return before is None or source.text.find("\n", before, hit.begins) >= 0

    def _forget(self, offset: int) -> None:
        """Let go of lines that nothing can be found on any more."""
        self._on_line = {line: seen for line, seen in self._on_line.items() if line >= offset}
        if len(self._last) > _REMEMBERED:
            self._last.clear()

    def _left_out(self, hit: Hit) -> str:
        """Why a hit is no finding, in the ledger's words; empty when it is one."""
        source, place = self._source, hit.place
        if hit.rule in self._public:
            return PUBLIC
        if hit.rank in {FORMAT, SERVICE} and is_made_up(place.value):
            return PLACEHOLDERS
        if hit.rule in BY_NAME and has_other_words(source.path):
            return OTHER_WORDS
        # A key that is sure by its form is no hash, whatever is written before it.
        if not is_sure(hit) and is_integrity_hash(source.text, place.start, place.end):
            return INTEGRITY
        return SILENCED if is_silenced(source, hit.begins) else ""

    def _paired(self, hits: list[Hit]) -> list[Hit]:
        """A secret and its id near each other are one hit, of the secret, and sure."""
        ids: dict[str, list[Hit]] = defaultdict(list)
        for each in sorted((*hits, *self._partners), key=_start):
            if each.rule in self._ids:
                ids[each.rule].append(each)
        dropped: set[int] = set()
        result: list[Hit] = []
        for hit in hits:
            partner = _near(hit.place, ids.get(self._pairs.get(hit.rule, ""), []), dropped)
            if partner is not None:
                dropped.add(id(partner))
                sure = hit.verdict._replace(confidence=Confidence.HIGH)
                result.append(hit._replace(verdict=sure))
            else:
                result.append(hit)
        return [hit for hit in result if id(hit) not in dropped]


def is_sure(hit: Hit) -> bool:
    """Known by its own form, beyond doubt."""
    return hit.rank == FORMAT and hit.verdict.confidence is Confidence.HIGH


def _near(place: Place, ids: list[Hit], dropped: set[int]) -> Hit | None:
    """The first of the ids, which are in order, in reach of a place, and not yet used."""
    for each in ids[bisect_left(ids, place.start - _PAIR_REACH, key=_start) :]:
        if each.place.start > place.start + _PAIR_REACH:
            return None
        if id(each) not in dropped:
            return each
    return None


def _start(hit: Hit) -> int:
    return hit.place.start


def _order(hit: Hit) -> tuple[int, int, int, int, str]:
    return (
        hit.rank, hit.verdict.confidence.rank, hit.place.start, -hit.place.end, hit.rule,
    )  # fmt: skip
