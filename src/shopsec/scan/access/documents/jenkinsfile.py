"""Jenkinsfiles as stages with their shell commands, read word by word.

Groovy is a whole language; nothing here is run or understood beyond strings, comments, braces and
the few words that matter. https://www.jenkins.io/doc/book/pipeline/syntax/
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from shopsec.scan.access.documents import text_of

TOKENS = 200_000
"""Most words of a file that are looked at."""

_TOKEN = re.compile(
    r"""
    //[^\n]* | /\*.*?(?:\*/|\Z)
    | (?P<string>\"\"\"(?:[^\\"]|\\.|"(?!""))*(?:\"\"\"|\Z) | '''(?:[^\\']|\\.|'(?!''))*(?:'''|\Z)
      | "(?:[^"\\\n]|\\.)*+" | '(?:[^'\\\n]|\\.)*+')
    | \\.  # no quote behind a backslash begins a string; else each of many would be tried
    | (?P<brace>[{}])
    | (?P<word>[A-Za-z_][\w.]*)
    """,
    re.VERBOSE | re.DOTALL,
)
_SHELLS = frozenset({"sh", "bat", "powershell", "pwsh", "pysh", "sshCommand"})
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_ASSIGNED = re.compile(r"[ \t]*=\s*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CREDENTIALS = frozenset(
    ["variable", "usernameVariable", "passwordVariable", "keyFileVariable", "passphraseVariable",
     "keystoreVariable"]
)  # fmt: skip


@dataclass(frozen=True)
class Shell:
    """A script handed to a shell."""

    text: str
    line: int
    interpolated: bool
    """Groovy puts ``${}`` in before the shell sees it."""


@dataclass(frozen=True)
class Variable:
    """``NAME = 'value'``, as in a block called environment."""

    name: str
    value: str
    line: int


@dataclass
class Stage:
    """A stage with what stands directly in it; what stands in none is in a stage without name."""

    name: str
    line: int
    shells: list[Shell] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    """Every word of Groovy in it, such as ``input`` or ``lock``."""
    strings: list[str] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)
    """Names of the variables that credentials are bound to."""
    variables: list[Variable] = field(default_factory=list)


def parse_jenkinsfile(content: bytes) -> tuple[Stage, ...]:
    """All stages in their order; DocumentError when the content is no text."""
    return tuple(_Reader(text_of(content)).stages())


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._breaks = [match.start() for match in re.finditer("\n", text)]

    def _line(self, position: int) -> int:
        return bisect_right(self._breaks, position - 1) + 1 if position else 1

    def stages(self) -> Iterator[Stage]:
        """Go through the words once; a stage lasts until its brace is closed."""
        whole = Stage("", 1)
        found: list[Stage] = [whole]
        open_stages: list[tuple[int, Stage]] = [(-1, whole)]
        depth, earlier, before, end, announced = 0, "", "", 0, None
        for number, match in enumerate(_TOKEN.finditer(self._text)):
            if number > TOKENS:
                break
            if match["brace"]:
                depth += 1 if match["brace"] == "{" else -1
                if match["brace"] == "{" and announced is not None:
                    open_stages.append((depth, announced))
                    announced = None
                while len(open_stages) > 1 and depth < open_stages[-1][0]:
                    open_stages.pop()
            elif match["string"]:
                stage = open_stages[-1][1]
                if before == "stage":
                    announced = Stage(_plain(match["string"]), self._line(match.start()))
                    found.append(announced)
                self._take_string(stage, before, match)
                assigned = _ASSIGNED.fullmatch(self._text, end, match.start()) is not None
                self._take_variable(stage, before if assigned else "", (earlier, before), match)
            elif match["word"]:
                earlier, before, end = before, match["word"], match.end()
                open_stages[-1][1].words.add(before)
        yield from found

    def _take_string(self, stage: Stage, before: str, match: re.Match[str]) -> None:
        text = _plain(match["string"])
        if before in _SHELLS or (before == "script" and "sh" in stage.words):
            interpolated = match["string"].startswith('"')
            stage.shells.append(Shell(text, self._line(match.start()), interpolated))
        elif before in _CREDENTIALS:
            stage.credentials.append(text)
        else:
            stage.strings.append(text)

    def _take_variable(
        self, stage: Stage, name: str, words: tuple[str, str], match: re.Match[str]
    ) -> None:
        """``NAME = 'value'`` and ``NAME = credentials('id')``."""
        if _NAME.fullmatch(name):
            value, line = _plain(match["string"]), self._line(match.start())
            stage.variables.append(Variable(name, value, line))
        elif words[1] == "credentials" and _NAME.fullmatch(words[0]):
            stage.credentials.append(words[0])


def _plain(literal: str) -> str:
    """What a string literal stands for, with its escapes undone."""
    marks = 3 if literal.startswith(('"""', "'''")) else 1
    ends = literal.endswith(literal[:marks]) and len(literal) >= 2 * marks
    body = literal[marks : -marks if ends else None]
    return _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[1]), body)


# A backslash at the end of a line joins it with the next.
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\n": " "}
