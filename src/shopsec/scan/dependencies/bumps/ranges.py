"""Ranges of npm, Composer and Poetry: carets, tildes, wildcards, bounds and alternatives.

https://github.com/npm/node-semver#ranges, https://getcomposer.org/doc/articles/versions.md,
https://python-poetry.org/docs/dependency-specification/
"""

import re
from dataclasses import dataclass

from shopsec.scan.dependencies.bumps.bounds import (
    CANNOT,
    Span,
    above,
    dotted,
    like,
    numbers,
    raised_limit,
)
from shopsec.scan.dependencies.versions import Key, VersionError, compare_key

_COMPARATOR = re.compile(
    r"(\^|~>|~|>=|<=|>|<|==|=|)(\s*+)([vV]?)([0-9xX*][0-9A-Za-z.*+-]*+)(?=[\s,]|\Z)"
)
_OR = re.compile(r"\s*\|\|?\s*")
_HYPHEN = re.compile(r"(?<=\s)-(?=\s)")
_LONGEST = 500


@dataclass(frozen=True)
class Grammar:
    """How one tool reads what all of them write."""

    ecosystem: str
    wide_tilde: bool = False
    """``~1.2`` goes up to 2.0, as in Composer; elsewhere up to 1.3."""
    short_is_range: bool = False
    """``1.2`` is all of 1.2, as in npm; elsewhere it is one version."""


NPM = Grammar("npm", short_is_range=True)
COMPOSER = Grammar("Packagist", wide_tilde=True)
POETRY = Grammar("PyPI")


@dataclass(frozen=True)
class _Comparator:
    operator: str
    version: str
    grammar: Grammar

    @property
    def parts(self) -> list[str]:
        """The numbers before a wildcard or a pre-release."""
        found: list[str] = []
        for part in re.split(r"[-+]", self.version, maxsplit=1)[0].split("."):
            if not part.isdigit():
                break
            found.append(part)
        return found

    @property
    def is_wild(self) -> bool:
        """It stands for all versions that start with its numbers."""
        if re.search(r"(^|\.)[xX*]", self.version):
            return True
        return self.grammar.short_is_range and len(self.parts) < 3

    def span(self) -> Span:
        """The versions that it admits; ValueError where that cannot be told."""
        parts = [int(part) for part in self.parts]
        if not parts:
            if self.is_wild and self.operator in {"", "=", "==", ">=", "^", "~"}:
                return Span()
            raise ValueError(CANNOT)
        low = self._key(dotted(parts) if self.is_wild else self.version)
        end = self._key(above(parts, len(parts) - 1)) if self.is_wild else None
        match self.operator:
            case "^":
                first = next((place for place, number in enumerate(parts) if number), None)
                return Span(
                    low, self._key(above(parts, len(parts) - 1 if first is None else first))
                )
            case "~" | "~>":
                return Span(low, self._key(above(parts, self.tilde_place(len(parts)))))
            case ">=":
                return Span(low)
            case ">":
                return Span(end) if end else Span(low, low_included=False)
            case "<":
                return Span(high=low)
            case "<=":
                return Span(high=end) if end else Span(high=low, high_included=True)
        return Span(low, end) if end else Span(low, low, high_included=True)

    def tilde_place(self, length: int) -> int:
        """Which number a tilde lets grow no further."""
        if self.grammar.wide_tilde:
            return max(length - 2, 0)
        return min(length - 1, 1)

    def _key(self, version: str) -> Key:
        try:
            return compare_key(self.grammar.ecosystem, version)
        except VersionError as error:
            raise ValueError(CANNOT) from error


def raised(text: str, version: str, grammar: Grammar) -> str | None:
    """A range of the same form that admits a version; None where it admits it, or only newer.

    Of alternatives the last is kept and raised: the others have no version that mends it either.
    ValueError with the reason where it cannot be raised.
    """
    try:
        wanted = compare_key(grammar.ecosystem, version)
    except VersionError as error:
        raise ValueError(CANNOT) from error
    spans = _alternatives(text, grammar)
    if any(all(span.holds(wanted) for span in several) for several in spans):
        return None
    if all(any(span.low and span.low > wanted for span in several) for several in spans):
        return None
    last = _OR.split(text.strip())[-1]
    several = len(_COMPARATOR.findall(last)) > 1
    new = _COMPARATOR.sub(lambda match: _raised(match, version, grammar, several=several), last)
    if not any(
        all(span.holds(wanted) for span in alternative)
        for alternative in _alternatives(new, grammar)
    ):
        raise ValueError(CANNOT)
    lead = len(text) - len(text.lstrip())
    return text[:lead] + new + text[len(text.rstrip()) :]


def _alternatives(text: str, grammar: Grammar) -> list[list[Span]]:
    if len(text) > _LONGEST or not text.isascii() or _HYPHEN.search(text):
        raise ValueError(CANNOT)
    return [
        [each.span() for each in _comparators(part, grammar)] for part in _OR.split(text.strip())
    ]


def _comparators(text: str, grammar: Grammar) -> list[_Comparator]:
    """Every comparator of an alternative; ValueError where anything else is in it."""
    if not text.strip():
        return [_Comparator("", "*", grammar)]
    if _COMPARATOR.sub("", text).strip(" ,\t"):
        raise ValueError(CANNOT)
    return [_Comparator(match[1], match[4], grammar) for match in _COMPARATOR.finditer(text)]


def _raised(match: re.Match[str], version: str, grammar: Grammar, *, several: bool) -> str:
    operator, space, prefix, old = match.groups()
    comparator = _Comparator(operator, old, grammar)
    lead = operator + space + prefix
    match operator:
        case "^":
            return lead + version
        case "~" | "~>":
            return _tilde(comparator, lead, version)
        case ">=" | ">":
            return f">={space}{prefix}{version}"
        case "<" | "<=":
            return _limit(comparator, match[0], lead, version)
    if several:
        raise ValueError(CANNOT)
    parts = comparator.parts
    if comparator.is_wild:
        return lead + like(version, parts) + old[len(".".join(parts)) :]
    return lead + version


def _limit(comparator: _Comparator, whole: str, lead: str, version: str) -> str:
    """An upper bound: as it is where it does not stand in the way."""
    if comparator.span().holds(compare_key(comparator.grammar.ecosystem, version)):
        return whole
    if comparator.operator == "<=":
        return lead + version
    return lead + (raised_limit(comparator.version, version) or comparator.version)


def _tilde(comparator: _Comparator, lead: str, version: str) -> str:
    """A range as wide as the tilde's, from the version on; by a caret where that is the same."""
    parts = comparator.parts
    wanted = numbers(version) or [0]
    place = comparator.tilde_place(len(parts))
    if place == comparator.tilde_place(len(wanted)):
        return lead + version
    if place == 0 and wanted[0] > 0:
        return "^" + lead.lstrip("~>") + version
    return f"{lead}{like(version, parts)} >={version}"
