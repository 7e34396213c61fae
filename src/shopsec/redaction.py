"""One line of text without what may be a secret, whether or not the search knows it. Pure.

Fingerprints are made of such lines, so that nobody can try passwords on them: a change here is a
new version of them. Of a file nothing of it is printed (what reports show is made in snippet.py);
what other tools say in their own words is.
"""

import re

MASK = "***"
_LONGEST = 800
_NAME = (
    r"(?:passw|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|signing[_-]?key|encryption[_-]?key|salt|credential|authorization)"
)
# Up to the value of a name that sounds secret: assigned, a header, an argument behind its name.
_NAMED = re.compile(
    rf"""(?P<name>{_NAME}[\w.-]{{0,60}}["'`\]]{{0,3}}\s{{0,4}}
          (?:=>|:=|==?|:|,(?=\s{{0,4}}["']))\s{{0,4}}(?:(?:bearer|basic)\s)?)
        (?P<value>["'`][^"'`]*["'`]?|[^\s"'`,;(){{}}\[\]]+)""",
    re.VERBOSE | re.IGNORECASE,
)
_OPTION = re.compile(
    rf"(?P<name>\s-(?:u|p|-[\w-]{{0,40}}{_NAME}[\w-]{{0,20}})[ =]\s{{0,2}})(?P<value>[^\s-]\S*)",
    re.IGNORECASE,
)
# Names and paths are words joined by punctuation; a key is a long run of letters and digits.
_RUN = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_PUNCTUATION = re.compile(r"[/_=+-]+")
# "djangorestframework" has 19 letters; in camel case each word begins with a capital.
_WORDS = re.compile(
    r"[a-z]{1,19}|[A-Z]{1,19}|[A-Z]?[a-z]{1,15}(?:[A-Z][a-z]{1,15}){0,8}|[0-9]{1,4}"
)
_DIGITS = 6
# Parts of names have letters, then digits (postgres15); passwords change more often.
_NAMEPART = re.compile(r"[^\s/@.:,;\"'()\[\]{}_-]{10,}")
_CLASSES = re.compile(r"[^\W\d_]+|[0-9]+|[^\w]+")
_CHANGES = 2
_REFERENCE = re.compile(r"[$%<{]|os\.|process\.|None\b|true\b|false\b|null\b", re.IGNORECASE)


def without_logins(line: str) -> str:
    """The line without what stands between the first "://" and the last "@".

    A password in a URL may hold any character, a slash or a blank too where it was not encoded.
    """
    start, end = line.find("://"), line.rfind("@")
    return f"{line[: start + 3]}{MASK}{line[end:]}" if 0 <= start < end else line


def redacted(line: str) -> str:
    """The line without logins in URLs, values of secret names, and long random words."""
    text = without_logins(line)[:_LONGEST]
    text = _NAMED.sub(_without_value, text)
    text = _OPTION.sub(_without_value, text)
    return _RUN.sub(_without_key, text)


def name_shown(text: str) -> str:
    """What somebody called a thing, without what looks like a password rather than a name."""
    return _NAMEPART.sub(
        lambda found: MASK if len(_CLASSES.findall(found[0])) > _CHANGES else found[0],
        without_logins(text),
    )


def _without_value(found: re.Match[str]) -> str:
    value = found["value"].strip("\"'`")
    if not value or _REFERENCE.match(value):
        return found[0]
    return f"{found['name']}{MASK}"


def _without_key(found: re.Match[str]) -> str:
    """Masked unless it reads as words: ``test_that_a_long_name_is_shown``, ``src/shop/tax``."""
    parts = [part for part in _PUNCTUATION.split(found[0]) if part]
    digits = sum(map(str.isdigit, found[0]))
    if digits <= _DIGITS and all(map(_WORDS.fullmatch, parts)):
        return found[0]
    return MASK  # not even its beginning: a private key has many such lines
