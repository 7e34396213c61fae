"""Names of files as the model keeps them: RFC 3986 relative references.

A file name is bytes. As a percent-encoded reference every name is ASCII, unique, free of
newlines and escape sequences, and right for SARIF (2.1.0, section 3.4.3) as it stands.
"""

import os
import re
import urllib.parse

_PLAIN = re.compile(r"[0-9A-Za-z/._~+@,!$&'()*;=-]*")


def uri_of(path: str) -> str:
    """Encode an operating-system path (as ``os.fsdecode`` gives it, relative, with "/")."""
    if _PLAIN.fullmatch(path):
        return path  # most names; this is asked for each of 100,000 files
    return urllib.parse.quote(os.fsencode(path), safe="/-._~+@,!$&'()*;=")


def path_of(uri: str) -> str:
    """Undo :func:`uri_of`; the result may hold surrogates and is for the file system only."""
    if "%" not in uri:
        return uri  # most names; this is asked many times for each of 100,000 files
    return os.fsdecode(urllib.parse.unquote_to_bytes(uri))


def printable(text: str) -> str:
    """Return text with control and format characters, surrogates and line ends escaped."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "replace").decode("ascii")
        for char in text
    )


def display_path(uri: str) -> str:
    """A file name as a person reads it; never a control character."""
    return printable(path_of(uri))
