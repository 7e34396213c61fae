"""How random a text looks."""

import math
import re
from collections import Counter


def entropy(text: str) -> float:
    """Shannon's entropy in bits a character, of the characters' own frequencies."""
    length = len(text)
    return -sum(n / length * math.log2(n / length) for n in Counter(text).values())


def random_like(text: str, *, least: float = 0.78) -> bool:
    """True where the entropy is near what random characters of the same kind and length have.

    The expected entropy of n draws from k kinds is about log2(k) - (k - 1) / (2 n ln 2)
    (Miller 1955), but never above log2(n).
    """
    length = len(text)
    if length == 0:
        return False
    kinds = _kinds(text)
    expected = min(math.log2(length), math.log2(kinds) - (kinds - 1) / (2 * length * math.log(2)))
    expected = max(expected, 0.72 * math.log2(min(kinds, length)))
    return entropy(text) >= least * expected


_CONSIDERED = 500
# What people put together: words, numbers, signs between them.
_PIECES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+|[^A-Za-z\d]+")
_SHORTEST_WORD = 4
# Written English has 1 to 1.5 bits a letter (Shannon 1951); numbers are years and counters.
_BITS_OF_A_LETTER, _BITS_OF_A_DIGIT, _BITS_OF_A_SIGN = 1.5, 2.0, 3.0
# What is drawn is long and changes its kind of characters more often than people do.
_DRAWN_LENGTH, _DRAWN_PIECES = 20, 0.35


def guessing_bits(text: str) -> float:
    """A low estimate of what somebody has to guess, in bits, who knows how people choose.

    Never more than Shannon's entropy of the whole; of a long text the first part decides.
    """
    text = text[:_CONSIDERED]
    if not text:
        return 0.0
    pieces = _PIECES.findall(text)
    drawn = math.log2(
        max(_kinds(text), 2)
    )  # a sign of no kind here, such as ¼, is still one of two
    if len(text) >= _DRAWN_LENGTH and len(pieces) >= _DRAWN_PIECES * len(text):
        bits = drawn * len(text)
    else:
        bits = sum(_bits_of(piece, drawn) for piece in pieces)
    return min(bits, len(text) * entropy(text))


def _bits_of(piece: str, drawn: float) -> float:
    if piece.isdigit():
        return len(piece) * _BITS_OF_A_DIGIT
    if not piece.isalpha():
        return len(piece) * _BITS_OF_A_SIGN
    return len(piece) * (_BITS_OF_A_LETTER if len(piece) >= _SHORTEST_WORD else drawn)


def _kinds(text: str) -> int:
    """Size of the alphabet that a text is made of."""
    if all(char in "0123456789abcdef" for char in text) or all(
        char in "0123456789ABCDEF" for char in text
    ):
        return 16
    kinds = 0
    kinds += 10 * any(char.isdigit() for char in text)
    kinds += 26 * any(char.islower() for char in text)
    kinds += 26 * any(char.isupper() for char in text)
    return kinds + 10 * any(not char.isalnum() for char in text)
