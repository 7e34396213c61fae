"""A change to what results are judged by is itself a result. Pure.

In a pull request the policy, the rules and the suppressions of the base count. Whoever merges a
change to them changes what counts afterwards, and should know which keys it touches. Values are
never told: they may be anything.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shopsec.errors import ShopsecError
from shopsec.model import Area, Finding, Location, Rule, ScannerRun, Severity, Status, printable
from shopsec.policy.document import parse_document

RULE = Rule(
    id="shopsec.settings-changed",
    scanner="settings",
    title="What scans are judged by is changed",
    severity=Severity.HIGH,
    why=(
        "After the merge other results fail, are suppressed or are known. Until then the base's "
        "settings count."
    ),
    fix="Read the change of this file for itself, and merge it only if you want what it lets pass.",
    owasp_cicd="SEC-1",
    impact="changed-judgement",
)

_KEYS_SHOWN = 8
_DIGITS = 16
_DEPTH = 6
# Of what is larger only that it changed is told.
_BYTES, _CONTAINERS = 20_000_000, 400_000

Contents = Mapping[str, bytes | None]
"""Content by reference from the folder scanned; None for a file that is not there."""


def changes(before: Contents, after: Contents) -> tuple[Finding, ...]:
    """A finding for each file that says something else than before, sorted by file."""
    found = (_change(uri, before.get(uri), after.get(uri)) for uri in sorted({*before, *after}))
    return tuple(finding for finding in found if finding is not None)


def ledger(watched: Sequence[str]) -> ScannerRun:
    """The entry of this comparison."""
    count = len(watched)
    return ScannerRun(
        scanner=RULE.scanner,
        area=Area.REPOSITORY,
        status=Status.SUCCEEDED if count else Status.NOT_APPLICABLE,
        handed_in=count,
        covered=count,
    )


def _change(uri: str, before: bytes | None, after: bytes | None) -> Finding | None:
    old, new = _lines(before), _lines(after)
    if old == new:
        return None
    told = _told(uri, old, new)
    if told is None:
        return None
    severity, what = told
    return Finding(
        rule_id=RULE.id,
        scanner=RULE.scanner,
        area=Area.REPOSITORY,
        message=f"{RULE.title}: {what}",
        location=Location(uri=uri),
        severity=severity,
        # So that a known change does not stand for the next one of the same file.
        symbol=f"{uri} {_digest(after)}",
    )


def _digest(content: bytes | None) -> str:
    return "removed" if content is None else hashlib.sha256(content).hexdigest()[:_DIGITS]


def _lines(content: bytes | None) -> bytes | None:
    return None if content is None else content.replace(b"\r\n", b"\n")


def _told(uri: str, before: bytes | None, after: bytes | None) -> tuple[Severity, str] | None:
    """How bad a change is, and which keys it is about; None where it is about none of ours."""
    old, new = _parsed(uri, before), _parsed(uri, after)
    if uri.endswith("pyproject.toml"):
        old, new = _own_table(old), _own_table(new)
        if old == new:
            return None
    keys = [] if old is _UNREADABLE or new is _UNREADABLE else list(_differences(old, new, ""))
    verb = "added" if before is None else "removed" if after is None else "changed"
    named = ", ".join(keys[:_KEYS_SHOWN])
    more = f" and {len(keys) - _KEYS_SHOWN} more" if len(keys) > _KEYS_SHOWN else ""
    # A baseline that only lost results is the ratchet at work: more will fail, not less.
    fewer = _is_baseline(old) and _is_baseline(new) and all(key[0] == "-" for key in keys)
    severity = Severity.INFO if fewer and keys else RULE.severity
    return severity, f"the file is {verb}" + (f" ({named}{more})" if named else "")


_UNREADABLE = object()


def _parsed(uri: str, content: bytes | None) -> Any:
    """The values of a file; a file that is none of the formats is one value."""
    if content is None:
        return {}
    if len(content) > _BYTES or content.count(b"{") + content.count(b"[") > _CONTAINERS:
        return _UNREADABLE
    try:
        text = content.decode("utf-8-sig")
        if uri.endswith(".toml"):
            return tomllib.loads(text)
        if uri.endswith((".yaml", ".yml")):
            return parse_document(text, uri).root.value
        if uri.endswith((".json", ".baseline")):
            return json.loads(text)
    except (ValueError, RecursionError, ShopsecError):
        return _UNREADABLE
    return text


def _own_table(document: Any) -> Any:
    if document is _UNREADABLE:
        return document
    tool = document.get("tool", {})
    return tool.get("shopsec", {}) if isinstance(tool, dict) else {}


def _is_baseline(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("results"), list)


def _differences(old: Any, new: Any, at: str, depth: int = 0) -> Iterator[str]:
    """Dotted names of what differs; with + or - where only one side has it."""
    if old == new:
        return
    before, after = _children(old), _children(new)
    if before is None or after is None or depth == _DEPTH:
        if at:
            yield at
        return
    nothing = True
    for key in sorted({*before, *after}):
        name = f"{at}.{key}" if at else key
        if key not in before or key not in after:
            nothing = False
            yield ("+" if key in after else "-") + name
        elif before[key] != after[key]:
            nothing = False
            yield from _differences(before[key], after[key], name, depth + 1)
    if nothing and at:
        yield at


def _children(value: Any) -> dict[str, Any] | None:
    """What is in a table, or in a list of tables that have names; None for any other value."""
    if isinstance(value, dict):
        return {printable(str(key))[:60]: each for key, each in value.items()}
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return {_name_of(each, number): each for number, each in enumerate(value)}
    return None


def _name_of(table: dict[str, Any], number: int) -> str:
    for key in ("id", "fingerprint"):
        if isinstance(table.get(key), str):
            return printable(table[key])[:60]
    return str(number)
