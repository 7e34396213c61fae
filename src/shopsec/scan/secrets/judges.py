"""What has to stand around a value before a detector's match counts."""

import base64
import json
import re
from functools import partial
from typing import Any

from shopsec.scan.secrets.hits import Judge, Place, Verdict
from shopsec.scan.secrets.protocol import ConfidenceWord
from shopsec.scan.secrets.source import Source

_WORD = re.compile(r"[0-9A-Za-z_]")
_ESCAPE = re.compile(r"\\[nrt]$")


def _starts_alone(source: Source, place: Place) -> bool:
    """The value is not the tail of a longer word; ``\\n`` before it is no word."""
    before = source.text[max(0, place.start - 2) : place.start]
    return not before or not _WORD.match(before[-1]) or bool(_ESCAPE.search(before))


def _ends_alone(source: Source, place: Place) -> bool:
    return not _WORD.match(source.text[place.end : place.end + 1])


def _token(
    source: Source, place: Place, *, confidence: ConfidenceWord, exact: bool
) -> Verdict | None:
    if not _starts_alone(source, place) or (exact and not _ends_alone(source, place)):
        return None
    return Verdict(confidence)


sure: Judge = partial(_token, confidence="high", exact=False)
"""A prefix that nothing else has."""
exact: Judge = partial(_token, confidence="high", exact=True)
"""A short prefix, but nothing before or after it."""
likely: Judge = partial(_token, confidence="medium", exact=True)
"""A shape that other things may have too."""


_AWS_SECRET = re.compile(
    r"(?<![0-9A-Za-z/+])(?=[^\n]{0,39}[a-z])(?=[^\n]{0,39}[A-Z])[0-9A-Za-z/+]{40}(?![0-9A-Za-z/+=])"
)
_NEAR = 1_000


def aws_key_id(source: Source, place: Place) -> Verdict | None:
    """An id opens nothing alone: sure only when what may be its secret key stands near."""
    if exact(source, place) is None:
        return None
    near = source.text[max(0, place.start - _NEAR) : place.end + _NEAR]
    return Verdict("high" if _AWS_SECRET.search(near) else "medium")


def aws_secret_key(source: Source, place: Place) -> Verdict | None:
    """Forty characters of base64; a git commit's forty are hexadecimal."""
    mixed = re.search(r"[A-Z]", place.value) and re.search(r"[a-z]", place.value)
    return exact(source, place) if mixed else None


_BODY = re.compile(r"[0-9A-Za-z+/=]{16,}")
_KEY_REACH = 2_000
_DASHES = "-----"
# An Ed25519 key in PKCS #8, the shortest there is, has 64 characters (RFC 8410, section 10.3).
_KEY_LEAST = 60
_KEY_LEAST_DIFFERENT = 12


def private_key(source: Source, place: Place) -> Verdict | None:
    """A header is a key only with a body; code that looks for headers has none."""
    after = source.text[place.end : place.end + _KEY_REACH].partition("END ")[0]
    body = "".join(_BODY.findall(after))
    if len(set(body)) < _KEY_LEAST_DIFFERENT or "example" in body.lower():
        return None
    before = source.text[max(0, place.start - len(_DASHES)) : place.start]
    begins = place.start - len(_DASHES) if before == _DASHES else place.start
    if "ENCRYPTED" in after:
        return Verdict("medium", "low", begins)
    return Verdict("high" if len(body) >= _KEY_LEAST else "low", begins=begins)


_SIGNATURE = re.compile(r"[\w-]{16,}", re.ASCII)
_SAMPLE_SUBJECT = "1234567890"


def json_web_token(source: Source, place: Place, *, now: float) -> Verdict | None:
    """A signed token; one that has expired (RFC 7519, section 4.1.4) opens nothing any more.

    The plugin's match ends before the signature: ``header.claims.``
    """
    claims = _claims(place.value.split(".")[1])
    signed = place.value.endswith(".") and _SIGNATURE.match(source.text, place.end)
    if not signed or claims.get("sub") == _SAMPLE_SUBJECT:
        return None
    expiry = claims.get("exp")
    if isinstance(expiry, int | float) and expiry < now:
        return Verdict("medium", "info")
    return Verdict("medium")


def _claims(part: str) -> dict[str, Any]:
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
