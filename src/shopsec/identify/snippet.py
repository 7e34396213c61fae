"""The lines of a finding as a report may show them. Pure.

A report goes to people who need not see the repository. What is shown is safe by what it is, not
by what is known of secrets: of code what is no text, of settings the names, of dependencies their
names and versions.
"""

import re
from collections.abc import Set as AbstractSet
from functools import cached_property

from shopsec.identify.literals import CUT, MASK, Language, begun_before, language_of, without_texts
from shopsec.model import Area, FileText, Finding, Package, Snippet, path_of, printable

_MOST_LINES, _MOST_CHARACTERS, _LONGEST = 5, 200, 2_000
# Code by its ending, but there to hold settings, by its name.
_SETTINGS = re.compile(
    r"config|setting|secret|credential|passw|param|local|(?:^|[._-])env(?:[._-]|$)|define|database",
    re.IGNORECASE,
)
_BEGIN, _END = re.compile(r"-----BEGIN |PuTTY-User-Key-File"), re.compile(r"-----END ")

# Of a line of settings: "name =", "name: ", "'name' =>", "define('NAME',", "directive value".
_WORD = r"[A-Za-z_@][A-Za-z0-9_.-]{0,60}"
_NAME = re.compile(
    rf"""(?P<name>\s*(?:-\s+)?(?:define\(\s*)?["']?\$?{_WORD}(?:\[["']?{_WORD}["']?\])?["']?)
         (?P<sign>\s*(?:=>|=(?!=)|:(?=\s|$)|,(?=\s*["'])))""",
    re.VERBOSE,
)
_DIRECTIVE = re.compile(r"(?P<name>\s*[A-Za-z_][A-Za-z_-]{0,29})(?P<sign>)\s+\S")
_NOTHING = re.compile(r"[\s{}()\[\];,]*")
_PLAIN = re.compile(r"[A-Za-z]{0,20}[0-9]{0,3}")

_BREAK = re.compile(r"([\s\"'`,;(){}\[\]]+)")
_VERSION = re.compile(
    r"v?[0-9]{1,6}(?:\.(?:[0-9]{1,6}|[x*])){1,3}(?:[.-]?(?:alpha|beta|rc|dev)[.0-9]{0,4})?"
)
_SIGNS = re.compile(r"[^\w]{0,4}")


class FileShown:
    """What is the same for all findings of a file."""

    def __init__(self, uri: str, text: FileText) -> None:
        self._name = path_of(uri).rpartition("/")[2]
        self._text = text

    @property
    def searched(self) -> int:
        """How many lines the search for secrets went through."""
        return len(self._text.shown or ())

    @cached_property
    def _keys(self) -> frozenset[int]:
        """Numbers of the lines of blocks that begin and end as private keys do."""
        found: set[int] = set()
        inside = False
        for number, line in enumerate(self._text.lines, 1):
            inside = inside or _BEGIN.search(line) is not None
            if inside:
                found.add(number)
            inside = inside and _END.search(line) is None
        return frozenset(found)

    @cached_property
    def _code(self) -> Language | None:
        return None if _SETTINGS.search(self._name) else language_of(self._name)

    @cached_property
    def _begun(self) -> frozenset[int]:
        return begun_before(self._text.lines, self._code) if self._code else frozenset()

    def lines(self, finding: Finding, numbers: range) -> list[str] | None:
        """These lines, or None where nothing of them may be shown."""
        if not self._keys.isdisjoint(numbers):
            return None
        plain = self._text.lines[numbers.start - 1 : numbers.stop - 1]
        shown = (self._text.shown or ())[numbers.start - 1 : numbers.stop - 1]
        if any(len(line) > _LONGEST for line in plain):
            return None
        if finding.package is not None:
            safe = [_of_package(line, finding.package) for line in plain]
        elif self._code is not None:
            if numbers.start in self._begun:
                return None
            safe = without_texts(plain, self._code)
        elif finding.area is Area.ACCESS:
            safe = [_name_of(line) for line in plain]
        else:
            return None
        # What the search for secrets knows is nowhere among these; a line with it says nothing.
        return [
            line if known == original else MASK
            for line, known, original in zip(safe, shown, plain, strict=True)
        ]


def snippet_of(finding: Finding, file: FileShown, hidden: AbstractSet[int]) -> Snippet | None:
    """At most five lines of its own; none where one of them may hold a secret.

    ``hidden``: numbers of the lines on which a secret was found.
    """
    place = finding.location
    if finding.area is Area.SECRETS or place.start_line is None:
        return None
    last = place.end_line or place.start_line
    if place.start_line > file.searched or not hidden.isdisjoint(range(place.start_line, last + 1)):
        return None
    last = min(last, place.start_line + _MOST_LINES - 1, file.searched)
    lines = file.lines(finding, range(place.start_line, last + 1))
    if lines is None or all(line.strip() in {"", MASK, CUT} for line in lines):
        return None
    return Snippet(start_line=place.start_line, lines=tuple(map(_fit, lines)))


def _name_of(line: str) -> str:
    """Of a line of settings what stands before the value."""
    if _NOTHING.fullmatch(line):
        return line
    found = _NAME.match(line) or _DIRECTIVE.match(line)
    if found is None or not all(map(_PLAIN.fullmatch, re.findall(r"[A-Za-z0-9]+", found["name"]))):
        return MASK
    return f"{found['name']}{found['sign']} {CUT}"


def _of_package(line: str, package: Package) -> str:
    """A line of a lockfile or manifest: a package's name and versions, and nothing else."""
    return "".join(
        part if number % 2 else _of_words(part, package)
        for number, part in enumerate(_BREAK.split(line))
    )


def _of_words(word: str, package: Package) -> str:
    rest = word.partition("://")[0] if "://" in word else word
    for known in filter(None, (package.name, package.version)):
        rest = rest.replace(known, "")
    if "://" not in word and _SIGNS.fullmatch(_VERSION.sub("", rest)):
        return word
    return word if word.lower() in _KEYS else CUT


_KEYS = frozenset({"", "name", "version", "name:", "version:", "dependencies", ":", "="})


def _fit(line: str) -> str:
    """One line as it is printed: tabs are blanks, nothing else is a control character."""
    safe = printable(line.expandtabs(4).rstrip())
    return safe if len(safe) <= _MOST_CHARACTERS else safe[: _MOST_CHARACTERS - 3] + "..."
