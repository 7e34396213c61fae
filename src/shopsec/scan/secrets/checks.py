"""What a value must pass before it counts, without asking anybody: checksums, expiry, a body."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from shopsec.levels import Confidence, Severity
from shopsec.policy.token_checksum import LENGTH, checksum
from shopsec.scan.secrets.entropy import random_like
from shopsec.scan.secrets.hits import Place, Verdict
from shopsec.scan.secrets.lookalikes import is_dummy_password, is_made_up
from shopsec.scan.secrets.pattern import Pattern
from shopsec.scan.secrets.source import Source


class Circumstances:
    """What checks may know besides the text."""

    def __init__(self, now: float) -> None:
        self._now = now
        self.clock_asked = False
        """Some check wanted to know the time, so that another day it may answer otherwise."""

    @property
    def now(self) -> float:
        """Seconds since 1970; tokens that had expired by then open nothing any more."""
        self.clock_asked = True
        return self._now


Check = Callable[[Source, Place, Verdict, Circumstances], Verdict | None]
"""Returns the verdict, changed where it knows better; None where the value is no secret."""


def _when(
    holds: Callable[[str], bool], _source: Source, place: Place, verdict: Verdict, _: Circumstances
) -> Verdict | None:
    return verdict if holds(place.value) else None


def _has_digit(value: str) -> bool:
    return any(char.isdigit() for char in value)


def _mixes_cases(value: str) -> bool:
    return any(map(str.islower, value)) and any(map(str.isupper, value))


def _is_not_hex(value: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]+", value) is None


_UUID = Pattern(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _is_not_uuid(value: str) -> bool:
    return _UUID.fullmatch(value) is None


def _is_base64_text(value: str) -> bool:
    """Decodes to text that a person could have written."""
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (ValueError, binascii.Error):
        return False
    return bool(text) and all(32 <= byte < 127 or byte in b"\r\n\t" for byte in text)


def _is_strong_hash(value: str) -> bool:
    """A salted hash of crypt(3) whose salt was drawn, not typed."""
    return random_like(value.rpartition("$")[2], least=0.7)


def _with_checksum(
    prefix: int, _source: Source, place: Place, verdict: Verdict, _: Circumstances
) -> Verdict:
    """GitHub's and npm's tokens end in a checksum; one that is wrong was never given out."""
    body, tail = place.value[prefix:-LENGTH], place.value[-LENGTH:]
    if checksum(body) == tail:
        return verdict
    return verdict._replace(confidence=Confidence.LOW, severity=Severity.MEDIUM)


_SAMPLE_SUBJECT = "1234567890"


def _json_web_token(
    _source: Source, place: Place, verdict: Verdict, around: Circumstances
) -> Verdict | None:
    """A signed token; one that has expired (RFC 7519, section 4.1.4) opens nothing any more."""
    parts = place.value.split(".")
    if len(parts) < 2:
        return None
    header, claims = _decoded(parts[0]), _decoded(parts[1])
    if not header or not isinstance(header.get("alg"), str) or not claims:
        return None
    if claims.get("sub") == _SAMPLE_SUBJECT:
        return None
    expiry = claims.get("exp")
    if isinstance(expiry, int | float) and expiry < around.now:
        return verdict._replace(severity=Severity.INFO)
    return verdict


def _decoded(part: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


_FIRST_CARDS = Pattern(r"4|5[1-5]|2[2-7]|3[47]|6(?:011|5|4[4-9])|3(?:0[0-5]|[68])|35")
# Published for testing: https://docs.stripe.com/testing, https://docs.adyen.com/development-resources/test-cards,
# https://developer.paypal.com/api/rest/sandbox/card-testing. By their last four digits and length,
# the bulk of them made of few different digits.
_TEST_CARDS = frozenset({
    "4242424242424242", "4000056655665556", "5555555555554444", "2223003122003222",
    "5200828282828210", "5105105105105100", "378282246310005", "371449635398431",
    "378734493671000", "340000000000009",
    "6011111111111117", "6011000990139424", "6011981111111113", "3056930009020004",
    "36227206271667", "6555900000604105", "3566002020360505", "4111111111111111",
    "4012888888881881", "4222222222222", "5431111111111111", "30569309025904", "38520000023237",
    "3530111333300000", "4111111145551142", "4917610000000000", "4000000000000002",
    "4539148803436467", "4716461583322103", "5019717010103742", "76009244561", "4000000000000077",
})  # fmt: skip
_LEAST_DIGITS = 5


def _luhn(_source: Source, place: Place, verdict: Verdict, _: Circumstances) -> Verdict | None:
    """A number that a card could have (ISO/IEC 7812-1, annex B), and no published test card."""
    digits = re.sub(r"[ -]", "", place.value)
    if not digits.isdigit() or not _FIRST_CARDS.match(digits) or digits in _TEST_CARDS:
        return None
    if len(set(digits)) < _LEAST_DIGITS or digits.endswith("0" * 6):
        return None
    total = 0
    for from_end, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + from_end % 2)
        total += sum(divmod(number, 10))
    return verdict if total % 10 == 0 else None


_AWS_SECRET = Pattern(
    r"(?<![0-9A-Za-z/+])(?=[^\n]{0,39}[a-z])(?=[^\n]{0,39}[A-Z])[0-9A-Za-z/+]{40}(?![0-9A-Za-z/+=])"
)
_NEAR = 1_000


def _aws_key_id(source: Source, place: Place, verdict: Verdict, _: Circumstances) -> Verdict:
    """An id opens nothing alone: sure only when what may be its secret key stands near."""
    near = source.text[max(0, place.start - _NEAR) : place.end + _NEAR]
    # A file full of placeholders must not cost a search around each.
    if not is_made_up(place.value) and _AWS_SECRET.search(near):
        return verdict._replace(confidence=Confidence.HIGH)
    return verdict._replace(confidence=Confidence.MEDIUM, severity=Severity.MEDIUM)


PRIVATE_KEY = "private-key"
"""The rule whose values are the headers of keys."""
_BODY = Pattern(r"[0-9A-Za-z+/=]{16,}")
_KEY_REACH = 2_000
_DASHES = "-----"
# An Ed25519 key in PKCS #8, the shortest there is, has 64 characters (RFC 8410, section 10.3).
_KEY_LEAST = 60
_KEY_LEAST_DIFFERENT = 12


def key_body(source: Source, place: Place) -> str:
    """What stands behind a key's header, without line ends: it tells keys apart."""
    return "".join(_BODY.findall(_behind_header(source, place)))


def identity_of(source: Source, rule: str, place: Place) -> str:
    """What tells a secret from others: its value; of a private key what follows the header."""
    if rule != PRIVATE_KEY:
        return place.value
    written = source.text[place.start : place.end]
    return key_body(source, place) if written == place.value else written


def _behind_header(source: Source, place: Place) -> str:
    return source.text[place.end : place.end + _KEY_REACH].partition("END ")[0]


def _private_key(
    source: Source, place: Place, verdict: Verdict, _: Circumstances
) -> Verdict | None:
    """A header is a key only with a body; code that looks for headers has none."""
    body = key_body(source, place)
    if len(set(body)) < _KEY_LEAST_DIFFERENT or "example" in body.lower():
        return None
    before = source.text[max(0, place.start - len(_DASHES)) : place.start]
    begins = place.start - len(_DASHES) if before == _DASHES else place.start
    if "ENCRYPTED" in place.value + _behind_header(source, place):
        return verdict._replace(confidence=Confidence.MEDIUM, severity=Severity.LOW, begins=begins)
    confidence = verdict.confidence if len(body) >= _KEY_LEAST else Confidence.LOW
    return verdict._replace(confidence=confidence, begins=begins)


def _basic_auth(
    _source: Source, place: Place, verdict: Verdict, _: Circumstances
) -> Verdict | None:
    """Base64 of a user and a password (RFC 7617, section 2)."""
    if not _is_base64_text(place.value):
        return None
    text = base64.b64decode(place.value + "=" * (-len(place.value) % 4)).decode("ascii")
    _user, colon, password = text.partition(":")
    return verdict if colon and password and not is_dummy_password(password) else None


CHECKS: Mapping[str, Check] = {
    "digit": partial(_when, _has_digit),
    "mixed-case": partial(_when, _mixes_cases),
    "not-hex": partial(_when, _is_not_hex),
    "not-uuid": partial(_when, _is_not_uuid),
    "base64-text": partial(_when, _is_base64_text),
    "strong-hash": partial(_when, _is_strong_hash),
    "github-checksum": partial(_with_checksum, len("ghp_")),
    "npm-checksum": partial(_with_checksum, len("npm_")),
    "jwt": _json_web_token,
    "luhn": _luhn,
    "aws-key-id": _aws_key_id,
    "private-key": _private_key,
    "basic-auth": _basic_auth,
}
"""By the names that policies/secrets uses."""
