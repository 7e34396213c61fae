"""What may be shown of a secret, and what it is called. Nothing else of it leaves the worker."""

import re

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


def shown(value: str) -> str:
    """At most the first four and last two characters; nothing of a short value."""
    if len(value) < _SHORTEST_SHOWN:
        return ""
    return f"{value[:_FIRST]}...{value[-_LAST:]}"


def name_before(before: str) -> str:
    """The name that a value is assigned to, from what stands before it on its line, or empty."""
    found = _NAME_BEFORE.search(_URL_BEFORE.sub("", before))
    return found["name"] if found else ""


def safe_name(name: str, values: list[str]) -> str:
    """The name, or nothing when it holds, or is a part of, a value seen on its line.

    ``{"<a token>": "<a password>"}`` has a secret for a name.
    """
    if len(name) > _LONGEST_NAME:
        return ""
    folded = name.lower()
    for value in values:
        if value.lower() in folded or (len(name) > _FIRST and folded in value.lower()):
            return ""
    return name
