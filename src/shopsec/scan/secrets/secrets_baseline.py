"""Reading and writing ``.secrets.baseline``, where detect-secrets keeps what people answered.

Of a baseline only the results are used. The plugins and filters that it names are code of the
repository's choice: they are counted, never imported.

https://github.com/Yelp/detect-secrets/blob/v1.5.0/docs/design.md
"""

import hashlib
import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shopsec.scan.secrets.hits import Hit
from shopsec.scan.secrets.source import Source
from shopsec.scan.secrets.stock_plugins import BASE64, HEX, STOCK, found_again, word_around

SIZE = 5_000_000
"""Bytes; a larger baseline is not read."""

# An entry has about 150 bytes; a file of empty lists would take a hundred times its size.
_CONTAINERS = 100_000
_SHA1 = re.compile(r"[0-9a-f]{40}")
_VERSION = "1.5.0"

PLUGIN_FILE = str(Path(__file__).with_name("detect_secrets_plugins.py"))
"""Where our plugins are on this machine, as ``detect-secrets scan -p`` takes it."""
PLUGIN_STUB = "from shopsec.scan.secrets.detect_secrets_plugins import *  # noqa: F403\n"
"""Text of a file that a team may keep in its repository, so that a baseline names no path of one
machine: detect-secrets reads ``file://`` and a relative path from the folder it runs in."""

# detect-secrets' other types, whose entries in a baseline are kept, and what their plugins need.
_OTHER_STOCK: Mapping[str, Mapping[str, Any]] = {
    BASE64: {"name": "Base64HighEntropyString", "limit": 4.5},
    "Basic Auth Credentials": {"name": "BasicAuthDetector"},
    HEX: {"name": "HexHighEntropyString", "limit": 3.0},
    "Private Key": {"name": "PrivateKeyDetector"},
    "Public IP (ipv4)": {"name": "IPPublicDetector"},
    "Secret Keyword": {"name": "KeywordDetector", "keyword_exclude": ""},
}
STOCK_TYPES: Mapping[str, Mapping[str, Any]] = {
    each.secret_type: {"name": each.class_name} for each in STOCK
} | dict(_OTHER_STOCK)
"""All of detect-secrets' own plugins by their types, as ``plugins_used`` has them."""

# detect-secrets' usual ones but the one that asks a service. Our plugins know what is no secret.
_WITH_OURS = ("allowlist.is_line_allowlisted",)
_FILTERS = (
    *_WITH_OURS,
    "heuristic.is_indirect_reference",
    "heuristic.is_likely_id_string",
    "heuristic.is_lock_file",
    "heuristic.is_not_alphanumeric_string",
    "heuristic.is_potential_uuid",
    "heuristic.is_prefixed_with_dollar_sign",
    "heuristic.is_sequential_string",
    "heuristic.is_swagger_file",
    "heuristic.is_templated_secret",
)


class BaselineError(Exception):
    """A baseline cannot be used; the message names the field, or the line of broken JSON."""


@dataclass(frozen=True)
class BaselineEntry:
    """One secret of one file, as detect-secrets writes it down."""

    secret_type: str
    hashed: str
    """SHA-1 of the value in UTF-8, in hexadecimal."""
    line: int = 0
    """From 1; 0 where the baseline has none (``scan --slim``)."""
    is_secret: bool | None = None
    """What a person answered in ``detect-secrets audit``; None before that."""


@dataclass(frozen=True)
class SecretsBaseline:
    """What a baseline tells; for repositories without one, ``SecretsBaseline()``."""

    files: Mapping[str, tuple[BaselineEntry, ...]] = field(default_factory=dict)
    """Entries by path, relative and with slashes."""
    own_code: int = 0
    """Plugins and filters that are files of the repository, and that were not loaded."""
    _answers: Mapping[tuple[str, str], bool] = field(default_factory=dict, repr=False)

    @property
    def audited_false(self) -> int:
        """How many values a person answered to be no secrets."""
        return sum(not answer for answer in self._answers.values())

    def answer(self, path: str, hashed: str) -> bool | None:
        """What was answered about a value of a file under any type; a yes outweighs a no."""
        return self._answers.get((_normal(path), hashed))

    def is_audited_false(self, path: str, value: str) -> bool:
        """A person said that this value (of a Source) in this file is no secret."""
        return self.answer(path, hashed(value)) is False

    def silences(self, source: Source, hit: Hit) -> bool:
        """The same of a hit; detect-secrets may have taken its name for a part of the value."""
        if self.is_audited_false(source.path, hit.place.value):
            return True
        return bool(self._answers) and self.is_audited_false(source.path, word_around(source, hit))


def hashed(value: str) -> str:
    """SHA-1 as detect-secrets makes it, of a value with one character a byte (reading.py)."""
    try:
        raw = value.encode("latin-1")
    except UnicodeEncodeError:
        raw = value.encode("utf-8", "surrogatepass")
    return hashlib.sha1(raw, usedforsecurity=False).hexdigest()


def read_baseline(content: bytes) -> SecretsBaseline:
    """Read a baseline of any version since 0.12; BaselineError where it cannot be used."""
    document = _json_of(content)
    if not isinstance(document, dict):
        raise BaselineError("is no JSON object")
    if "results" not in document:
        raise BaselineError("results: is missing")
    results = document["results"]
    if not isinstance(results, dict):
        raise BaselineError("results: is no object")
    read: dict[str, list[BaselineEntry]] = {}
    for number, (name, entries) in enumerate(results.items(), 1):
        where = f"results, entry {number}"  # its name may be anything, a secret too
        if not isinstance(entries, list):
            raise BaselineError(f"{where}: is no list")
        in_file = read.setdefault(_normal(name), [])
        in_file.extend(_entry(each, f"{where}[{at}]") for at, each in enumerate(entries))
    files = {path: tuple(in_file) for path, in_file in read.items()}
    own_code = _own_code(document.get("plugins_used")) + _own_code(document.get("filters_used"))
    return SecretsBaseline(files, own_code, _answers_of(files))


def _json_of(content: bytes) -> Any:
    if len(content) > SIZE:
        raise BaselineError(f"larger than {SIZE // 1_000} kB")
    if content.count(b"{") + content.count(b"[") > _CONTAINERS:
        raise BaselineError(f"has more than {_CONTAINERS} lists and objects")
    try:
        return json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise BaselineError(f"line {error.lineno}: not valid JSON") from error
    except RecursionError as error:
        raise BaselineError("nested too deeply") from error
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BaselineError(f"line {line}: is not UTF-8 text") from error
    except ValueError as error:  # a number of thousands of digits
        raise BaselineError("holds a number that is too long") from error


def _entry(value: Any, where: str) -> BaselineEntry:
    if not isinstance(value, dict):
        raise BaselineError(f"{where}: is no object")
    secret_type, digest = value.get("type"), value.get("hashed_secret")
    line, is_secret = value.get("line_number", 0), value.get("is_secret")
    if not isinstance(secret_type, str):
        raise BaselineError(f"{where}.type: is no text")
    if not isinstance(digest, str) or not _SHA1.fullmatch(digest):
        raise BaselineError(f"{where}.hashed_secret: is no SHA-1 in hexadecimal")
    if not isinstance(line, int) or isinstance(line, bool) or line < 0:
        raise BaselineError(f"{where}.line_number: is no number from 0")
    if is_secret is not None and not isinstance(is_secret, bool):
        raise BaselineError(f"{where}.is_secret: is neither true nor false")
    return BaselineEntry(secret_type, digest, line, is_secret)


def _normal(path: str) -> str:
    """detect-secrets turns backslashes into slashes too."""
    return posixpath.normpath(path.replace("\\", "/"))


def _own_code(used: Any) -> int:
    """How many of the plugins or filters are files."""
    named = (each for each in used if isinstance(each, dict)) if isinstance(used, list) else ()
    return sum(str(each.get("path", "")).startswith("file:") for each in named)


def _answers_of(files: Mapping[str, Iterable[BaselineEntry]]) -> dict[tuple[str, str], bool]:
    answers: dict[tuple[str, str], bool] = {}
    for path, entries in files.items():
        for entry in entries:
            if entry.is_secret is not None:
                key = path, entry.hashed
                answers[key] = answers.get(key, False) or entry.is_secret
    return answers


@dataclass(frozen=True)
class OwnPlugin:
    """One of our plugins for detect-secrets."""

    rule: str
    class_name: str
    secret_type: str
    """What a baseline calls its finds."""


@dataclass(frozen=True)
class ListedSecret:
    """A find that goes into a baseline. Only the value's SHA-1 is written."""

    path: str
    """Relative to the repository, with slashes."""
    line: int
    rule: str
    """A format's id, or the name of another rule, without ``secrets.``."""
    value: str = field(repr=False)
    stock_type: str
    """What detect-secrets alone calls it, see stock_plugins.found_again."""
    stock_text: str = field(repr=False)
    """What detect-secrets alone takes for the value."""


def listed(source: Source, hit: Hit) -> ListedSecret:
    """A hit of a file as it goes into a baseline; imports detect-secrets."""
    line = source.line_number(hit.begins)
    return ListedSecret(source.path, line, hit.rule, hit.place.value, *found_again(source, hit))


def render_baseline(
    secrets: Iterable[ListedSecret],
    day: str,
    *,
    existing: SecretsBaseline | None = None,
    own: Sequence[OwnPlugin] = (),
    plugin_file: str = PLUGIN_FILE,
) -> str:
    """The text of a baseline as of a day (ISO 8601), for detect-secrets' own commands.

    Without ``own``, every find has the type of a plugin of detect-secrets: ``audit``,
    ``scan --baseline`` and the hook work, on machines without shopsec too. ``scan --baseline``
    drops what its plugins do not find.

    With ``own`` (detect_secrets_plugins.OWN) finds have our types, and the baseline names our
    plugins at ``plugin_file``, absolute or relative to the folder that detect-secrets runs in (see
    PLUGIN_STUB): ``scan --baseline`` finds all of them again. ``audit`` of 1.5.0 fails there: it
    cannot audit what a custom plugin found (https://github.com/Yelp/detect-secrets/issues/611).

    Answers in ``existing`` are kept: those about the same value of a file under any type, and
    entries that were not found again, but have an answer or a type that only detect-secrets finds.
    Entries of other plugins are dropped, for those plugins are not named.
    """
    found = _found(secrets, {each.rule: each.secret_type for each in own}, existing)
    used = {entry.secret_type for entries in found.values() for entry in entries}
    plugins = _plugins_used(used, own, f"file://{plugin_file}")
    filters = _WITH_OURS if own else _FILTERS
    document = {
        "version": _VERSION,
        "plugins_used": sorted(plugins, key=lambda each: str(each["name"]).lower()),
        "filters_used": [{"path": f"detect_secrets.filters.{name}"} for name in filters],
        "results": {path: [_written(path, each) for each in found[path]] for path in sorted(found)},
        "generated_at": f"{day}T00:00:00Z",
    }
    return json.dumps(document, indent=2) + "\n"


def _found(
    secrets: Iterable[ListedSecret], types: Mapping[str, str], existing: SecretsBaseline | None
) -> dict[str, list[BaselineEntry]]:
    """Old and new entries, one for each file, type and value, in detect-secrets' order."""
    old = existing or SecretsBaseline()
    entries: dict[tuple[str, str, str], BaselineEntry] = {}
    for each in sorted(secrets, key=lambda each: each.line):
        path, texts = _normal(each.path), (hashed(each.value), hashed(each.stock_text))
        kind = types.get(each.rule, each.stock_type)
        digest = texts[0] if each.rule in types else texts[1]
        answers = [answer for text in texts if (answer := old.answer(path, text)) is not None]
        entry = BaselineEntry(kind, digest, each.line, any(answers) if answers else None)
        entries.setdefault((path, kind, digest), entry)
    known = STOCK_TYPES.keys() | set(types.values())
    for path, listed_before in old.files.items():
        for entry in listed_before:
            kind = entry.secret_type
            if kind in _OTHER_STOCK or (entry.is_secret is not None and kind in known):
                entries.setdefault((path, kind, entry.hashed), entry)
    found: dict[str, list[BaselineEntry]] = {}
    for (path, _, _), entry in entries.items():
        found.setdefault(path, []).append(entry)
    for in_file in found.values():
        in_file.sort(key=lambda entry: (entry.line, entry.hashed, entry.secret_type))
    return found


def _written(path: str, entry: BaselineEntry) -> dict[str, Any]:
    written: dict[str, Any] = {
        "type": entry.secret_type,
        "filename": path,
        "hashed_secret": entry.hashed,
        "is_verified": False,
    }
    if entry.line:
        written["line_number"] = entry.line
    if entry.is_secret is not None:
        written["is_secret"] = entry.is_secret
    return written


def _plugins_used(
    used: set[str], own: Sequence[OwnPlugin], path: str
) -> Iterator[Mapping[str, Any]]:
    """All of ours, and those of detect-secrets that found something; or all that are narrow."""
    for each in own:
        yield {"name": each.class_name, "path": path}
    for kind, plugin in STOCK_TYPES.items():
        if kind in used or not (own or kind in _OTHER_STOCK):
            yield plugin
