"""The piece of Python that an issue is about, as text that outlives moves and formatters. Pure.

bandit tells lines and columns of the node, and prints the lines around the issue. The line alone
says too little: a formatter that breaks a call over lines leaves ``subprocess.run(`` on it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

LITERAL = "'...'"
_LONGEST = 200
_COMMENT_OR_TEXT = re.compile(
    r"""\#[^\n]*
      | (?P<text>\b[rbuft]{1,2}(?=["'])|(?=["']))
        (?: \"\"\".*?(?:\"\"\"|\Z) | '''.*?(?:'''|\Z)
          | "(?:\\.|[^"\\\n])*(?:"|$) | '(?:\\.|[^'\\\n])*(?:'|$) )""",
    re.VERBOSE | re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
# What a text that is given to something, or assigned, stands behind.
_GIVEN_TO = re.compile(r"([A-Za-z_][\w.]*)[\s\\]*(?:[(\[{=%+:,][\s\\]*)+$")


@dataclass(frozen=True)
class Node:
    """Where a node stands; columns count bytes of UTF-8 from 0, as in Python's ``ast``."""

    lines: Sequence[int]
    start: int
    end: int


def without_literals(text: str) -> str:
    """Text on one line, with every string in it, and every comment, taken out."""
    plain = _COMMENT_OR_TEXT.sub(lambda found: LITERAL if _is_text(found) else " ", text)
    plain = re.sub(rf"{re.escape(LITERAL)}(?:\s*{re.escape(LITERAL)})+", LITERAL, plain)
    return " ".join(plain.split())[:_LONGEST]


def _is_text(found: re.Match[str]) -> bool:
    return not found[0].startswith("#")


def text_of(node: Node, line: int, code: str) -> str:
    """The node without its literals; its line where bandit does not show all of the node.

    ``code``: lines as bandit prints them, each behind its number and a blank. A node that is
    nothing but a text gets the name that it is given to.
    """
    shown = _numbered(code)
    numbers = range(node.lines[0], node.lines[-1] + 1) if node.lines else range(0)
    if not numbers or any(number not in shown for number in numbers):
        return without_literals(shown.get(line, ""))
    before, piece = _cut([shown[number] for number in numbers], node)
    plain = without_literals(piece)
    if plain != LITERAL:
        return plain
    above = [text for number, text in sorted(shown.items()) if number < numbers[0]]
    given_to = _GIVEN_TO.search(_plain_lines("\n".join([*above[-5:], before])))
    return f"{given_to[1]} {LITERAL}" if given_to else LITERAL


def _plain_lines(text: str) -> str:
    return _COMMENT_OR_TEXT.sub(lambda found: LITERAL if _is_text(found) else "", text)


def _numbered(code: str) -> dict[int, str]:
    pairs = (line.partition(" ") for line in re.split(r"\r\n|\r|\n", code))
    return {int(number): text for number, _, text in pairs if number.isascii() and number.isdigit()}


def _cut(lines: Sequence[str], node: Node) -> tuple[str, str]:
    """What stands before the node on its first line, and the node."""
    encoded = [line.encode("utf-8", "surrogatepass") for line in lines]
    before = encoded[0][: node.start]
    encoded[-1] = encoded[-1][: node.end] if node.end > 0 else encoded[-1]
    encoded[0] = encoded[0][node.start :]
    return (
        before.decode("utf-8", "replace"),
        b"\n".join(encoded).decode("utf-8", "replace"),
    )
