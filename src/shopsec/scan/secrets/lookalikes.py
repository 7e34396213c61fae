"""What looks like a secret and is none: placeholders, references, names, hashes, texts.

Pure functions of a value.
"""

import itertools
import re
import string

from shopsec.scan.secrets.entropy import random_like
from shopsec.scan.secrets.pattern import Pattern

_INVENTED = Pattern(
    r"example|x{4}|\*{4}|\.{3}|placeholder|change[-_ ]?me|redacted|dummy|your[-_ ]|[-_]here$"
    r"|(.)\1{7}",
    re.IGNORECASE,
)
# Printed in the providers' documentation: Stripe's test key, the key of Azure's storage emulator.
_PUBLISHED = (
    "sk_" + "test_4eC39HqLyjWDarjtT1zdp7dc",
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq",
)
_RUN = 8
_LEAST_DIFFERENT = 6


def is_made_up(value: str) -> bool:
    """A value in a known format that nobody was ever given: ``AKIA...EXAMPLE``, xxxx, 0123456789.

    By chance: eight characters in ascending order come up in one token of 10^11.
    """
    return (
        bool(_INVENTED.search(value))
        or any(known in value for known in _PUBLISHED)
        or _longest_run(value) >= _RUN
        or len(set(value)) < _LEAST_DIFFERENT
    )


_REPEATED = Pattern(r"(.)\1{7}")


def is_repeated(value: str) -> bool:
    """One character eight times and more, as in ``key_00000000``."""
    return _REPEATED.search(value) is not None


def _longest_run(value: str) -> int:
    """Length of the longest run of characters that follow each other (abc, 123)."""
    longest = run = 1
    for one, other in itertools.pairwise(value):
        run = run + 1 if ord(other) - ord(one) == 1 else 1
        longest = max(longest, run)
    return longest


# What people write where a password belongs until there is one, and words that carry no secret.
_FILLER = Pattern(
    r"p[a@][s$]{2}w[o0]rds?|passwd|passphrase|pass|pwd|s[e3]cr[e3]ts?|tokens?|keys?|credentials?|auth"
    r"|admin|root|users?|name|login|test(?:ing|er)?|demo|sample|default|insecure|super|mysql"
    r"|postgres(?:ql)?|redis|rabbit(?:mq)?|guest|local(?:host)?|dev(?:elopment)?|staging|prod"
    r"|django|foo|bar|baz|qux|abc|xyz|qwerty|asdf|hunter\d*|letmein|welcome|hello|world|value"
    r"|string|null|none|true|false|undefined|my|the|some|any|new|old|not|very|api|db|app|client"
    r"|access|sha\d*|md5|base\d\d|bcrypt|argon2\w*|pbkdf2|hmac|oauth2?|utf-?8|v\d|1234?5?6?7?8?9?0?|\W|_",
    re.IGNORECASE,
)
_STANDS_IN = Pattern(
    r"example|placeholder|change.?(?:me|this)|replace|insert|redacted|dummy|fake|mock|todo|fixme"
    r"|your[-_ ]|[-_ ](?:your|here)$|x{4}|\*{3}|\.{3}|^x+$|not.?a.?(?:real|secret)|to.?be.?set",
    re.IGNORECASE,
)
_LEAST_LEFT = 4


# In random characters of this length any word may turn up; in those it must stand apart.
_LONG = 24
_APART = Pattern(rf"(?<![0-9A-Za-z])(?:{_STANDS_IN.pattern})(?![0-9A-Za-z])", re.IGNORECASE)
# In shorter ones it must at least not be surrounded by them.
_LESS_LONG = 12
_AT_AN_END = Pattern(
    rf"(?<![0-9A-Za-z])(?:{_STANDS_IN.pattern})|(?:{_STANDS_IN.pattern})(?![0-9A-Za-z])",
    re.IGNORECASE,
)


def is_dummy_password(value: str) -> bool:
    """A stand-in for a password: little is left of it without the words that people use for one."""
    return bool(_stand_in(value).search(value)) or len(_FILLER.sub("", value)) < _LEAST_LEFT


def _stand_in(value: str) -> Pattern:
    """How strictly stand-ins are looked for, the more loosely the less random a value is."""
    if len(value) >= _LONG and random_like(value):
        return _APART
    if len(value) >= _LESS_LONG and is_mixed(value) and random_like(value):
        return _AT_AN_END
    return _STANDS_IN


_TURNS = 3


def is_mixed(value: str) -> bool:
    """Letters and digits take turns, as they do in no word with a number."""
    kinds = [char.isdigit() for char in value if char.isalnum()]
    return sum(one != other for one, other in itertools.pairwise(kinds)) >= _TURNS


_TEMPLATE = Pattern(
    r"\$\{|\$\([\w. -]+\)|\{\{|%\(\w+\)|(?:^|\w)%[sd](?!\w)|#\{|<[\w -]+>|^\{[\w.:!]*\}$"
    r"|^\$\(|^@=|^\$[A-Za-z_][\w>.\[\]-]*$|^%\S+%$|^[&*!@][a-z_]+$|\\[dws\[(]"
)
_PART_OF_CODE = Pattern(r"\{[\w.:!]*\}")
_DOTTED = Pattern(r"^[A-Za-z_$][\w$]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*)+$", re.ASCII)
_DIGITS_OF_A_NAME = 4
_CONSTANT = Pattern(r"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$")


def is_reference(value: str, *, setting: bool = False) -> bool:
    """The value is looked up: ``${VAR}``, ``{{ value }}``, ``settings.KEY``, ``A_NAME``.

    Files of settings know neither an f-string's braces nor names of code.
    """
    if _TEMPLATE.search(value) or (not setting and _PART_OF_CODE.search(value)):
        return True
    if setting and is_mixed(value):
        return False
    named = _DOTTED.match(value) or _CONSTANT.match(value)
    return bool(named) and sum(map(str.isdigit, value)) < _DIGITS_OF_A_NAME


_NOT_SECRET = Pattern(
    r"://"
    # Paths, but not base64, which has capitals and slashes too.
    r"|^(?:\.{1,2}|~)?(?:/[A-Z]?[a-z\d_.-]+)+$|^\.{1,2}/|^[A-Za-z]:\\"
    r"|^@?[a-z_.-][a-z\d_.-]*(?:/[a-z\d_.-]+)+$"
    r"|^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$"  # mail addresses
    r"|^@[A-Za-z]\w*(?:\.\w+)+$"  # annotations
    r"|^[a-z\d-]+(?:\.[a-z\d-]+)*\.(?:com|net|org|io|dev|app|cloud|shop|local|internal)$"
    r"|^[\^~<>=v]*\d+\.\d+[\w.+-]*$"  # versions
    r"|^\d{4}-\d\d-\d\d(?![A-SU-Za-z])"
    r"|^(?:pbkdf2_|bcrypt|argon2|scrypt|sha(?:1|256|384|512)[-$:]|ENC\[|AGE-|vault:|ssh-\w+\b)"
    r"|^\$(?:2[abxy]?|[156y]|argon2\w*)\$"  # hashes of crypt(3)
    r"|^#[0-9a-fA-F]{3,8}$|^rgba?\("  # colours
    r"|^[#.][A-Za-z]+(?:[-_]{1,2}[A-Za-z\d]+)+$"  # CSS selectors
    r"|^[a-z_]+(?::[\w,.]+)?(?:\|[a-z_]+(?::[\w,.]+)?)+$"  # validation: required|min:6
    r"|^(?:same|different|exists|unique|required_[a-z_]+|in|not_in|min|max|size|between|digits)"
    r":[\w,.-]+$"
)
_FILE = Pattern(
    r"\.(?:py|[cm]?[jt]s|[jt]sx|vue|php|phtml|twig|rb|go|java|json|ya?ml|pem|key|crt|cert|pub|txt|md"
    r"|html?|xml|env|toml|ini|conf|sh|s?css|less|map|woff2?|png|jpe?g|gif|svg|webp|ico|pdf|zip)$"
)
# Names of fields, constants and paths of settings: words, and one of them is of our kind.
_IDENTIFIER = Pattern(
    r"(?=.{0,80}(?:pass|pwd|secret|token|key|auth|credential))"
    r"[a-z]{1,40}(?:(?:__?|[./])(?:[a-z]{1,40}\d{0,2}|\d{1,3})){1,12}"
)


def is_identifier(value: str) -> bool:
    """What code calls a secret: ``customer_password2``, ``PASSWORD_INVALID_01``."""
    same = value.lower() if value.isupper() else value
    return _IDENTIFIER.fullmatch(same) is not None


_UUID = Pattern(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_something_else(value: str, *, setting: bool = False) -> bool:
    """A path, URL, address, version, date, colour, UUID, hash or encrypted value.

    The password of a setting may end as a file does.
    """
    if _FILE.search(value) and not (setting and is_mixed(value)):
        return True
    return bool(_NOT_SECRET.search(value) or _UUID.search(value))


def is_uuid(value: str) -> bool:
    """The form of RFC 9562, section 4, and nothing else."""
    return _UUID.fullmatch(value) is not None


_PRINTABLE = frozenset(string.ascii_letters + string.digits + string.punctuation)
_SHORTEST, _LONGEST = 8, 2_000
_SYMBOLS = frozenset("!@#$%^&*+=?~")


def is_like_a_secret(value: str, *, setting: bool = False) -> bool:
    """Long enough, in one word of ASCII, and with digits or symbols beside its letters.

    What is letters only is a name, a label or a translation far more often than a password; not
    so where a setting is nothing that can be said. Settings may have letters beyond ASCII.
    """
    return (
        _SHORTEST <= len(value) <= _LONGEST
        and (_PRINTABLE.issuperset(value) or (setting and _is_one_word(value)))
        and any(map(str.isalnum, value))
        and _longest_run(value) < _RUN
        and (
            any(char.isdigit() for char in value)
            or bool(_SYMBOLS & set(value[:-1]))
            or _is_drawn(value)
            or (setting and is_unspeakable(value))
        )
        and len(set(value)) >= _LEAST_DIFFERENT - 1
    )


def _is_one_word(value: str) -> bool:
    """Nothing that ends a word; characters beyond ASCII are bytes here (see reading.py)."""
    return all(char > " " and char != "\x7f" for char in value)


_DRAWN = 12
_CONSONANTS = Pattern(r"[b-df-hj-np-tv-xz]{5}", re.IGNORECASE)
_VOWELS = 0.25


def is_unspeakable(value: str, *, least: int = _DRAWN) -> bool:
    """Letters only, with more consonants in a row or all in all than words have."""
    if len(value) < least or not (value.isascii() and value.isalpha()):
        return False
    vowels = sum(char in "aeiouyAEIOUY" for char in value)
    return vowels < _VOWELS * len(value) or _CONSONANTS.search(value) is not None


_CHANGES = 0.28


def _is_drawn(value: str) -> bool:
    """Letters drawn at random: capitals come and go as they do in no name."""
    pairs = list(itertools.pairwise(value))
    changes = sum(one.isupper() != other.isupper() for one, other in pairs)
    return len(value) >= _DRAWN and changes >= _CHANGES * len(pairs) and random_like(value)


# Lock files and descriptions of an API: package and field names that sound secret.
_OTHER_WORDS = Pattern(
    r"(?:^|/)(?:[^/]*[._-]lock(?:\.(?:ya?ml|json|hcl))?|[^/]+\.lockb?|package-lock\.json|go\.sum"
    r"|npm-shrinkwrap\.json|pylock[^/]*\.toml|[^/]*(?:swagger|openapi)[^/]*\.(?:json|ya?ml|html))$",
    re.IGNORECASE,
)


def has_other_words(path: str) -> bool:
    """True for a file whose names are those of packages or fields."""
    return _OTHER_WORDS.search(path) is not None


# Subresource Integrity, pip's --hash and the lock files' own: sha512-..., sha256:...
_INTEGRITY = Pattern(r"\bsha(?:1|224|256|384|512)[-:=][0-9A-Za-z+/=_-]{20,}")
_HASH_REACH = 200


def is_integrity_hash(text: str, start: int, end: int) -> bool:
    """The value between two offsets is a part of such a hash."""
    return any(
        found.start() <= start and end <= found.end()
        for found in _INTEGRITY.finditer(text, max(0, start - _HASH_REACH), end + _HASH_REACH)
    )
