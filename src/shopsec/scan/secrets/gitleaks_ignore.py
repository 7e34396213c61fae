"""Reading ``.gitleaksignore``, where teams that used gitleaks listed what is no secret.

A line is a fingerprint, ``file:rule:line`` or ``commit:file:rule:line``; gitleaks' rules have other
names than ours, so that an entry holds for every rule at its file and line. gitleaks applies one
with a commit to that commit only. Files here are searched as they are now, and it is applied to
the file of today; a team that moved the line sees the finding again.

https://github.com/gitleaks/gitleaks#gitleaksignore
"""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

SIZE = 1_000_000
"""Bytes that are read; what follows is not."""
ENTRIES = 20_000
"""Entries that are kept."""

_LONGEST = 4_096
_FINGERPRINT = re.compile(
    r"(?:(?P<commit>[0-9a-f]{7,64}):)?(?P<path>[^:][^\n]*?):(?P<rule>[^:\s]{1,200}):(?P<line>\d{1,9})"
)


@dataclass(frozen=True)
class IgnoreEntry:
    """One line of the file."""

    number: int
    """Its line in .gitleaksignore, from 1."""
    path: str
    line: int
    """Line in ``path``, from 1."""
    rule: str
    """gitleaks' name of the rule."""
    commit: str = ""
    """The commit that gitleaks would apply it to, or empty for every one."""


@dataclass(frozen=True)
class GitleaksIgnore:
    """A whole file; for repositories without one, ``GitleaksIgnore()``."""

    entries: tuple[IgnoreEntry, ...] = ()
    invalid: tuple[int, ...] = ()
    """Lines that are no fingerprint, of which gitleaks warns too."""
    cut_short: str = ""
    """Why the rest of the file was not read, in the ledger's words."""
    _places: Mapping[tuple[str, int], IgnoreEntry] = field(default_factory=dict, repr=False)

    def entry_for(self, path: str, line: int) -> IgnoreEntry | None:
        """The first entry for a line of a file (relative, with slashes), for a list of them."""
        return self._places.get((posixpath.normpath(path), line))

    def ignores(self, path: str, line: int) -> bool:
        """A finding at this line is none, whatever the rule."""
        return self.entry_for(path, line) is not None


def read_gitleaks_ignore(content: bytes) -> GitleaksIgnore:
    """Parse the file's bytes; never fails, and says what it could not use."""
    entries: list[IgnoreEntry] = []
    invalid: list[int] = []
    cut_short = "" if len(content) <= SIZE else f"larger than {SIZE // 1_000} kB"
    lines = content[:SIZE].split(b"\n")
    if cut_short:
        lines.pop()  # half a line could name another one
    for number, raw in enumerate(lines, start=1):
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8", "replace").strip()
        if not text or text.startswith("#"):
            continue
        if len(entries) + len(invalid) == ENTRIES:
            cut_short = f"has more than {ENTRIES} entries"
            break
        entry = _entry(number, text)
        if entry is None:
            invalid.append(number)
        else:
            entries.append(entry)
    places = {(entry.path, entry.line): entry for entry in reversed(entries)}
    return GitleaksIgnore(tuple(entries), tuple(invalid), cut_short, places)


def _entry(number: int, text: str) -> IgnoreEntry | None:
    found = _FINGERPRINT.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    path = posixpath.normpath(found["path"].replace("\\", "/"))
    return IgnoreEntry(number, path, int(found["line"]), found["rule"], found["commit"] or "")
