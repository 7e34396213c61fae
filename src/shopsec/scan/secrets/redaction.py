"""What may be told of a secret: a few characters, its name, a keyed digest. Nothing else."""

import hashlib
import hmac
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from shopsec.model import Repository
from shopsec.scan.secrets.entropy import guessing_bits, random_like
from shopsec.scan.secrets.hits import Hit
from shopsec.scan.secrets.source import Source

SALT_VARIABLE = "SHOPSEC_SALT"
"""Environment variable with a salt of the team's own, the same wherever its scans run."""
# A password may be guessed: a guess shall cost something, but 4,000 findings only seconds.
_ROUNDS = 1_000
_DIGEST = 16
# 4,096 different digests: of a dictionary of a million passwords 244 have the same one.
_SHORT_DIGEST = 3
_GUESSABLE_BITS = 60.0

_FIRST, _LAST = 4, 2
_SHORTEST_SHOWN = 16
_LONGEST_NAME = 80

# Words of ASCII only: they are printed, and a fingerprint is made of them. What merely stands
# before a value, after a blank or a comma, may be another secret.
_NAME_BEFORE = re.compile(
    r"""(?:(?<=\\)[nrt])?  # of an escape, as in "A=1\\nB=2"
        (?P<define>define[ \t]?\([ \t]?["'])?
        (?P<name>[A-Za-z_$][\w.$-]{0,60})
        ["'`\]\\)]{0,4} [ \t]{0,8}
        (?: : [ \t]{0,4} [A-Za-z][\w.]{0,30} [ \t]{0,4} (?==) )?
        (?: := | => | [:=>(] | (?(define),|(?!)) ) [ \t]{0,8}
        (?: (?:bearer|basic|token) [ \t]{1,4} )?
        [@"'`\\(]{0,4} (?:bearer[ \t]{1,4})? $""",
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_URL_BEFORE = re.compile(r"[a-z][\w+.-]{0,20}://[^\s\"']*$", re.ASCII | re.IGNORECASE)
NAME_REACH = 120
"""Characters before a value among which its name is looked for."""


def is_short(digest: str) -> bool:
    """True for a digest that many values share."""
    return len(digest) < _DIGEST


def shown(value: str) -> str:
    """At most the first four and last two characters; nothing of a short value."""
    if len(value) < _SHORTEST_SHOWN:
        return ""
    return f"{value[:_FIRST]}...{value[-_LAST:]}"


def name_before(before: str) -> str:
    """The name that a value is assigned to, from what stands before it on its line, or empty."""
    found = _NAME_BEFORE.search(_URL_BEFORE.sub("", before))
    return found["name"] if found else ""


_PARTS = re.compile(r"[0-9A-Za-z]{12,}")
_LEAST, _DIGITS = 12, 3


def _may_be_secret(part: str) -> bool:
    """A part of a name that nobody would think up: ``{"<a token>": "<a password>"}``."""
    return len(part) >= _LEAST and sum(map(str.isdigit, part)) >= _DIGITS and random_like(part)


def safe_name(name: str, values: Sequence[str]) -> str:
    """The name, or nothing when it holds, or is a part of, a value seen on its line.

    ``{"<a token>": "<a password>"}`` has a secret for a name.
    """
    parts = [*_PARTS.findall(name), re.sub(r"[\W_]+", "", name)]
    if len(name) > _LONGEST_NAME or any(map(_may_be_secret, parts)):
        return ""
    folded = name.lower()
    for value in values:
        if value.lower() in folded or (len(name) > _FIRST and folded in value.lower()):
            return ""
    return name


def name_of(source: Source, hit: Hit, values: Sequence[str]) -> str:
    """The name of a hit's value that may be printed; empty where there is none."""
    begins = hit.begins
    line = source.line_start(begins)
    name = hit.name or name_before(source.text[max(line, begins - NAME_REACH) : begins])
    return safe_name(name, values)


@dataclass(frozen=True)
class Redactor:
    """Makes of a value what findings are told apart by, without telling the value.

    The salt is no secret where it is made of the origin: whoever has a report can try a dictionary
    of passwords. So the digest of a value that people might choose is cut to three digits, which
    hundreds of such passwords share, unless the team has a salt of its own. Values that nobody can
    guess keep all of it.
    """

    salt: bytes
    own: bool = False
    """The salt has a part that only the team knows."""
    _known: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, repository: Repository) -> "Redactor":
        """The salt of a repository: of its origin, or its name where there is none.

        SHOPSEC_SALT adds what nobody knows who reads a report, or the repository.
        """
        own = os.environ.get(SALT_VARIABLE) or ""
        origin = re.sub(r"^\w+://|^[\w.-]+@|\.git$", "", repository.remote or repository.name)
        return cls(f"{own}\0{origin.replace(':', '/').lower()}".encode(), bool(own))

    def digest(self, value: str) -> str:
        """HMAC-SHA-256 of the stretched value, in 16 hexadecimal digits, or 3 of a weak value."""
        if value not in self._known:
            weak = not self.own and guessing_bits(value) < _GUESSABLE_BITS
            length = _SHORT_DIGEST if weak else _DIGEST
            stretched = hashlib.pbkdf2_hmac("sha256", value.encode(), self.salt, _ROUNDS)
            digest = hmac.new(self.salt, stretched, "sha256").hexdigest()
            self._known[value] = digest[:length]
        return self._known[value]
