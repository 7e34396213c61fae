"""Which release lines a range of versions allows, as composer, npm, pip and poetry write them.

``^8.1``, ``~7.4.0``, ``>=3.8,<3.10``, ``16.x || 18.x``, ``~=3.8``, ``==3.8.*``, ``1.0 - 2.0``. Only
numbers count here; what follows them (-alpha, @dev) does not change the line.

https://getcomposer.org/doc/articles/versions.md
https://github.com/npm/node-semver#ranges
https://packaging.python.org/en/latest/specifications/version-specifiers/
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Dialect = Literal["composer", "npm", "python"]
DIALECT_OF: dict[str, Dialect] = {
    "composer": "composer", "npm": "npm", "pypi": "python", "rubygems": "python",
}  # fmt: skip
"""How packages of an ecosystem are asked for."""
Numbers = tuple[int, ...]

_HIGHEST: Numbers = (10**9,)
LENGTH = 200
"""Most characters of a range; what is longer names no version."""
_ALTERNATIVES = 50
_EXACT = re.compile(r"v?=*\s*\d+(?:\.\d+)+")
_HYPHEN = re.compile(r"(\d[\w.]*)\s+-\s+(\d[\w.]*)")
_SPACED = re.compile(r"([<>=~^!]+)\s+")
_PART = re.compile(r"([<>=~^!]*)v?(\d{1,9}(?:\.\d{1,9})*)?(\.[x*])*", re.IGNORECASE)


@dataclass(frozen=True)
class Span:
    """Versions from ``low`` up to, but not including, ``high``."""

    low: Numbers
    high: Numbers

    def meets(self, other: "Span") -> bool:
        """True when some version is in both."""
        return max(self.low, other.low) < min(self.high, other.high)


_ALL = Span((0,), _HIGHEST)


def is_exact(text: str) -> bool:
    """True for one version, as in ``1.2.3`` and ``== 1.2.3``."""
    return len(text) <= LENGTH and _EXACT.fullmatch(text.strip()) is not None


def newest_allowed(text: str, cycles: Iterable[str], dialect: Dialect) -> str:
    """The version itself, or the newest release line that a range allows; empty for none."""
    if is_exact(text):
        return text.strip().lstrip("v= ")
    spans = spans_of(text, dialect)
    lines = [tuple(int(part) for part in cycle.split(".")) for cycle in cycles]
    allowed = [line for line in lines if _allows(spans, line)]
    return ".".join(map(str, max(allowed))) if allowed else ""


def allows(text: str, line: Numbers, dialect: Dialect) -> bool:
    """True when some version of a release line, such as 7.4, is in the range."""
    return _allows(spans_of(text, dialect), line)


def _allows(spans: Iterable[Span], line: Numbers) -> bool:
    of_line = Span(line, _after(line))
    return any(_holds(span, of_line) for span in spans)


def spans_of(text: str, dialect: Dialect) -> list[Span]:
    """One span for each alternative; none where nothing in it is a version."""
    found: list[Span] = []
    if len(text) > LENGTH:
        return found
    for alternative in re.split(r"\|\|?", text)[:_ALTERNATIVES]:
        spaced = _HYPHEN.sub(r">=\1 <=\2", alternative.strip())
        parts = re.split(r"[\s,]+", _SPACED.sub(r"\1", spaced))
        spans = [_span(part, dialect) for part in parts if part]
        if spans:
            found.append(Span(max(each.low for each in spans), min(each.high for each in spans)))
    return found


def _holds(span: Span, line: Span) -> bool:
    return span.low < span.high and span.meets(line)


def _span(part: str, dialect: Dialect) -> Span:
    match = _PART.match(part)
    if match is None or match[2] is None:
        return _ALL  # "*", "latest", a branch: anything
    operator = match[1]
    numbers = tuple(int(each) for each in match[2].split("."))
    if operator in {">=", ">"}:
        return Span(numbers, _HIGHEST)
    if operator == "<":
        return Span((0,), numbers)
    if operator == "<=":
        return Span((0,), _after(numbers))
    if operator in {"!=", "!"}:
        return _ALL
    return Span(numbers, _end_of(operator, numbers, dialect))


def _end_of(operator: str, numbers: Numbers, dialect: Dialect) -> Numbers:
    """Where ``^1.2``, ``~1.2`` or ``1.2`` ends."""
    if operator == "^":
        first = next((index for index, each in enumerate(numbers) if each), len(numbers) - 1)
        return _after(numbers[: first + 1])
    if operator in {"~", "~="} and len(numbers) > 1:
        # npm and poetry keep the second number, composer and pip all but the last.
        kept = 2 if operator == "~" and dialect != "composer" else len(numbers) - 1
        return _after(numbers[:kept])
    return _after(numbers)


def _after(numbers: Numbers) -> Numbers:
    return (*numbers[:-1], numbers[-1] + 1)
