"""pip's requirements files (https://pip.pypa.io/en/stable/reference/requirements-file-format/).

Lines are joined, comments cut and options told apart as pip does it; each requirement itself is
read by ``packaging``. Nothing is resolved, downloaded or run.
"""

import re
import shlex
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from shopsec.scan.dependencies.lockfiles.base import Include, Lockfile, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.conflict_markers import refuse_merge_conflict

_COMMENT = re.compile(r"(^|\s+)#.*$")
_INCLUDE = re.compile(r"(?:-r|--requirement|-c|--constraint)(?:\s+|\s*=\s*|(?=\S))(.+)$")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|\s*=\s*|(?=\S))(.+)$")
# Options of one requirement, which follow it on its line.
_REQUIREMENT_OPTION = re.compile(r"\s--?[A-Za-z]")
# "djangorestframework" has 19 letters; a key has 24 and more.
_LONG_WORD = re.compile(r"\w{24,}")
# A port is none of them: a password may be of digits.
_URL_SHOWN = re.compile(
    r"(?P<before>(?:[\w.-]+ ?(?:\[[\w., -]*\])? ?@ ?)?[A-Za-z][\w+.-]*)"
    r"://(?P<host>[\w.-]*)(?P<path>/[^\s?#:]*)?(?=[\s?#]|$)"
)
_ARCHIVE = re.compile(r"\.(whl|zip|tar|tgz|tar\.(gz|bz2|xz))$", re.IGNORECASE)


def parse(text: str) -> Lockfile:
    """Parse one file; its includes are named, not followed.

    LockfileError for one that git could not merge: of both sides, one would be audited for the
    other.
    """
    refuse_merge_conflict(text)
    pins: list[Pin] = []
    unpinned: list[Unpinned] = []
    includes: list[Include] = []
    for line, content in _logical_lines(text):
        if content.startswith("-"):
            entry: Include | Pin | Unpinned | None = _option(content, line)
        else:
            entry = _requirement(content, line)
        if isinstance(entry, Include):
            includes.append(entry)
        elif isinstance(entry, Pin):
            pins.append(entry)
        elif entry is not None:
            unpinned.append(entry)
    return Lockfile(tuple(pins), tuple(unpinned), tuple(includes))


def exact_version(specifier: SpecifierSet) -> str | None:
    """The one version a specifier admits (``==1.2`` or ``===1.2``), or None."""
    exact = [each for each in specifier if each.operator in {"==", "==="}]
    if len(exact) != 1 or exact[0].version.endswith(".*"):
        return None
    try:
        return str(Version(exact[0].version))
    except InvalidVersion:
        return None


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with continuations joined and comments cut, each with its first line's number."""
    parts: list[str] = []
    first = 1
    for number, raw in enumerate(text.splitlines(), 1):
        if not parts:
            first = number
        if raw.rstrip().endswith("\\") and not raw.lstrip().startswith("#"):
            parts.append(raw.rstrip()[:-1])
            continue
        parts.append(raw)
        content = _COMMENT.sub("", " ".join(parts)).strip()
        parts = []
        if content:
            yield first, content
    content = _COMMENT.sub("", " ".join(parts)).strip()
    if content:
        yield first, content


def _option(content: str, line: int) -> Include | Unpinned | None:
    if include := _INCLUDE.match(content):
        return Include(_unquoted(include[1]), line, constraint=content.startswith(("-c", "--c")))
    if editable := _EDITABLE.match(content):
        return Unpinned(shorten(editable[1], line), line, _FOLDER)
    return None  # --index-url and the like: they say where from, not what


_FOLDER = "is a folder or file, not a package of the index"
_URL = "comes from a URL, not from the index"


def _requirement(content: str, line: int) -> Pin | Unpinned:
    option = _REQUIREMENT_OPTION.search(content)
    text = content[: option.start()].strip() if option else content
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        return Unpinned(shorten(text, line), line, _URL)
    if text.startswith((".", "/", "~")) or (_ARCHIVE.search(text) and "://" not in text):
        return Unpinned(shorten(text, line), line, _FOLDER)
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        # What is no requirement may be anything, a password too: only its line is named.
        return Unpinned(f"line {line}", line, "cannot be parsed")
    if requirement.url:
        return Unpinned(shorten(text, line), line, _URL)
    version = exact_version(requirement.specifier)
    if version is None:
        return Unpinned(shorten(text, line), line, "is not pinned to one version", requirement.name)
    return Pin(requirement.name, version, line)


def _unquoted(path: str) -> str:
    try:
        return " ".join(shlex.split(path))
    except ValueError:
        return path.strip()


def shorten(text: str, line: int) -> str:
    """A requirement as a ledger shows it: at most 80 long, with nothing that may be a credential.

    Of a URL its scheme, host and last part of the path are left; of one that may have a login in
    it, only the line. A password may hold any character: whatever has an "@" behind it is one.
    Words longer than any package's are cut.
    """
    shown = _without_login(text)
    if shown is None:
        return f"line {line}"
    shown = _LONG_WORD.sub(lambda match: match[0][:4] + "...", shown)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def may_hold_login(text: str) -> bool:
    """True of a URL, and of ``name:word@`` without its scheme: no name or version is like that."""
    return "://" in text or "@" in text.partition(":")[2]


def _without_login(text: str) -> str | None:
    if not may_hold_login(text):
        return re.sub(r"[?#]\S*", "", text)
    match = _URL_SHOWN.match(text)
    if match is None or "@" in text[match.start("host") :]:
        return None
    last = (match["path"] or "").rstrip("/").rpartition("/")[2]
    return f"{match['before']}://{match['host']}" + (f"/{last}" if last else "")
