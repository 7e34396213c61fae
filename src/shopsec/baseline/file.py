"""``shopsec-baseline.json``: what a team has known for longer, one result a line.

The lines are sorted, so that two branches that add results touch different lines. A line holds
nothing but the fields of KnownResult: names of rules and files, no message, no value, no line of
a file. What cannot be read as a whole is refused: half a baseline would make old results new.
"""

import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopsec.config import Settings
from shopsec.errors import BaselineError
from shopsec.model import KnownResult, Tier, printable

FILE_NAME = "shopsec-baseline.json"
VERSION = 1
SIZE = 50_000_000
"""Bytes; a larger file is refused."""

_ENTRIES = 400_000
_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7}|={7})(?: .*)?$", re.MULTILINE)
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
# What a relative reference may consist of (RFC 3986, section 4.2); neither a scheme nor a root.
_URI = re.compile(r"(?!/)(?![A-Za-z][A-Za-z0-9+.-]*:)[!-~]{1,8192}")
_NAME = re.compile(r"[!-~]{1,300}")
_FIELDS = tuple(KnownResult.model_fields)
_PLACES = "places"
_AGAIN = "mend the line, or move the file away and run shopsec baseline create"
_MERGE = (
    "keep the lines of both sides, or take one side whole and run shopsec baseline update; "
    "then look at the difference"
)


def baseline_path(settings: Settings) -> Path:
    """Where the baseline is or would be: beside the settings file, never outside its folder.

    The name comes from the repository that is scanned, and the file is written too.
    """
    name = settings.baseline or FILE_NAME
    base = Path(settings.base)
    where = settings.at("baseline")
    parts = Path(name).parts
    if os.path.isabs(name) or ".." in parts or not parts or "\0" in name:
        raise BaselineError(
            f"{where}{printable(name)!r} is no file beside the settings", f"as in {FILE_NAME}"
        )
    if any(part.lower() == ".git" for part in parts):
        raise BaselineError(f"{where}{printable(name)!r} is git's own", f"as in {FILE_NAME}")
    path = base / name
    if path.resolve() != base.resolve().joinpath(*parts):
        raise BaselineError(
            f"{printable(str(path))}: is, or lies below, a symbolic link",
            "replace it by the file itself",
        )
    return path


def find_baseline(settings: Settings) -> tuple[Path, tuple[KnownResult, ...]] | None:
    """The baseline that the settings name, or the default one where it exists.

    BaselineError where it cannot be used, or where one that is named is missing.
    """
    path = baseline_path(settings)
    if not os.path.lexists(path):
        if settings.baseline:
            raise BaselineError(
                f"{settings.at('baseline')}{printable(settings.baseline)}: there is no such file",
                "shopsec baseline create makes it",
            )
        return None
    return path, read_baseline(path)


def read_baseline(path: Path) -> tuple[KnownResult, ...]:
    """Read a file; BaselineError names it, the line and the next step."""
    name = printable(str(path))
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise BaselineError(f"{name}: is no regular file", "replace it by the file itself")
        with path.open("rb") as file:
            content = file.read(SIZE + 1)
    except OSError as error:
        raise BaselineError(f"{name}: cannot be read: {error.strerror}") from error
    return parse_baseline(content, name)


def parse_baseline(content: bytes, name: str) -> tuple[KnownResult, ...]:
    """Parse a file's bytes; ``name`` is what errors call it."""
    text = _text_of(content, name)
    document = _document_of(text, name)
    entries = list(_entries(document, text, name))
    seen: dict[str, _Entry] = {}
    for entry in entries:
        fingerprint = entry.known.fingerprint
        if fingerprint in seen:
            raise BaselineError(
                f"{name}:{entry.line}: fingerprint {fingerprint} is there already, in line "
                f"{seen[fingerprint].line}",
                "take one of the lines out",
            )
        seen[fingerprint] = entry
    return tuple(entry.known for entry in entries)


def render_baseline(known: Iterable[KnownResult]) -> str:
    """The text of a file: the same results give the same bytes, in whatever order they come."""
    ordered = sorted(set(known), key=lambda each: (each.uri, each.rule, each.fingerprint))
    values = [each.model_dump(mode="json", exclude_defaults=True) for each in ordered]
    lines = [json.dumps(value, sort_keys=True) for value in values]
    head = f'{{"version": {VERSION}, "results": ['
    return head + ("\n" + ",\n".join(lines) + "\n" if lines else "") + "]}\n"


def _text_of(content: bytes, name: str) -> str:
    if len(content) > SIZE:
        raise BaselineError(
            f"{name}: is larger than {SIZE // 1_000_000} MB",
            "leave out what is not yours with exclude, then shopsec baseline create",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BaselineError(f"{name}:{line}: is not UTF-8 text", _AGAIN) from error
    conflict = _CONFLICT.search(text)
    if conflict:
        line = _line_at(text, conflict.start())
        raise BaselineError(f"{name}:{line}: a merge conflict is not resolved", _MERGE)
    if text.count("{") + text.count("[") > _ENTRIES:
        raise BaselineError(
            f"{name}: has more than {_ENTRIES:,} results",
            "leave out what is not yours with exclude, then shopsec baseline create",
        )
    return text


def _document_of(text: str, name: str) -> dict[str, Any]:
    """The outermost object, of this version."""
    try:
        document = json.loads(text, object_pairs_hook=_without_twins, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise BaselineError(
            f"{name}:{error.lineno}: not valid JSON: {error.msg}", _AGAIN
        ) from error
    except _TwiceError as error:
        place = text.find(json.dumps(error.key), text.find(json.dumps(error.key)) + 1)
        line = _line_at(text, max(place, 0))
        key = printable(error.key[:60])
        raise BaselineError(f"{name}:{line}: {key!r} is set twice", _AGAIN) from error
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{name}:1: not valid JSON: too deep, or no number", _AGAIN) from error
    if not isinstance(document, dict):
        raise BaselineError(f"{name}:1: must be an object with version and results", _AGAIN)
    _check_version(document.get("version"), text, name)
    for key in document:
        if key not in {"version", "results"}:
            line = _line_at(text, max(text.find(json.dumps(key)), 0))
            shown = printable(key[:60])
            raise BaselineError(f"{name}:{line}: unknown key {shown!r}", _AGAIN)
    if not isinstance(document.get("results"), list):
        raise BaselineError(f"{name}:1: results: must be a list", _AGAIN)
    return document


def _check_version(version: Any, text: str, name: str) -> None:
    line = _line_at(text, max(text.find('"version"'), 0))
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BaselineError(f"{name}:{line}: version: must be {VERSION}", _AGAIN)
    if version > VERSION:
        raise BaselineError(
            f"{name}:{line}: has version {version}, of a newer shopsec; this one reads {VERSION}",
            "upgrade shopsec here, or write the file with this one: delete it, then "
            "shopsec baseline create",
        )


@dataclass(frozen=True)
class _Entry:
    line: int
    known: KnownResult


def _entries(document: dict[str, Any], text: str, name: str) -> Iterator[_Entry]:
    """Each result with its line, however the file is laid out."""
    decoder = json.JSONDecoder()
    # Keys and version hold no bracket, so that the first one begins the list.
    at, line = text.index("[") + 1, 1
    counted = 0
    for _ in document["results"]:
        at = _skip(text, at)
        line += text.count("\n", counted, at)
        counted = at
        value, at = decoder.raw_decode(text, at)
        yield _Entry(line, _known(value, f"{name}:{line}"))


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n,":
        at += 1
    return at


def _known(value: Any, where: str) -> KnownResult:
    """A result; each field is checked, for it decides what is new."""
    if not isinstance(value, dict):
        raise BaselineError(f"{where}: must be an object", _AGAIN)
    for key in (*_FIELDS, *value):
        if key not in value and key != _PLACES:
            raise BaselineError(f"{where}: {key}: is missing", _AGAIN)
        if key not in _FIELDS:
            allowed = ", ".join(sorted(_FIELDS))
            raise BaselineError(
                f"{where}: unknown key {printable(key[:60])!r}", f"allowed here: {allowed}"
            )
        if key != _PLACES and not isinstance(value[key], str):
            raise BaselineError(f"{where}: {key}: must be a text", _AGAIN)
    places = value.get(_PLACES, 1)
    if not isinstance(places, int) or isinstance(places, bool) or places < 1:
        raise BaselineError(f"{where}: {_PLACES}: must be a number from 1", _AGAIN)
    _check(value, where)
    return KnownResult.model_validate(value)


def _check(value: dict[str, Any], where: str) -> None:
    tiers = [tier.value for tier in Tier]
    problems = {
        "fingerprint": (_FINGERPRINT, "must be 16 hexadecimal digits"),
        "rule": (_NAME, "must be the name of a rule"),
        "scanner": (_NAME, "must be the name of a scanner"),
        "uri": (_URI, "must be a file's name relative to the repository, percent-encoded"),
    }
    for key, (pattern, problem) in problems.items():
        if not pattern.fullmatch(value[key]):
            raise BaselineError(f"{where}: {key}: {problem}", _AGAIN)
    if value["tier"] not in tiers:
        raise BaselineError(f"{where}: tier: must be one of {', '.join(tiers)}", _AGAIN)


class _TwiceError(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(key)
        found[key] = value
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
