"""Passwords and keys without a format: known by the name they are assigned to."""

import re
from functools import lru_cache

from shopsec.levels import Confidence
from shopsec.scan.secrets.assignments import Assignment
from shopsec.scan.secrets.entropy import random_like
from shopsec.scan.secrets.hits import ASSIGNMENT, RANDOM, Hit, Verdict
from shopsec.scan.secrets.lookalikes import (
    is_dummy_password,
    is_identifier,
    is_like_a_secret,
    is_made_up,
    is_reference,
    is_repeated,
    is_something_else,
    is_uuid,
)
from shopsec.scan.secrets.pattern import Pattern

KEYWORD, HIGH_ENTROPY = "keyword", "high-entropy"
BY_NAME = frozenset({KEYWORD, HIGH_ENTROPY})
"""Rules that go by the name of a value, not by its form."""

_RANDOM_LENGTH = 15
# What a person puts together: words, with a number at the end.
_WORDS = Pattern(r"[A-Za-z]?[a-z]{2,}(?:[-_. ]?[A-Za-z]?[a-z]{2,})*+[-_.]?\d{0,8}[!?.#]?")

# What a password or a key is called, at the end of a name or before what tells one from others.
_PASSWORD_NAME = Pattern(
    r"(?:pass(?:word|wd|phrase|code|wort)?|pwd|kennwort|(?:^|_)pw\d?$|(?-i:[a-z]Pw)$|contrase(?:na|\xc3\xb1a|\xf1a)|secret|private_?key"
    r"|(?:api|auth|service|account|db|database|priv|client|access|crypt|cookie|encryption|signing"
    r"|shared|master|admin|jwt|hash)_?key|credentials?|salt)",
    re.IGNORECASE,
)
# Names under which random values are a secret.
_TOKEN_NAME = Pattern(r"token|key|auth|bearer|hmac|sign|licen[cs]e|cookie", re.IGNORECASE)
# What is said about a secret, and is none: its name, file, length, label ...
_ABOUT = Pattern(
    r"(?:url|uri|endpoint|host|path|file(?:name)?|dir|folder|field|label|names?|ids?|ref|hint|text"
    r"|types?|kind|message|msg|errors?|class|header|prefix|suffix|regexp?|pattern|template|format"
    r"|length|len|min|max|policy|form|input|placeholder|help|title|description|hash(?:er|ers|ed)?"
    r"|algorithm|expir(?:y|es|ation)|created|updated|changed|count|status|state|version|arn|alias"
    r"|short|long|weak|invalid|required|mismatch|incorrect|wrong|missing|empty|failed|keyboard|monkey|turkey"
    r"|author|authors|authority|keywords?|tokenizer|compass|bypass|passive"
    r"|domain|issuer|audience|tenant|results?|params?|parameters?|attr(?:ibute)?s?|columns?|algo"
    r"|selectors?|locators?"
    r"|passenger|passthrough|pass_?through|secretary|salted|keyed|keyof)$",
    re.IGNORECASE,
)
_PUBLIC = Pattern(
    r"public|publish|site_?key|(?<!brave.)(?<!azure.)(?<!bing.)search_?(?:only_?)?(?:api_?)?key|primary_?key|foreign_?key"
    r"|sort_?key|partition_?key|cache_?key|(?:cache|translation|i18n|lookup|object|row|group|query"
    r"|map|dict|json|react|storage|session|state|event|metric|feature|config|setting)_?key$"
    r"|integrity|checksum|digest|hashed_|sha\d|md5|etag|csrf|nonce|author(?!i[sz])|thumbprint|fingerprint",
    re.IGNORECASE,
)
# What is the secret itself, whatever it is for; storages and sessions have keys of both kinds.
_SECRET_ITSELF = Pattern(
    r"(?<!hashed_)(?:secret|pass(?:word|wd|phrase|wort)|kennwort)$", re.IGNORECASE
)
_OF_SETTINGS = Pattern(r"(?:session|storage)_?key$", re.IGNORECASE)


def hit_of(assignment: Assignment) -> Hit | None:
    """What may be a password or key, by its name; never surer than medium."""
    name, value = assignment.name, assignment.place.value
    if is_uuid(value):
        return _key_in_the_form_of_a_uuid(assignment)
    if not is_like_a_secret(value, setting=assignment.setting) or _is_none(assignment):
        return None
    random = len(value) >= _RANDOM_LENGTH and random_like(value) and not _WORDS.fullmatch(value)
    if _names_a_password(name):
        # Names in capitals are settings; others are variables, fields and examples as well.
        sure = Confidence.MEDIUM if random or name.isupper() else Confidence.LOW
        return Hit(KEYWORD, assignment.place, Verdict(sure), ASSIGNMENT, name)
    if random and _names_a_token(name):
        return Hit(HIGH_ENTROPY, assignment.place, Verdict(Confidence.LOW), RANDOM, name)
    return None


_NAMES_A_KEY = Pattern(
    r"(?:secret|password|passwd|token|(?:api|access|auth|private|subscription|service|licen[cs]e)"
    r"[_-]?key)[_-]?\d?$",
    re.IGNORECASE,
)


def _key_in_the_form_of_a_uuid(assignment: Assignment) -> Hit | None:
    """Most UUIDs name things; some services give them out as keys."""
    name, value = assignment.name, assignment.place.value
    if not _NAMES_A_KEY.search(name) or _PUBLIC.search(name) or is_made_up(value):
        return None
    return Hit(HIGH_ENTROPY, assignment.place, Verdict(Confidence.LOW), RANDOM, name)


def is_no_secret(value: str) -> bool:
    """A reference, a placeholder, or something else that is written where passwords are."""
    return is_reference(value) or is_made_up(value) or is_dummy_password(value)


def _is_none(assignment: Assignment) -> bool:
    name, value, setting = assignment.name, assignment.place.value, assignment.setting
    return (
        _is_about(name, setting=setting)
        or _folded(name) in _folded(value)
        or is_reference(value, setting=setting)
        or is_something_else(value, setting=setting)
        or is_dummy_password(value)
        or is_repeated(value)
        or (not setting and is_identifier(value))
    )


def _is_about(name: str, *, setting: bool) -> bool:
    """The name is one of what is public, or says something about a secret."""
    if _ABOUT.search(name):
        return True
    if _SECRET_ITSELF.search(name) or (setting and _OF_SETTINGS.search(name)):
        return False
    return _PUBLIC.search(name) is not None


def _folded(text: str) -> str:
    """Letters and digits only: ``TOO_SHORT = "too-short-8"`` names itself."""
    return re.sub(r"[\W_]+", "", text).lower()


@lru_cache(maxsize=4_096)
def _names_a_password(name: str) -> bool:
    return _PASSWORD_NAME.search(re.sub(r"\W+", "_", name)) is not None


@lru_cache(maxsize=4_096)
def _names_a_token(name: str) -> bool:
    return _TOKEN_NAME.search(name) is not None
