"""OpenVEX documents (https://github.com/openvex/spec, version 0.2.0): who is not affected, and why.

A statement that cannot be used becomes a suppression with a problem, so that it is reported; a
document that cannot be read becomes one such suppression.
"""

import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shopsec.model import Repository, Suppression, printable
from shopsec.suppress.shown import words_shown
from shopsec.suppress.terms import MOST_DAYS, UNSEEN, day_after, has_unseen

JUSTIFICATIONS = frozenset(
    {
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    }
)
_SUPPRESSING = frozenset({"not_affected", "fixed"})
_STATUSES = (*sorted(_SUPPRESSING), "affected", "under_investigation")
_MOST_STATEMENTS = 5_000
_TEXT_KEPT = 500
_PATTERN = re.compile(r"[*?\[\]]")


class _ProblemError(Exception):
    """Why a document or a statement cannot be used: "problem: what to do"."""


@dataclass(frozen=True)
class _Document:
    """What statements have from their document."""

    name: str
    author: str
    timestamp: object
    names: frozenset[str]
    """What the repository may be called as a product."""
    today: str


def statements(
    content: bytes, name: str, repository: Repository, today: str
) -> tuple[Suppression, ...]:
    """The statements of a document that is called ``name``."""
    try:
        text, document = _read(content)
        listed = _listed(document)
        common = _Document(
            name, _author(document), document.get("timestamp"), _names_of(repository), today
        )
    except _ProblemError as error:
        return (_unusable(name, str(error)),)
    lines = _lines(text, len(listed))
    return tuple(
        _statement(each, common, f"{name}:{line}") for each, line in zip(listed, lines, strict=True)
    )


def unreadable(name: str, reason: str) -> Suppression:
    """The entry of a document that could not be read at all."""
    return _unusable(name, f"{reason}: mend the file, or take it out of vex in the settings")


def _unusable(place: str, problem: str, selector: str = "", owner: str = "") -> Suppression:
    return Suppression(
        selector=selector,
        packages=(),
        reason="",
        owner=owner,
        until="",
        place=place,
        kind="vex",
        problem=printable(problem),
    )


def _read(content: bytes) -> tuple[str, dict[str, Any]]:
    try:
        text = content.decode("utf-8-sig")
        document = json.loads(text, object_pairs_hook=_without_twins)
        # Half of a surrogate pair, which JSON can spell, is no text that a report may hold.
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise _ProblemError("is not UTF-8 text: save it as UTF-8") from error
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}: {error.msg}"
        raise _ProblemError(f"is no JSON: {problem}: mend it there") from error
    except (ValueError, RecursionError) as error:
        raise _ProblemError(
            "is nested too deeply, or holds what is no text or number: mend it"
        ) from error
    context = document.get("@context") if isinstance(document, dict) else None
    contexts = context if isinstance(context, list) else [context]
    if not any(str(each).startswith("https://openvex.dev/ns") for each in contexts):
        raise _ProblemError(
            'is no OpenVEX document: its "@context" must be https://openvex.dev/ns/v0.2.0'
        )
    return text, document


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key that is set twice one reader takes the first value, another the last."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _ProblemError(f"{words_shown(key[:60])!r} is set twice: keep one of them")
        found[key] = value
    return found


def _listed(document: dict[str, Any]) -> list[Any]:
    listed = document.get("statements")
    if not isinstance(listed, list) or not listed:
        raise _ProblemError('has no statements: give it a list "statements"')
    if len(listed) > _MOST_STATEMENTS:
        raise _ProblemError(f"has more than {_MOST_STATEMENTS} statements: split it")
    return listed


def _author(document: dict[str, Any]) -> str:
    author = document.get("author")
    if not isinstance(author, str) or not author.strip():
        raise _ProblemError('has no author: name one under "author"')
    return author.strip()[:_TEXT_KEPT]


def _lines(text: str, count: int) -> list[int]:
    """The line of each statement's vulnerability; 1 where that cannot be told."""
    found = [each.start() for each in re.finditer(r'"vulnerability"\s*:', text)]
    if len(found) != count:
        return [1] * count
    lines, line, before = [], 1, 0
    for start in found:
        line += text.count("\n", before, start)
        lines.append(line)
        before = start
    return lines


def _statement(given: Any, document: _Document, place: str) -> Suppression:
    table = given if isinstance(given, dict) else {}
    names: tuple[str, ...] = ("",)
    try:
        names = _vulnerability(table.get("vulnerability"))
        status = _status(table)
        reason = _reason(table, status)
        _check_letters(names, reason + document.author)
        since = _timestamp(table, document)
        return Suppression(
            selector=names[0],
            also=tuple(sorted(set(names[1:]) - {names[0]})),
            packages=_packages(table.get("products"), document),
            reason=reason,
            owner=document.author,
            until=day_after(since[:10], MOST_DAYS),
            since=since,
            denies=status not in _SUPPRESSING,
            place=place,
            kind="vex",
        )
    except _ProblemError as error:
        return _unusable(place, str(error), names[0], document.author)


def _check_letters(names: tuple[str, ...], text: str) -> None:
    if not all(map(str.isascii, names)):
        raise _ProblemError("has letters that look like others: write its names in ASCII")
    if has_unseen(text):
        raise _ProblemError(": ".join(UNSEEN))


def _status(given: dict[str, Any]) -> str:
    status = given.get("status")
    if not isinstance(status, str) or status not in _STATUSES:
        raise _ProblemError(f"has no known status: one of {', '.join(_STATUSES)}")
    return status


def _vulnerability(given: Any) -> tuple[str, ...]:
    """Its name, then its aliases; documents before 0.2.0 have a text."""
    table = given if isinstance(given, dict) else {"name": given}
    aliases = table.get("aliases")
    listed = aliases if isinstance(aliases, list) else []
    names = [each.strip() for each in (table.get("name"), *listed) if isinstance(each, str)]
    names = [each for each in names if each and len(each) <= _TEXT_KEPT]
    if not isinstance(table.get("name"), str) or not names:
        raise _ProblemError('names no vulnerability: give it {"name": "CVE-..."}')
    if any(_PATTERN.search(each) for each in names):
        raise _ProblemError("is about a pattern of names: name each vulnerability itself")
    return tuple(names)


def _timestamp(given: dict[str, Any], document: _Document) -> str:
    """When the statement was made, in UTC, in a form that compares as text."""
    said = given.get("last_updated") or given.get("timestamp") or document.timestamp
    try:
        # Python 3.11 reads at most microseconds; the specification's own examples have nanoseconds.
        when = datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", str(said)))
        when = when if when.tzinfo else when.replace(tzinfo=datetime.UTC)
        text = when.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError) as error:
        raise _ProblemError(
            'has no timestamp: write it as 2026-11-24T09:00:00Z under "timestamp"'
        ) from error
    if text[:10] > day_after(document.today, 1):
        raise _ProblemError(f"is from the future ({text[:10]}): mend its timestamp")
    return text


def _reason(given: dict[str, Any], status: str) -> str:
    justification, impact = given.get("justification"), given.get("impact_statement")
    known = isinstance(justification, str) and justification in JUSTIFICATIONS
    if justification is not None and not known:
        labels = ", ".join(sorted(JUSTIFICATIONS))
        raise _ProblemError(f"has an unknown justification: one of {labels}")
    texts = [justification, impact, given.get("status_notes")]
    said = [each.strip() for each in texts if isinstance(each, str) and each.strip()]
    if status == "not_affected" and not any(
        isinstance(each, str) and each.strip() for each in texts[:2]
    ):
        raise _ProblemError(
            "says not_affected without a reason: give it a justification or an impact_statement"
        )
    return ": ".join([status.replace("_", " "), *said])[:_TEXT_KEPT]


def _packages(products: Any, document: _Document) -> tuple[str, ...] | None:
    """Purls that the statement speaks of; None for all, where the repository is the product.

    A product with subcomponents is about these within that product: they count where the product
    is the repository, and nowhere else.
    """
    if not isinstance(products, list) or not products:
        raise _ProblemError('names no product: list the package URLs under "products"')
    found: set[str] = set()
    for product in products:
        ids = list(_identifiers(product))
        if not ids:
            raise _ProblemError('has a product without a name: give it "@id" or a purl')
        parts = product.get("subcomponents") if isinstance(product, dict) else None
        inner = parts if isinstance(parts, list) else []
        own = any(_plain(each) in document.names for each in ids)
        if own and not inner:
            return None
        if own:
            found.update(name for part in inner for name in _identifiers(part))
        elif not inner:
            found.update(ids)
    return tuple(sorted(found))


def _identifiers(component: Any) -> Iterator[str]:
    """What a product or a subcomponent is called."""
    if isinstance(component, str):
        yield component
    elif isinstance(component, dict):
        identifiers = component.get("identifiers")
        named = identifiers if isinstance(identifiers, dict) else {}
        for name in (component.get("@id"), named.get("purl")):
            if isinstance(name, str) and name.strip():
                yield name.strip()[:_TEXT_KEPT]


def _names_of(repository: Repository) -> frozenset[str]:
    """What the repository may be called: its address, a purl of its host, or its plain name."""
    address = _plain(repository.remote or "")
    name = address.rpartition("/")[2] or repository.name.lower()
    names = {address, name, f"pkg:generic/{name}"}
    host, _, path = address.partition("/")
    kind = {"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket"}.get(host)
    if kind:
        names.add(f"pkg:{kind}/{path}")
    return frozenset(filter(None, names))


def _plain(address: str) -> str:
    """An address or a purl without scheme, user, version and the ending .git, in lower case."""
    text = address.strip().lower()
    if text.startswith("pkg:"):
        return re.split(r"[@?#]", text, maxsplit=1)[0]
    text = re.sub(r"^(?:git\+)?[a-z+]+://", "", text)
    text = re.sub(r"^[^@/]*@", "", text)
    text = re.sub(r"^([\w.-]+):(?!\d+/)", r"\1/", text)
    return text.rstrip("/").removesuffix(".git")
