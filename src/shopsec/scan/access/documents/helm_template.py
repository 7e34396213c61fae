"""Helm templates, read without Helm: what is written out stays, what is computed is left open.

Only ``helm template`` knows what a chart becomes. But most of a template is plain YAML: with the
actions taken out (https://helm.sh/docs/chart_template_guide/), the rest can be read, line by
line where it was written. No code of the chart is run.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

UNKNOWN = "$unknown"
"""Stands for a value that only Helm can work out; it reads like a variable of a shell."""

# No quote behind a backslash begins a string; else each of many would be tried to the end.
_INSIDE = re.compile(r"\"(?:[^\"\\\n]|\\.)*+\"|`[^`]*+`|\\.?|[^\"`}\\]++|[}\"`]")
_CONTROL = re.compile(r"(?:if|else|end|range|with|define|block|break|continue)\b|/\*|\$\w*\s*:?=")
_ALONE = re.compile(r"^[ \t]*(?:- )?(?:[\x00\x01][ \t]*)+$", re.MULTILINE)
# A chart's defaults for anything else say little about what a release has.
_VALUE = re.compile(
    r"\.Values\.((?:[\w-]+\.)*(?:registry|repository|image|name|tag|digest|type))"
    r"(?:\s*\|\s*(?:quote|squote|toString|trim))*"
)
_NAME = re.compile(
    r"\.(?:Chart|Release)\.Name|(?:include|template)\s+\"[\w./-]*name\"\s.*", re.IGNORECASE
)
_PLAIN = re.compile(r"[\w./@+-](?:[\w./:@+-]{0,300}[\w./@+-])?")
_OPEN = "\x00"
_NOTHING = "\x01"
_MARKS = re.compile(f"[{_OPEN}{_NOTHING}]")


def is_template(content: bytes) -> bool:
    """True when the text holds actions."""
    return b"{{" in content


def outline(text: str, values: Mapping[str, Any], name: str = UNKNOWN) -> str:
    """The template without its actions, line for line.

    An action that reads one of the chart's ``values`` is replaced by it, one that names the chart
    or its release by ``name``. Another one becomes UNKNOWN inside a line, and nothing where it is
    all there is on its line.
    """

    parts: list[str] = []
    position = 0
    bare = _MARKS.sub("", text)
    for start, end in _actions(bare):
        parts += (bare[position:start], _written(bare[start:end], values, name))
        position = end
    filled = "".join((*parts, bare[position:]))
    return _ALONE.sub("", filled).replace(_OPEN, UNKNOWN).replace(_NOTHING, "")


def _actions(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every ``{{ }}``; one without an end ends the search."""
    start = text.find("{{")
    while start >= 0:
        position = start + 2
        while not text.startswith("}}", position):
            match = _INSIDE.match(text, position)
            if match is None:
                return
            position = match.end()
        yield start, position + 2
        start = text.find("{{", position + 2)


def _written(action: str, values: Mapping[str, Any], name: str) -> str:
    """What stands in place of an action, with as many line ends as it has."""
    lines = "\n" * action.count("\n")
    inside = action[2:-2].removeprefix("-").removesuffix("-").strip()
    if _CONTROL.match(inside):
        return _NOTHING + lines
    if _NAME.fullmatch(inside):
        return name + lines
    found = _VALUE.fullmatch(inside)
    value = _text_of(values, found[1]) if found else None
    return (_OPEN if value is None else value) + lines


def _text_of(values: Mapping[str, Any], path: str) -> str | None:
    """The scalar at a dotted path, as YAML would write it plainly, or None."""
    value: Any = values
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)) and _PLAIN.fullmatch(str(value)):
        return str(value)
    return None
