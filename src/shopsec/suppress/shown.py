"""What reports may show of a comment in the repository, which can hold anything. Pure.

A comment that stands in a line of data ends where the comment's writer thought, not where we do:
a key behind it would be printed as its reason. So a word that may be a key is not kept at all.
"""

import re

MASK = "***"
UNREADABLE = "(unreadable)"

_LONG, _MIXED = 16, 10
# What findings are called: DEPLOY-007, bandit.B602, secrets.stripe-live-key, package:@scope/name,
# pkg:npm/lib@1.2.0. Parts of letters with a few digits behind them, or of a few digits.
_PART = r"(?:[A-Za-z]{1,20}[0-9]{0,4}|[0-9]{1,8})"
_NAME = re.compile(
    rf"""(?: [0-9a-f]{{16}} | GHSA(?:-[0-9a-z]{{4}}){{3}}
          | (?:[A-Za-z]{{1,20}}:)? @? {_PART} (?:[._:@/-]{{1,2}}{_PART}){{0,20}} )""",
    re.VERBOSE | re.IGNORECASE,
)


def words_shown(text: str) -> str:
    """Text with every word masked that may be a key: a long one, or letters among digits."""
    return re.sub(r"\S+", lambda found: MASK if _may_be_key(found[0]) else found[0], text)


def selector_shown(text: str) -> str:
    """The name of a rule, a fingerprint, a vulnerability or a package, and nothing else."""
    return text if not text or _NAME.fullmatch(text) else UNREADABLE


def _may_be_key(word: str) -> bool:
    mixed = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
    return len(word) >= (_MIXED if mixed else _LONG)
