"""Searches the text of one file."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from detect_secrets.filters.allowlist import is_line_allowlisted
from detect_secrets.util.code_snippet import CodeSnippet

from shopsec.scan.secrets.detectors import Detector
from shopsec.scan.secrets.hits import Hit, Place
from shopsec.scan.secrets.keywords import has_other_words, keyword_hits
from shopsec.scan.secrets.lookalikes import is_made_up
from shopsec.scan.secrets.protocol import BY_NAME, Sighting
from shopsec.scan.secrets.redaction import NAME_REACH, name_before, safe_name, shown
from shopsec.scan.secrets.source import Source

MOST = 500
"""Sightings a file; what has more is data, and is booked as searched in part."""

SILENCED = "findings silenced by an allowlist comment"
PLACEHOLDERS = "placeholders in the form of a key"
INTEGRITY = "integrity hashes in the form of a key"
OTHER_WORDS = "passwords by name in lock files and API descriptions"

# Subresource Integrity, pip's --hash and the lock files' own: sha512-..., sha256:...
_INTEGRITY = re.compile(r"\bsha(?:1|224|256|384|512)[-:=][0-9A-Za-z+/=_-]{20,}")
_HASH_REACH = 200
# The comment is at a line's end; longer lines are not read as a whole.
_COMMENT_REACH = 1_000


@dataclass
class Found:
    """What one file gave."""

    sightings: list[Sighting] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    cut_short: bool = False


def search(source: Source, rules: Sequence[Detector]) -> Found:
    """Search a file; at most one sighting for one value on one line, by the first rule."""
    found = Found()
    taken: dict[int, list[Place]] = {}
    hits = [*_format_hits(source, rules), *keyword_hits(source)]
    for hit in hits:
        start = source.line_start(hit.place.start)
        on_line = taken.setdefault(start, [])
        if any(_is_same(hit.place, place) for place in on_line):
            continue
        on_line.append(hit.place)
        reason = _left_out(source, hit, start)
        if reason:
            found.left_out[reason] += 1
        elif len(found.sightings) == MOST:
            found.cut_short = True
            break
        else:
            found.sightings.append(_sighting(source, hit, [place.value for place in on_line]))
    return found


def _is_same(one: Place, other: Place) -> bool:
    """They overlap, or are one value twice."""
    overlap = one.start < other.end and other.start < one.end
    return overlap or one.value in other.value or other.value in one.value


def _format_hits(source: Source, rules: Sequence[Detector]) -> Iterator[Hit]:
    for rule in rules:
        for start, end in source.windows(rule.anchors, rule.words):
            window = source.text[start:end]
            for value in dict.fromkeys(rule.plugin.analyze_string(window)):
                hit = _judged(source, rule, window, start, value)
                if hit is not None:
                    yield hit


def _judged(source: Source, rule: Detector, window: str, start: int, match: str) -> Hit | None:
    # Some plugins take the quotes and the equals sign into their match.
    value = match.strip(" \t\r\n\"'=:")
    if not rule.shape.match(value):
        return None
    begin = start + window.find(value)
    place = Place(begin, begin + len(value), value)
    verdict = rule.judge(source, place)
    if verdict is None:
        return None
    begins = place.start if verdict.begins is None else verdict.begins
    line = source.line_start(begins)
    name = name_before(source.text[max(line, begins - NAME_REACH) : begins])
    return Hit(rule.rule, place, verdict, name, is_format=rule.is_format)


def _left_out(source: Source, hit: Hit, line: int) -> str:
    """Why a hit is no finding, in the ledger's words; empty when it is one."""
    if hit.is_format and is_made_up(hit.place.value):
        return PLACEHOLDERS
    if hit.rule in BY_NAME and has_other_words(source.path):
        return OTHER_WORDS
    if _is_integrity_hash(source, hit.place):
        return INTEGRITY
    return SILENCED if _is_silenced(source, line) else ""


def _is_integrity_hash(source: Source, place: Place) -> bool:
    start, end = max(0, place.start - _HASH_REACH), place.end + _HASH_REACH
    return any(
        found.start() <= place.start and place.end <= found.end()
        for found in _INTEGRITY.finditer(source.text, start, end)
    )


def _is_silenced(source: Source, line: int) -> bool:
    """The line, or the one before it, has one of detect-secrets' allowlist comments."""
    before = source.line_start(line - 1) if line else 0
    texts = [
        source.text[before : max(0, line - 1)][:_COMMENT_REACH],
        source.text[line : source.line_end(line)].rstrip("\r")[-_COMMENT_REACH:],
    ]
    if not any("pragma" in text for text in texts):
        return False
    snippet = CodeSnippet(texts, start_line=0, target_index=1)
    return bool(is_line_allowlisted(source.path, texts[1], snippet))


def _sighting(source: Source, hit: Hit, values: list[str]) -> Sighting:
    return Sighting(
        rule=hit.rule,
        line=source.line_number(hit.place.start),
        confidence=hit.verdict.confidence,
        severity=hit.verdict.severity,
        name=safe_name(hit.name, values),
        shown=shown(hit.place.value) if hit.is_format else "",
    )
