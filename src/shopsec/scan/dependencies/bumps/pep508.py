"""One requirement (https://peps.python.org/pep-0508/) and where its specifiers stand in it."""

import re

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from shopsec.scan.dependencies.bumps import pep440
from shopsec.scan.dependencies.bumps.base import Named

_NAME = re.compile(r"\s*+([A-Za-z0-9][A-Za-z0-9._-]*+)\s*+(\[[^\]]*+\])?+\s*+\(?+")
_SPECIFIERS = re.compile(r"(?:\s*+,?+\s*+(?:===|==|~=|!=|<=|>=|<|>)\s*+[^\s,;()#]++)++")


def place_of(text: str, offset: int, name: str, version: str) -> Named | None:
    """Where a requirement, which starts at an offset of its file, asks for a package.

    None for a requirement of another one.
    """
    match = _NAME.match(text)
    if match is None or canonicalize_name(match[1]) != name:
        return None
    start = match.end()
    at = (offset + start, offset + start)
    try:
        requirement = Requirement(text.strip())
    except InvalidRequirement:
        return Named(*at, reason="cannot be parsed")
    if requirement.url:
        return Named(*at, reason="comes from a URL, not from the index")
    specifiers = _SPECIFIERS.match(text, start)
    if specifiers is None:
        return Named(*at)
    try:
        raised = pep440.raised(specifiers[0], version)
    except ValueError as error:
        return Named(*at, reason=str(error))
    return Named(offset + start, offset + specifiers.end(), raised)
