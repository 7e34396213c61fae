"""Texts as readers of SARIF take them: printable, not too long, and no stranger's link."""

import re
from collections.abc import Iterable
from typing import Any

from shopsec.model import printable

LIMIT = 1_000
"""UTF-16 code units; GitHub refuses, and GitLab leaves out, what has more than 1,024 characters."""
NAME_LIMIT = 255

_URI = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*)?")
_URI_LIMIT = 2_048


def said(text: str, limit: int = LIMIT) -> str:
    """Lines of printable text, cut; readers take ``[text](target)`` for a link (3.11.6)."""
    lines = "\n".join(printable(line.rstrip()) for line in text.strip().split("\n"))
    return cut(lines.replace("](", "] ("), limit)


def all_said(texts: Iterable[str], most: int = 50) -> list[str]:
    """The first of several texts, without those that say nothing."""
    return [told for text in texts if (told := said(text))][:most]


def filled(values: dict[str, Any]) -> dict[str, Any]:
    """Values without empty texts, empty lists and what is not so."""
    return {
        name: value
        for name, value in values.items()
        if value is not False and value not in ("", [])
    }


def cut(text: str, limit: int = LIMIT) -> str:
    """Text of so many UTF-16 code units at most, which says where it was cut."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * limit:
        return text
    return units[: 2 * (limit - 4)].decode("utf-16-le", "ignore").rstrip() + " ..."


def link(address: str | None) -> str:
    """The address where it is a plain one of the web, else nothing."""
    address = address or ""
    return address if len(address) <= _URI_LIMIT and _URI.fullmatch(address) else ""
