"""One format of the table at work: from an anchor to a value, or to nothing."""

import re
import string
from collections.abc import Iterator
from functools import cached_property

from shopsec.levels import Confidence
from shopsec.scan.secrets.checks import CHECKS, Circumstances
from shopsec.scan.secrets.entropy import entropy
from shopsec.scan.secrets.hits import FORMAT, SERVICE, Hit, Place, Verdict
from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source
from shopsec.scan.secrets.table import Form

_WORD = frozenset(string.ascii_letters + string.digits + "_")
# Behind a value an underscore goes on with something else: no value ends where it may hold one.
_GOES_ON = Pattern(r"[0-9A-Za-z]")
_ESCAPE = Pattern(r"\\[nrt]$")
# Lines after the one with a service's name on which its values may stand.
_LINES_BELOW = 3


class Matcher:
    """Tries a format at a place. Its patterns are compiled when they are first needed."""

    def __init__(self, form: Form) -> None:
        self.form = form

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.form.pattern)

    @cached_property
    def _name(self) -> re.Pattern[str] | None:
        return re.compile(self.form.name, re.IGNORECASE) if self.form.name else None

    @cached_property
    def _loose_name(self) -> re.Pattern[str]:
        """The name wherever it may end: not all of a window is before the value."""
        return re.compile(self.form.name.replace("$", ""), re.IGNORECASE)

    @cached_property
    def _assigned(self) -> re.Pattern[str]:
        """The service's name alone, and what may stand between it and its value."""
        words = "|".join(map(re.escape, self.form.words))
        return re.compile(
            rf"(?:{words})[\"'`\])]{{0,3}}[ \t]{{0,4}}(?::=|=>|=|:)[ \t]{{0,4}}[\"'`]?",
            re.IGNORECASE,
        )

    @cached_property
    def _words(self) -> tuple[bytes, ...]:
        return tuple(word.encode("latin-1") for word in self.form.words)

    def at_anchor(self, source: Source, offset: int, around: Circumstances) -> Iterator[Hit]:
        """What the format finds around an anchor of it."""
        form, text = self.form, source.text
        end = min(len(text), offset + form.longest)
        if form.before == 0:
            match = self._pattern.match(text, offset, end)
            matches = iter(() if match is None else (match,))
        else:
            matches = self._pattern.finditer(text, max(0, offset - form.before), end)
        for match in matches:
            if match.start() > offset:
                return
            if offset < match.end():
                yield from self._judged(source, match, self._confidence(source, match), around)

    def _confidence(self, source: Source, match: re.Match[str]) -> Confidence | None:
        form = self.form
        if not form.words or form.alone is None:
            return form.confidence
        near = source.lowered[max(0, match.start() - form.reach) : match.start()]
        path = source.path.lower().encode("latin-1", "replace")
        if any(word in near or word in path for word in self._words):
            return form.confidence
        return None if form.alone == "no" else Confidence(form.alone)

    def at_word(self, source: Source, offset: int, around: Circumstances) -> Iterator[Hit]:
        """What the format finds behind the name of its service."""
        form, text = self.form, source.text
        latest = offset + form.reach
        assigned = self._assigned.match(text, offset)
        if (
            self._name is not None
            and assigned is None
            and self._loose_name.search(text, offset, latest) is None
        ):
            return  # most places end here: the name is a short search, the value a long one
        end = min(_end_of_lines(text, offset, latest + form.longest), latest + form.longest)
        for match in self._pattern.finditer(text, offset, end):
            if match.start() > latest:
                return
            begins = match.start("value") if "value" in match.re.groupindex else match.start()
            if self._is_named(text, offset, begins):
                yield from self._judged(source, match, form.confidence, around)
            elif assigned is not None and begins == assigned.end():
                yield from self._judged(source, match, Confidence.LOW, around)

    def _is_named(self, text: str, word: int, begins: int) -> bool:
        """The right words stand between the service's name and the value, on the value's line."""
        line = text.rfind("\n", word, begins) + 1
        if self._name is None:
            return not line
        return self._name.search(text, max(word, line), begins) is not None

    def _judged(
        self,
        source: Source,
        match: re.Match[str],
        confidence: Confidence | None,
        around: Circumstances,
    ) -> Iterator[Hit]:
        form = self.form
        if confidence is None or not self._stands_alone(source.text, match):
            return
        group = "value" if "value" in match.re.groupindex else 0
        place = Place(match.start(group), match.end(group), match[group])
        if form.entropy and entropy(place.value) < form.entropy:
            return
        verdict = Verdict(confidence)
        for check in form.checks:
            checked = CHECKS[check](source, place, verdict, around)
            if checked is None:
                return
            verdict = checked
        rank = FORMAT if form.anchors else SERVICE
        yield Hit(form.id, place, verdict, rank, opaque=group == "value")

    def _stands_alone(self, text: str, match: re.Match[str]) -> bool:
        """The match is no part of a longer word; ``\\n`` before it is none."""
        boundary, start, end = self.form.boundary, match.start(), match.end()
        if boundary == "none":
            return True
        if in_word(text, start):
            return False
        return boundary == "start" or not _GOES_ON.match(text[end : end + 1])


def in_word(text: str, offset: int) -> bool:
    """A letter, digit or underscore stands before; the n of an escaped line end is none."""
    before = text[max(0, offset - 2) : offset]
    return bool(before) and before[-1] in _WORD and _ESCAPE.search(before) is None


def _end_of_lines(text: str, offset: int, latest: int) -> int:
    """Offset of the end of the last line that belongs to what stands at ``offset``."""
    end = offset
    for _ in range(1 + _LINES_BELOW):
        found = text.find("\n", end, latest)
        if found < 0:
            return latest
        end = found + 1
    return end
