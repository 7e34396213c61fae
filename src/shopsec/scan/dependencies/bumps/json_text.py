"""Where the texts of a JSON document stand in it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from shopsec.scan.dependencies.bumps.base import ManifestError
from shopsec.scan.dependencies.lockfiles.base import LockfileError
from shopsec.scan.dependencies.lockfiles.json_lines import parse_object

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]', re.DOTALL)


@dataclass(frozen=True)
class JsonText:
    """A text within objects only; the quotes are outside of ``start`` and ``end``."""

    path: tuple[str, ...]
    start: int
    end: int
    value: str


def check(text: str) -> None:
    """ManifestError unless the text is a JSON object; names the line of a merge conflict."""
    try:
        parse_object(text)
    except LockfileError as error:
        raise ManifestError(str(error)) from error


def texts(text: str, depth: int) -> Iterator[JsonText]:
    """Every text at a depth of keys in a document that was checked, in its order."""
    path: list[str | None] = []
    key: str | None = None
    previous = ""
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in {"{", "["}:
            path.append(key if mark == "{" else None)
            key = None
        elif mark in {"}", "]"}:
            path.pop()
        elif mark == ",":
            key = None
        elif mark != ":" and previous != ":":
            key = _decoded(mark) if path and _is_object(text, token.end()) else None
        elif mark != ":" and key is not None and len(path) == depth:
            names = [*path[1:], key]
            if None not in names:
                yield JsonText(
                    tuple(name for name in names if name is not None),
                    token.start() + 1,
                    token.end() - 1,
                    _decoded(mark),
                )
        previous = mark


def _is_object(text: str, end: int) -> bool:
    """True for a key: a colon follows it."""
    return re.compile(r"\s*+:").match(text, end) is not None


def _decoded(token: str) -> str:
    value: str = json.loads(token, strict=False)
    return value
