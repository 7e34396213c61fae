"""What a file says of the places in it that outlives edits: names around, the file's own. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shopsec.model import Area, FileText, Finding
from shopsec.redaction import redacted

# Lines in which names are looked for.
_REACH = 5_000
_DEFINITION = re.compile(r"(\s*)(?:async\s+)?(?:def|class)\s+(\w+)")
_YAML_TITLE = re.compile(r"name\s*:\s*(\S.*)")
_JSON_KEY = re.compile(r'(\s*)"')
_JSON_TITLE = re.compile(r'(\s*)"name"\s*:\s*"([^"]*)"')
_BASE_IMAGE = re.compile(r"FROM\s+(?:--\S+\s+)*([^\s@]+)", re.IGNORECASE)
_NAMED = re.compile(r"\s*(?:-\s+)?name\s*:\s*\S")


@dataclass(frozen=True)
class Traits:
    """What the file says of a finding, as far as it can be read."""

    text: str = ""
    """The line that it points to, without what may be a secret."""
    scope: tuple[str, ...] = ()
    """Names of the classes and functions around it, the nearest first."""
    title: str = ""
    """What the file calls itself: the ``name`` of a workflow or package, an image's first base."""


def traits_of(finding: Finding, text: FileText, title: str) -> Traits:
    """The traits of a finding in a file of a title."""
    line = finding.location.start_line
    if line is None or line > len(text.lines):
        return Traits(title=title)
    scope = scope_of(text.lines, line) if finding.area is Area.CODE else ()
    last = finding.location.end_line or line
    return Traits(redacted(_head(text.lines[line - 1 : last])), scope, title)


def _head(lines: Sequence[str]) -> str:
    """The line that stands for a block: its name, wherever it is among the block's keys."""
    head = next((line for line in lines if _NAMED.match(line)), lines[0])
    return head.strip().removeprefix("- ")


def scope_of(lines: Sequence[str], line: int) -> tuple[str, ...]:
    """Names of the definitions of Python around a line, the nearest first."""
    indent = _indent(lines[line - 1])
    names = []
    for number in range(line - 1, max(0, line - _REACH), -1):
        found = _DEFINITION.match(lines[number - 1])
        if found and _indent(found[1] + "x") < indent:
            names.append(found[2])
            indent = _indent(found[1] + "x")
        if indent == 0:
            break
    return tuple(names)


def _indent(line: str) -> int:
    expanded = line.expandtabs()
    return len(expanded) - len(expanded.lstrip())


def title_of(uri: str, lines: Sequence[str]) -> str:
    """What a YAML or JSON file calls itself at its top level, a Dockerfile's base, or nothing."""
    name = uri.rpartition("/")[2].lower()
    head = lines[:_REACH]
    if name.endswith((".yml", ".yaml")):
        return _first(_YAML_TITLE, head).strip(" \t'\"")
    if "dockerfile" in name or "containerfile" in name:
        return re.sub(r":[^/:]*$", "", _first(_BASE_IMAGE, head))
    return _json_title(head) if name.endswith((".json", ".lock")) else ""


def _first(pattern: re.Pattern[str], lines: Sequence[str]) -> str:
    return next((found[1] for line in lines if (found := pattern.match(line))), "")


def _json_title(lines: Sequence[str]) -> str:
    first = next((found[1] for line in lines if (found := _JSON_KEY.match(line))), None)
    titles = (_JSON_TITLE.match(line) for line in lines)
    return next((each[2] for each in titles if each and each[1] == first), "")
