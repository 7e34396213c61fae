"""Passwords and keys without a format: known by the name they are assigned to.

detect-secrets' keyword plugin judges the name, its entropy plugins the value. Both see a short
canonical line, not the file's own: they are slow, and match one assignment a line.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from detect_secrets.filters import heuristic
from detect_secrets.plugins.high_entropy_strings import (
    Base64HighEntropyString,
    HexHighEntropyString,
    HighEntropyStringsPlugin,
)
from detect_secrets.plugins.keyword import KeywordDetector

from shopsec.scan.secrets.assignments import Assignment, assignments
from shopsec.scan.secrets.hits import Hit, Verdict
from shopsec.scan.secrets.lookalikes import (
    is_dummy_password,
    is_like_a_secret,
    is_reference,
    is_something_else,
)
from shopsec.scan.secrets.protocol import HIGH_ENTROPY, KEYWORD
from shopsec.scan.secrets.source import Source

_NAMES = KeywordDetector()
# Bits a character. Twenty random characters of base64 have 4.0, of hex 3.4; words have less.
_BASE64 = Base64HighEntropyString(limit=3.8)
_HEX = HexHighEntropyString(limit=2.9)
_RANDOM_LENGTH = 20

# Names that the keyword plugin does not know, but that random values are a secret under.
_TOKEN_NAME = re.compile(
    r"(token|credentials?|hmac|(access|encryption|signing|crypt|cookie|master|admin|webhook|session"
    r"|app|consumer|write|license)[_-]?key)s?$",
    re.IGNORECASE,
)
# Those that detect-secrets 1.5.0 does not know.
_LOCK_FILE = re.compile(
    r"(^|/)(pnpm-lock\.yaml|npm-shrinkwrap\.json|pylock[^/]*\.toml|go\.sum|[^/]+\.lockb?)$"
)
# What is said about a secret, and is none: its name, file, length, label ...
_ABOUT = re.compile(
    r"(url|uri|endpoint|host|path|file(name)?|dir|folder|field|label|names?|ids?|ref|hint|text"
    r"|types?|kind|message|msg|errors?|class|header|prefix|suffix|regexp?|pattern|template|format"
    r"|length|len|min|max|policy|form|input|placeholder|help|title|description|hash(er|ers|ed)?"
    r"|algorithm|expir(y|es|ation)|created|updated|changed|count|status|state|version|arn|alias)$",
    re.IGNORECASE,
)
_PUBLIC = re.compile(r"public|publish|site_?key|search_?(only_?)?(api_?)?key", re.IGNORECASE)


def has_other_words(path: str) -> bool:
    """Lock files and descriptions of an API: package and field names that sound secret."""
    return (
        heuristic.is_lock_file(path)
        or heuristic.is_swagger_file(path)
        or bool(_LOCK_FILE.search(path))
    )


def keyword_hits(source: Source) -> Iterator[Hit]:
    """Yield what may be a password, by its name, never surer than medium."""
    for assignment in assignments(source):
        value = assignment.place.value
        if not is_like_a_secret(value) or _is_none(assignment):
            continue
        random = _is_random(value)
        if _names_a_password(assignment.name):
            # Names in capitals are settings; others are variables, fields and examples as well.
            verdict = Verdict("medium" if random or assignment.name.isupper() else "low")
            yield Hit(KEYWORD, assignment.place, verdict, assignment.name)
        elif random and _TOKEN_NAME.search(assignment.name):
            yield Hit(HIGH_ENTROPY, assignment.place, Verdict("low"), assignment.name)


def _is_none(assignment: Assignment) -> bool:
    name, value = assignment.name, assignment.place.value
    return (
        bool(_ABOUT.search(name) or _PUBLIC.search(name))
        or _folded(name) in _folded(value)
        or is_reference(value)
        or is_something_else(value)
        or is_dummy_password(value)
    )


def _folded(text: str) -> str:
    """Letters and digits only: ``TOO_SHORT = "too-short-8"`` names itself."""
    return re.sub(r"[\W_]+", "", text).lower()


@lru_cache(maxsize=1_000)
def _names_a_password(name: str) -> bool:
    # The plugin wants a value, but one that begins with a letter; what is looked at is the name.
    line = re.sub(r"\W+", "_", name) + ' = "value"'
    return any(_NAMES.analyze_string(line))


def _is_random(value: str) -> bool:
    if len(value) < _RANDOM_LENGTH:
        return False
    return _exceeds(_HEX, value) or _exceeds(_BASE64, value)


def _exceeds(plugin: HighEntropyStringsPlugin, value: str) -> bool:
    whole = f'"{value}"'
    return any(
        plugin.calculate_shannon_entropy(found) > plugin.entropy_limit
        for found in plugin.analyze_string(whole)
    )
