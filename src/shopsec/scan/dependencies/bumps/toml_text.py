"""Where the texts of a TOML document (https://toml.io/en/v1.0.0) stand in it."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from shopsec.scan.dependencies.bumps.base import ManifestError
from shopsec.scan.dependencies.lockfiles.base import LockfileError
from shopsec.scan.dependencies.lockfiles.conflict_markers import refuse_merge_conflict

_TOKEN = re.compile(
    r'(?P<comment>#[^\n]*+)|(?P<long>"""(?:[^"\\]|\\.|"(?!""))*+"""+|'
    r"'''(?:[^']|'(?!''))*+'''+)"
    r"""|(?P<text>"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|'[^'\n]*+')"""
    r"|(?P<mark>[\[\]{}=,\n])|(?P<bare>[A-Za-z0-9_-]++)|(?P<other>.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class TomlText:
    """A text value; items of an array have the array's path. Quotes are outside of the place."""

    path: tuple[str, ...]
    start: int
    end: int
    value: str


def check(text: str) -> None:
    """ManifestError unless the text is TOML; names the line of a merge conflict."""
    try:
        refuse_merge_conflict(text)
        tomllib.loads(text.removeprefix("\ufeff"))
    except LockfileError as error:
        raise ManifestError(str(error)) from error
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise ManifestError(f"is not valid TOML: {error}") from error


def texts(text: str) -> list[TomlText]:
    """Every text of a document that was checked, in its order."""
    return list(_Scan(text).run())


class _Scan:
    """Follows tables, keys and brackets; the grammar itself was checked before."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._table: tuple[str, ...] = ()
        self._prefixes: list[tuple[str, ...]] = []
        """Path of each bracket that is open within a value."""
        self._brackets: list[str] = []
        self._key: list[str] = []
        self._in_value = False
        self._in_header = False

    def run(self) -> Iterator[TomlText]:
        for token in _TOKEN.finditer(self._text):
            kind, content = token.lastgroup, token[0]
            if kind == "mark":
                self._mark(content)
            elif kind in {"text", "bare"} and not self._in_value:
                self._key.append(_decoded(content) if kind == "text" else content)
            elif kind == "text" and self._in_value:
                start, end = token.start() + 1, token.end() - 1
                yield TomlText(self._path(), start, end, _decoded(content))

    def _path(self) -> tuple[str, ...]:
        base = self._prefixes[-1] if self._prefixes else self._table
        if self._brackets and self._brackets[-1] == "[":
            return base
        return (*base, *self._key)

    def _mark(self, mark: str) -> None:
        if not self._in_value and not self._brackets:
            self._outside(mark)
        elif mark in "[{":
            self._prefixes.append(self._path())
            self._brackets.append(mark)
            self._key, self._in_value = [], mark == "["
        elif mark in "]}":
            self._brackets.pop()
            self._prefixes.pop()
            self._in_value = True
        elif mark == "=":
            self._in_value = True
        elif mark == ("," if self._brackets[-1:] == ["{"] else "" if self._brackets else "\n"):
            self._key, self._in_value = [], False

    def _outside(self, mark: str) -> None:
        """A mark of a header or before a key's value."""
        if mark == "[":
            self._in_header, self._key = True, []
        elif mark == "]" and self._in_header:
            self._table, self._in_header = tuple(self._key), False
        elif mark == "=":
            self._in_value = True
        elif mark == "\n":
            self._key = []


def _decoded(token: str) -> str:
    value: str = tomllib.loads(f"a = {token}")["a"]
    return value
