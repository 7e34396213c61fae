"""Comments such as ``shopsec: allow RULE until 2027-01-31 by NAME because REASON``.

Only those on the lines of findings and on the ones above these suppress: nothing else could be
meant. What they say is text of the repository; it is taken apart and checked, and nothing is made
of it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from shopsec.model import Location, Result, Role, Suppression, display_path
from shopsec.suppress.shown import UNREADABLE, selector_shown, words_shown
from shopsec.suppress.terms import (
    NAME_HINT,
    Problem,
    owner_problem,
    reason_problem,
    rule_problem,
    until_problem,
)

Read = Callable[[str], bytes | None]
"""Content of a file by its reference from the repository's root; None where it cannot be had."""

FORM = "shopsec: allow RULE until 2027-01-31 by NAME because REASON"

_STRANGERS = "stands in code of others, who cannot decide that: allow it in the settings"

_OF_BRANCH = "new or changed in this branch: it counts once it is in the base"

MARK = re.compile(r"\bshopsec:[ \t]{0,8}allow\b", re.IGNORECASE)
# A comment that begins a line, in the languages of a shop: the words are PHP's tag and what batch
# files and m4 have; "@*" is Razor's, "{{--" Blade's, "{{!--" Handlebars', "<%#" ERB's.
_OPENS = re.compile(
    r"\s*(?:<\?php\s+)?(?:#+[:!]?|//+!?|/\*+!?|\*+|<!--+|\{#-?|\{/\*|\{\{!?--|<%--|<%#|@\*|--+|;+"
    r"|%+|'|rem\b|dnl\b)?\s*",
    re.IGNORECASE,
)
_CLOSES = re.compile(r"--!?>|\*/\}?|-?#\}|--\}\}|--%>|%>|\*@|\?>")
# In a line of data a comment is part of a text: what is behind its end is not the comment's.
_QUOTE = re.compile(r"[\"'`]")
_REACH = 1_000
"""So much of a line is read behind the mark; a comment is no longer than that."""
_BEFORE = 200


@dataclass(frozen=True)
class Comment:
    """A comment, and whether it is all that its line holds."""

    text: str
    alone: bool
    twice: bool
    """Another one is behind it."""


def comments_near(
    results: Iterable[Result],
    read: Read,
    today: str,
    counts: Callable[[str], bool] = lambda _: True,
) -> tuple[Suppression, ...]:
    """Suppressions in comments on the lines of results, or alone on the lines above these.

    ``counts``: whether those of a file do, by its reference; others are refused.
    """
    wanted: dict[str, set[int]] = {}
    vendored: set[str] = set()
    for finding in (result.finding for result in results if not result.finding.past):
        if finding.role is Role.VENDORED:
            vendored.add(finding.location.uri)
        for place in (finding.location, *finding.related):
            if place.start_line is not None:
                wanted.setdefault(place.uri, set()).add(place.start_line)

    def judged(uri: str, suppression: Suppression) -> Suppression:
        problem = _STRANGERS if uri in vendored else "" if counts(uri) else _OF_BRANCH
        return suppression.model_copy(update={"problem": problem}) if problem else suppression

    return tuple(
        judged(uri, suppression)
        for uri, lines in sorted(wanted.items())
        for suppression in _in_file(uri, lines, read(uri), today)
    )


def _in_file(uri: str, lines: set[int], content: bytes | None, today: str) -> Iterator[Suppression]:
    if content is None or b"shopsec:" not in content.lower():
        return
    text = content.split(b"\n")
    for number in sorted({each for line in lines for each in (line - 1, line) if each > 0}):
        found = comment_of(text[number - 1]) if number <= len(text) else None
        if found is None:
            continue
        about = number + 1 if found.alone else number
        if about in lines:
            yield suppression_of(found, Location(uri=uri, start_line=number), about, today)


def comment_of(line: bytes) -> Comment | None:
    """The comment of a line; None where it has none."""
    shown = line.decode("utf-8", "replace").rstrip("\r")
    mark = MARK.search(shown)
    if mark is None:
        return None
    before = shown[max(0, mark.start() - _BEFORE) : mark.start()]
    behind = shown[mark.end() : mark.end() + _REACH]
    closed = _CLOSES.search(behind)
    rest = behind[closed.end() :] if closed else ""
    cut = mark.start() > _BEFORE or len(shown) - mark.end() > _REACH
    alone = not cut and _OPENS.fullmatch(before) is not None and not re.search(r"\w", rest)
    whole = behind[: closed.start()] if closed else behind
    text = _QUOTE.split(whole, maxsplit=1)[0]
    return Comment(text, alone, twice=MARK.search(whole) is not None)


def suppression_of(found: Comment, place: Location, about: int, today: str) -> Suppression:
    """With what may be shown alone: nothing later can print what is not kept."""
    rule, until, owner, reason = _parts(found.text)
    selector = selector_shown(rule)
    until, owner, reason = words_shown(until), words_shown(owner), words_shown(reason)
    shown = f"{display_path(place.uri)}:{place.start_line}"
    return Suppression(
        selector=selector,
        at=Location(uri=place.uri, start_line=about),
        reason=reason,
        owner=owner,
        until=until,
        place=shown,
        kind="inline",
        problem=_TWICE if found.twice else _problem(rule, until, owner, reason, today=today),
    )


def _parts(text: str) -> tuple[str, str, str, str]:
    """Rule, until, owner and reason; empty for what is missing."""
    rest, reason = _split(text, "because")
    rest, owner = _split(rest, "by")
    rule, until = _split(rest, "until")
    return rule, until, owner, reason


def _split(text: str, word: str) -> tuple[str, str]:
    before, *after = re.split(rf"(?:^|\s){word}(?:\s|$)", text, maxsplit=1, flags=re.IGNORECASE)
    return before.strip(), after[0].strip() if after else ""


_TWICE = "two comments on one line: write one of them alone on the line above"


def _problem(rule: str, until: str, owner: str, reason: str, *, today: str) -> str:
    for problem in (
        _rule_problem(rule),
        until_problem(until, today) if until else ("names no last day", f"write {FORM}"),
        owner_problem(owner) if owner else ("names nobody", f"write {FORM}"),
        reason_problem(reason) if reason else ("gives no reason", f"write {FORM}"),
    ):
        if problem is not None:
            return _said(problem)
    return ""


def _rule_problem(rule: str) -> Problem | None:
    """What is wrong, in words that hold nothing of what may be a key."""
    if selector_shown(rule) != UNREADABLE:
        return rule_problem(rule)
    problem = rule_problem(rule) if words_shown(rule) == rule else None
    return problem or (f"{UNREADABLE} is no name of a rule", NAME_HINT)


def _said(problem: Problem) -> str:
    return f"{problem[0]}: {problem[1]}"
