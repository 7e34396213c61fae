"""Texts as YAML, TOML and GitHub's filters take them, whatever they hold."""

import re

_FILTER = re.compile(r"[*+?!\[\\]")


def quoted(text: str) -> str:
    r"""A double-quoted scalar of YAML 1.2 that is a basic string of TOML 1.0, too.

    Both know ``\"``, ``\\``, ``\uXXXX`` and ``\UXXXXXXXX``; all that is not printable is escaped.
    """
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in {'"', "\\"}:
        return f"\\{char}"
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def branch_filter(branch: str) -> str:
    """A pattern of GitHub's that is true of this branch alone.

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
    """
    return _FILTER.sub(r"\\\g<0>", branch)
