"""What every suppression must say, wherever it is written."""

import datetime
import re
import unicodedata

MOST_DAYS = 366
"""Nothing is allowed for longer; then somebody has to look again."""
SOON_DAYS = 14
"""A suppression that ends within so many days is announced."""

_SHORTEST_REASON = 10
_FEWEST_LETTERS = 4
_LONGEST = 200
_PLACEHOLDER = re.compile(r"\W*(?:todo|tbd|fixme|xxx|because|reason)\b", re.IGNORECASE)
_NOBODY = frozenset({"todo", "tbd", "fixme", "name", "owner", "nobody", "none", "unknown", "na"})
_EVERYTHING = frozenset({"all", "any", "everything", "package:", "pkg:"})
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

NAME_HINT = "name a rule, a fingerprint, a vulnerability or package:NAME, as the report prints it"

_FILLERS = "\u034f\u115f\u1160\u3164\uffa0"

Problem = tuple[str, str]
"""What is wrong with a part, and what to do."""

UNSEEN = "has characters that nobody sees", "take them out, by typing the text anew"


def rule_problem(rule: str) -> Problem | None:
    """A suppression names one thing; patterns and words for everything are refused."""
    name = rule.strip()
    hint = NAME_HINT
    if not name:
        return "names no rule", hint
    if not name.isascii():
        return "has letters that look like others", f"{NAME_HINT}, in ASCII"
    if re.search(r"[*?\[\]]", name) or name.lower() in _EVERYTHING:
        return f"{_short(name)!r} would match everything", hint
    if re.search(r"\s", name) or len(name) > _LONGEST:
        return f"{_short(name)!r} is no name of a rule", hint
    return None


def reason_problem(reason: str) -> Problem | None:
    """Somebody who reads it in half a year must be able to judge it."""
    hint = f"say in {_SHORTEST_REASON} characters or more why this can be lived with"
    text = reason.strip()
    if has_unseen(text):
        return UNSEEN
    letters = [char.lower() for char in text if char.isalnum()]
    if not letters:
        return "gives no reason", hint
    too_little = len(text) < _SHORTEST_REASON or len(set(letters)) < _FEWEST_LETTERS
    if too_little or _PLACEHOLDER.match(text):
        return f"{_short(text)!r} is no reason", hint
    return None


def owner_problem(owner: str) -> Problem | None:
    """Somebody answers for it."""
    if has_unseen(owner):
        return UNSEEN
    letters = "".join(char for char in owner.lower() if char.isalnum())
    if not letters or letters in _NOBODY:
        return "has no owner", "name the person or the team that answers for it"
    return None


def until_problem(until: str, today: str) -> Problem | None:
    """A day of the calendar, at most :data:`MOST_DAYS` ahead; a past one is no problem here."""
    last = date_of(until)
    latest = day_after(today, MOST_DAYS)
    if last is None:
        return f"{_short(until)!r} is no date", f"write the last day as {latest}, or sooner"
    if until > latest:
        return f"{until} is more than {MOST_DAYS} days away", f"{latest} is the last day today"
    return None


def date_of(text: str) -> datetime.date | None:
    """A date as YYYY-MM-DD, or nothing."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def day_after(day: str, days: int) -> str:
    """A number of days after an ISO 8601 date; the last day there is where it would be later."""
    start = datetime.date.fromisoformat(day)
    ahead = min(days, (datetime.date.max - start).days)
    return (start + datetime.timedelta(days=ahead)).isoformat()


def days_between(first: str, last: str) -> int:
    """Days from one ISO 8601 date to another."""
    return (datetime.date.fromisoformat(last) - datetime.date.fromisoformat(first)).days


def has_unseen(text: str) -> bool:
    """Zero-width characters, fillers, and what turns the direction of text (category Cf)."""
    return any(unicodedata.category(char) == "Cf" or char in _FILLERS for char in text)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
