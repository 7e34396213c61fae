"""What other tools say, made fit to be printed: one line, no links, nothing secret. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shopsec.model import printable
from shopsec.redaction import MASK, redacted
from shopsec.scan.imported.document import Message, read_part

_LONGEST_READ = 2_000
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d{1,3})\}")
# A link to a location of the result, or to a page (3.11.6).
_LINK = re.compile(r"\[([^\[\]\\]{0,300})\]\((?:\d+|[^()\s]{1,300})\)")
# Words that are no part of a path or a name; letters and digits change places in passwords, three
# times at most in words such as utf8mb4.
_WORD = re.compile(r"[^\s/@.:,;\"'`()\[\]{}_-]{8,}")
_CHANGE = re.compile(r"(?=[^\W\d_][0-9]|[0-9][^\W\d_])")
_CHANGES = 3
_LABELLED = re.compile(r"^Message: (.+)$", re.MULTILINE)


def text_of(message: Message | None, *tables: Mapping[str, Any]) -> str:
    """The plain text of a message, its own or that of the rule's ``tables`` (3.11.7)."""
    if message is None:
        return ""
    text = message.text
    for table in tables:
        if text is None and message.id is not None:
            found = read_part(Message, table.get(message.id))
            text = found.text if found is not None else None
    return filled((text or "")[:_LONGEST_READ], message.arguments)


def filled(text: str, arguments: Sequence[Any]) -> str:
    """The text with its placeholders filled in (3.11.5); one without an argument stays."""

    def value(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        number = int(found[1])
        known = number < len(arguments) and isinstance(arguments[number], str)
        return arguments[number][:_LONGEST_READ] if known else found[0]

    return _PLACEHOLDER.sub(value, text) if arguments else text


def said(text: str, most: int) -> str:
    """Text of others on one line: without links, secrets and control characters."""
    labelled = _LABELLED.search(text)  # Trivy's: a table in lines
    plain = _LINK.sub(r"\1", labelled[1] if labelled else text)
    safe = printable(redacted(" ".join(plain[:_LONGEST_READ].split())))
    return safe if len(safe) <= most else safe[: most - 3].rstrip() + "..."


def reported(text: str, most: int) -> str:
    """What a tool says of the code and may quote from it: without what looks like a password."""
    return said(_WORD.sub(_without_password, text[:_LONGEST_READ]), most)


def _without_password(found: re.Match[str]) -> str:
    word = found[0]
    changes = len(_CHANGE.findall(word)) + (not word.isalnum())
    return MASK if changes > _CHANGES + 1 else word


def page_of(uri: str | None) -> str | None:
    """A rule's page, where it is on the web."""
    if uri is None or not re.fullmatch(r"https?://[!-~]{1,500}", uri):
        return None
    return None if re.search(r"[\"'<>\\`{}]", uri) else uri
