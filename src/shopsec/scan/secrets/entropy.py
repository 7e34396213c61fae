"""How random a text looks."""

import math
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
