"""Values in base64 or hexadecimal: anchors as they look encoded, and one step of decoding."""

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache

from shopsec.scan.secrets.checks import Circumstances
from shopsec.scan.secrets.hits import Hit, Place
from shopsec.scan.secrets.matcher import Matcher
from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source

# Shorter anchors would have encoded forms that turn up everywhere.
_SHORTEST = 6
_FARTHEST = 3_000
_BASE64 = Pattern(r"[0-9A-Za-z+/_-]{12,}={0,2}")
_BASE64_BACKWARDS = Pattern(r"[0-9A-Za-z+/_-]{0,3000}+")
_HEX = Pattern(r"(?:[0-9A-Fa-f]{2}){6,}")


@lru_cache(maxsize=512)
def anchors_of(anchor: str) -> tuple[str, ...]:
    """What an anchor looks like in base64, at each of its three offsets, and in hexadecimal."""
    raw = anchor.encode("latin-1")
    if len(raw) < _SHORTEST:
        return ()
    parts = [raw.hex()]
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw).decode()
        # Characters that bits of neighbours share are left out at both ends.
        begin = -(-shift * 8 // 6)
        end = (shift + len(raw)) * 8 // 6
        parts.append(text[begin:end])
    return tuple(parts)


def at_part(
    matcher: Matcher, source: Source, offset: int, part: str, around: Circumstances
) -> Iterator[Hit]:
    """What the format finds in the text around an encoded anchor, decoded once."""
    text = source.text
    is_hex = re.fullmatch(r"[0-9a-f]+", part) is not None
    written = text[offset : offset + len(part)]
    if written != part and not is_hex:
        return  # base64 tells capitals apart
    if is_hex:
        run = _HEX.match(text, offset, offset + _FARTHEST)
        start = offset
    else:
        before = _BASE64_BACKWARDS.match(text[max(0, offset - _FARTHEST) : offset][::-1])
        start = offset - (before.end() if before else 0)
        run = _BASE64.match(text, start, start + 2 * _FARTHEST)
    decoded = _decoded(run[0], is_hex=is_hex) if run else ""
    if run is None or not decoded:
        return
    inner = Source(decoded, source.path)
    for anchor in matcher.form.anchors:
        at = decoded.find(anchor)
        if at < 0:
            continue
        for hit in matcher.at_anchor(inner, at, around):
            # The value is what is inside; the place is where it stands encoded.
            place = Place(start, run.end(), hit.place.value)
            yield hit._replace(place=place, verdict=hit.verdict._replace(begins=start))


def _decoded(text: str, *, is_hex: bool) -> str:
    try:
        if is_hex:
            return binascii.unhexlify(text).decode("latin-1")
        plain = text.rstrip("=").replace("-", "+").replace("_", "/")
        plain = plain[: len(plain) - (len(plain) % 4 == 1)]
        return base64.b64decode(plain + "=" * (-len(plain) % 4)).decode("latin-1")
    except (ValueError, binascii.Error):
        return ""
