"""Searches the text of one file: from anchors to hits; settling.py keeps those that count."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from shopsec.scan.secrets import assignments, commands, connections, encoded, password_files
from shopsec.scan.secrets.anchors import Anchors
from shopsec.scan.secrets.checks import Circumstances
from shopsec.scan.secrets.hits import Hit
from shopsec.scan.secrets.keywords import hit_of
from shopsec.scan.secrets.matcher import Matcher, in_word
from shopsec.scan.secrets.settling import Found, Settling
from shopsec.scan.secrets.source import Source
from shopsec.scan.secrets.table import Form

# detect-secrets' own formats are longer.
_OTHERS_SHORTEST = 20
# The clock is asked once in so many places.
_PLACES_BETWEEN = 50

Others = Callable[[Source, Iterable[int]], Iterable[Hit]]
"""Finds hits on lines, given by offsets."""
_Trigger = Callable[[Source, int], Iterator[Hit]]


class _Anchored(NamedTuple):
    """What to do where an anchor stands."""

    written: str
    """The anchor, where its letters' cases count."""
    begins_word: bool
    """Only where no letter, digit or underscore stands before it."""
    trigger: _Trigger


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
        self._public = frozenset(form.id for form in formats if form.mode == "public")
        self._pairs = {form.id: form.pair for form in formats if form.pair}
        triggers: dict[bytes, list[_Anchored]] = {}
        for form in formats:
            matcher = Matcher(form)
            for anchor in form.anchors:
                self._add(
                    triggers,
                    anchor,
                    self._format_at(matcher),
                    exact="(?i" not in form.pattern,
                    begins_word=form.before == 0 and form.boundary != "none",
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
        triggers: dict[bytes, list[_Anchored]],
        anchor: str,
        trigger: _Trigger,
        *,
        exact: bool = False,
        begins_word: bool = False,
    ) -> None:
        """``exact``: only where the anchor stands as it is written here."""
        anchored = _Anchored(anchor if exact else "", begins_word, trigger)
        triggers.setdefault(anchor.lower().encode("latin-1"), []).append(anchored)

    def _format_at(self, matcher: Matcher) -> _Trigger:
        return lambda source, offset: matcher.at_anchor(source, offset, self._around)

    def _service_at(self, matcher: Matcher) -> _Trigger:
        return lambda source, offset: matcher.at_word(source, offset, self._around)

    def _decoded_at(self, matcher: Matcher, part: str) -> _Trigger:
        return lambda source, offset: encoded.at_part(matcher, source, offset, part, self._around)

    def search(self, source: Source, deadline: float = float("inf")) -> Found:
        """Search a file; ``deadline`` is a time of time.monotonic()."""
        found = Found()
        self._around.clock_asked = False
        settling = Settling(source, self._public, self._pairs, found)
        named_to = 0
        asked: dict[int, None] = {}
        whole = password_files.whole_file(source)
        if whole is not None:
            settling.take((whole,), 0)
        for count, (offset, key) in enumerate(self._anchors.places(source.lowered)):
            if count % _PLACES_BETWEEN == 0 and time.monotonic() > deadline:
                found.cut_short = "ran out of time: the rest is not searched"
                found.lasts = False
                break
            for written, begins_word, trigger in self._triggers[key]:
                if (
                    source.text.startswith(written, offset)
                    # Most "pi_" are the end of "api_": the matcher need not be asked.
                    and not (begins_word and in_word(source.text, offset))
                ):
                    settling.take(trigger(source, offset), offset)
            if self._is_name[key] and offset >= named_to:
                assignment, named_to = assignments.assignment_at(source, offset)
                hit = hit_of(assignment) if assignment else None
                if hit is not None:
                    settling.take((hit,), offset)
                elif assignment and len(assignment.place.value) >= _OTHERS_SHORTEST:
                    asked[source.line_start(offset)] = None
        if self._others is not None and asked:
            settling.take(self._others(source, asked), 0)
        settling.close()
        found.lasts = found.lasts and not self._around.clock_asked
        return found


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
