"""Dockerfiles: instructions with lines, and the stages they make up."""

import re
from dataclasses import dataclass, field

from shopsec.scan.access.documents import DocumentError, lines_of

KEYWORDS = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)
INSTRUCTIONS = 20_000
"""Most instructions a file may hold."""
STAGES = 500
"""Most stages a file may hold."""
LENGTH = 1_000
"""Most characters of a text with variables, and of a variable's value, that are looked at: values
that hold each other twice would fill any memory."""

_DIRECTIVE = re.compile(r"#\s*([a-z]+)\s*=\s*(\S+)\s*", re.IGNORECASE)
_HEREDOC = re.compile(r"<<(-?)([\"']?)([A-Za-z_][A-Za-z0-9_]*)\2")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?([-+])([^${}]*))?\})")
_FLAG = re.compile(r"--[\w.-]+(=\S*)?\s+")


@dataclass(frozen=True)
class Instruction:
    """One instruction: ``value`` is its text on one line, here-documents included."""

    keyword: str
    value: str
    line: int

    @property
    def words(self) -> list[str]:
        """The value's words, without leading flags such as ``--from=build``."""
        position = 0
        while match := _FLAG.match(self.value, position):
            position = match.end()
        return self.value[position:].split()


@dataclass
class Stage:
    """One FROM and what follows it."""

    name: str
    base: str
    """Image or stage as FROM names it, with global ARG defaults put in."""
    line: int
    instructions: list[Instruction] = field(default_factory=list)


@dataclass(frozen=True)
class Dockerfile:
    """A parsed Dockerfile; there is at least one stage."""

    stages: tuple[Stage, ...]

    def chain(self, stage: Stage) -> list[Stage]:
        """``stage`` and the earlier stages that it is built from, the nearest first."""
        found = [stage]
        while (parent := self.parent(found[-1])) is not None:
            found.append(parent)
        return found

    def parent(self, stage: Stage) -> Stage | None:
        """The earlier stage that FROM names, or None for an image."""
        position = next(i for i, other in enumerate(self.stages) if other is stage)
        for earlier in reversed(self.stages[:position]):
            if earlier.name and earlier.name == stage.base.lower():
                return earlier
        return None

    @property
    def shipped(self) -> list[Stage]:
        """The final stage and what it is built from, the final one first."""
        return self.chain(self.stages[-1])


def parse_dockerfile(content: bytes) -> Dockerfile:
    """Parse a Dockerfile; DocumentError for anything BuildKit would refuse as a whole."""
    # BuildKit takes any bytes in comments and commands; what matters here is ASCII.
    text = content.decode("utf-8-sig", "replace")
    stages: list[Stage] = []
    arguments: dict[str, str] = {}
    for instruction in _instructions(lines_of(text)):
        if instruction.keyword == "FROM":
            stages.append(_stage(instruction, arguments))
            if len(stages) > STAGES:
                raise DocumentError(f"holds more than {STAGES} stages", instruction.line)
        elif stages:
            stages[-1].instructions.append(instruction)
        elif instruction.keyword == "ARG":
            arguments.update(_defaults(instruction, arguments))
        else:
            raise DocumentError(f"{instruction.keyword} before the first FROM", instruction.line)
    if not stages:
        raise DocumentError("has no FROM instruction")
    return Dockerfile(tuple(stages))


def _stage(instruction: Instruction, arguments: dict[str, str]) -> Stage:
    words = instruction.words
    if not words or len(words) not in {1, 3} or (len(words) == 3 and words[1].lower() != "as"):
        raise DocumentError("FROM needs an image, or an image AS a name", instruction.line)
    name = words[2].lower() if len(words) == 3 else ""
    return Stage(name, substitute(words[0], arguments), instruction.line)


def _defaults(instruction: Instruction, arguments: dict[str, str]) -> dict[str, str]:
    found = {}
    for word in instruction.words:
        name, equals, value = word.partition("=")
        if equals:
            found[name] = substitute(value.strip("\"'"), arguments)
    return found


def substitute(text: str, arguments: dict[str, str]) -> str:
    """Put defaults in for ``$NAME``, ``${NAME}`` and ``${NAME:-x}``; an unknown one stays.

    At most LENGTH characters of the text and of each value count.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if match[3] == "+":
            return match[4] if arguments.get(name) else ""
        if match[3] == "-":
            return arguments.get(name, "")[:LENGTH] or match[4]
        return arguments.get(name, match[0])[:LENGTH]

    return _VARIABLE.sub(value, text[:LENGTH])


def _instructions(lines: list[str]) -> list[Instruction]:
    escape = _escape(lines)
    found: list[Instruction] = []
    position = 0
    while position < len(lines):
        start = position
        logical, position = _logical_line(lines, position, escape)
        if not logical:
            continue
        keyword, _, value = logical.replace("\t", " ", 1).partition(" ")
        if keyword.upper() not in KEYWORDS:
            raise DocumentError(f"unknown instruction {keyword[:20]!r}", start + 1)
        if keyword.upper() in {"RUN", "COPY", "ADD"}:
            body, position = _heredocs(value, lines, position, start)
            value = value + body
        found.append(Instruction(keyword.upper(), value.strip(), start + 1))
        if len(found) > INSTRUCTIONS:
            raise DocumentError(f"holds more than {INSTRUCTIONS} instructions", start + 1)
    return found


def _escape(lines: list[str]) -> str:
    for line in lines:
        match = _DIRECTIVE.fullmatch(line.strip())
        if match is None:
            break
        if match[1].lower() == "escape":
            if match[2] not in {"\\", "`"}:
                raise DocumentError("the escape directive must be \\ or `")
            return match[2]
    return "\\"


def _logical_line(lines: list[str], position: int, escape: str) -> tuple[str, int]:
    """Join continuation lines; comments and empty lines between them do not end one."""
    parts: list[str] = []
    while position < len(lines):
        line = lines[position].strip()
        position += 1
        if line.startswith("#") or not line:
            if parts:
                continue
            return "", position
        if not line.endswith(escape):
            parts.append(line)
            break
        parts.append(line[: -len(escape)].strip())
    return " ".join(parts), position


def _heredocs(value: str, lines: list[str], position: int, start: int) -> tuple[str, int]:
    body: list[str] = []
    for dash, _, word in _HEREDOC.findall(value):
        while True:
            if position >= len(lines):
                raise DocumentError(f"the here-document {word[:20]!r} does not end", start + 1)
            line = lines[position]
            position += 1
            if (line.lstrip("\t") if dash else line) == word:
                break
            body.append(line)
    return "".join(f"\n{line}" for line in body), position
