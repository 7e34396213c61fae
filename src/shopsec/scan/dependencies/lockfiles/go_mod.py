"""go.mod (https://go.dev/ref/mod#go-mod-file)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from shopsec.scan.dependencies.lockfiles.base import Lockfile, LockfileError, Pin, Unpinned
from shopsec.scan.dependencies.lockfiles.conflict_markers import refuse_merge_conflict

# A word, a string with escapes or a raw one; "//" begins a comment outside of strings only.
_WORD = re.compile(
    r'\s*(?:(//.*)|"((?:[^"\\]|\\.)*+)"|`([^`]*+)`|([()]|[^\s()"`]+?(?=//|[\s()"`]|$)))'
)
_SILENT = frozenset({"module", "retract", "godebug", "tool", "ignore"})
_VERSION = re.compile(r"v\d+\.\d+\.\d+[0-9A-Za-z.+-]*$")
_EXACT_GO = re.compile(r"(?:go)?(1\.\d+)(\.\d+)?(?:rc(\d+))?(?:-[\w.-]+)?$")
# Since then it lists what the modules need in turn (https://go.dev/ref/mod#graph-pruning).
_LISTS_ALL = (1, 17)


@dataclass(frozen=True)
class _Statement:
    verb: str
    words: tuple[str, ...]
    line: int
    comment: str


@dataclass(frozen=True)
class _Replacement:
    path: str
    version: str
    """Empty for a folder."""
    line: int


@dataclass
class _Read:
    module: str = ""
    required: list[tuple[str, str, int, bool]] = field(default_factory=list)
    """Path, version, line, and whether the project itself imports it."""
    replaced: dict[tuple[str, str], _Replacement] = field(default_factory=dict)
    """By path and version; an empty version stands for all of them."""
    excluded: set[tuple[str, str]] = field(default_factory=set)
    go: tuple[str, int] = ("", 0)
    toolchain: tuple[str, int] = ("", 0)
    bad: list[Unpinned] = field(default_factory=list)


def parse(text: str) -> Lockfile:
    """Parse go.mod; versions lose their leading ``v``, as OSV writes them.

    The standard library is the package ``stdlib`` where a line tells its exact version. Folders
    of the same owner that replace a module are the project's own.
    """
    refuse_merge_conflict(text)
    read = _Read()
    for statement in _statements(text):
        _take(read, statement)
    if not read.module and not read.required:
        raise LockfileError("names no module: is no go.mod")
    entries = [
        _required(read, path, version, line, direct)
        for path, version, line, direct in read.required
    ]
    found = {(pin.name, pin.version): pin for pin in entries if isinstance(pin, Pin)}
    if standard := _standard_library(read):
        found[standard.name, standard.version] = standard
    unpinned = [entry for entry in entries if isinstance(entry, Unpinned)]
    return Lockfile(tuple(found.values()), (*read.bad, *unpinned, *_unlisted(read)))


def _statements(text: str) -> Iterator[_Statement]:
    """One a line; those of a block ``verb ( ... )`` have its verb."""
    block = ""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        words, comment = _words(line)
        if not words:
            continue
        if block and words == [")"]:
            block = ""
        elif block:
            yield _Statement(block, tuple(words), number, comment)
        elif words[1:] == ["("]:
            block = words[0]
        elif words[1:] != ["(", ")"]:
            yield _Statement(words[0], tuple(words[1:]), number, comment)
    if block:
        raise LockfileError(f"the block {block[:20]} has no end: the file is cut off")


def _words(line: str) -> tuple[list[str], str]:
    words: list[str] = []
    line = line.strip()
    at = 0
    while at < len(line):
        match = _WORD.match(line, at)
        if match is None:  # a string without an end
            return [*words, line[at:]], ""
        if match[1] is not None:
            return words, match[1][2:].strip()
        words.append(next(word for word in match.groups()[1:] if word is not None))
        at = match.end()
    return words, ""


def _take(read: _Read, statement: _Statement) -> None:
    verb, words, line = statement.verb, statement.words, statement.line
    if verb == "module" and len(words) == 1:
        read.module = words[0]
    elif verb == "require" and len(words) == 2 and _VERSION.match(words[1]):
        direct = not re.match(r"indirect(;|$)", statement.comment)
        read.required.append((words[0], words[1], line, direct))
    elif verb == "replace" and "=>" in words:
        _take_replacement(read, words, line)
    elif verb == "exclude" and len(words) == 2:
        read.excluded.add((words[0], words[1]))
    elif verb == "go" and len(words) == 1:
        read.go = (words[0], line)
    elif verb == "toolchain" and len(words) == 1:
        read.toolchain = (words[0], line)
    elif verb not in _SILENT:
        read.bad.append(Unpinned(f"line {line}", line, "cannot be parsed"))


def _take_replacement(read: _Read, words: tuple[str, ...], line: int) -> None:
    arrow = words.index("=>")
    old, new = words[:arrow], words[arrow + 1 :]
    if len(old) not in {1, 2} or len(new) not in {1, 2}:
        read.bad.append(Unpinned(f"line {line}", line, "cannot be parsed"))
        return
    replacement = _Replacement(new[0], new[1] if len(new) == 2 else "", line)
    read.replaced[old[0], old[1] if len(old) == 2 else ""] = replacement


def _required(
    read: _Read, path: str, version: str, line: int, direct: bool
) -> Pin | Unpinned | None:
    """One module as the build takes it; None where it is the project's own."""
    if (path, version) in read.excluded:
        return Unpinned(path, line, "is excluded in this version, another one is taken", path)
    replacement = read.replaced.get((path, version)) or read.replaced.get((path, ""))
    if replacement is None:
        return Pin(path, version.removeprefix("v"), line, direct=direct)
    if _VERSION.match(replacement.version):
        version = replacement.version.removeprefix("v")
        return Pin(replacement.path, version, replacement.line, direct=direct)
    if replacement.version:
        return Unpinned(path, replacement.line, "is replaced by a branch or commit", path)
    if _owner(path) == _owner(read.module):
        return None
    return Unpinned(path, replacement.line, "is replaced by a folder of unknown version", path)


def _owner(path: str) -> list[str]:
    """Host and account of a module: ``github.com/org`` of ``github.com/org/shop/cart``."""
    return path.split("/")[:2]


def _standard_library(read: _Read) -> Pin | None:
    for version, line in (read.toolchain, read.go):
        match = _EXACT_GO.match(version)
        if match is not None and (match[2] or match[3]):
            exact = match[1] + (match[2] or ".0")
            candidate = f"-rc.{match[3]}" if match[3] else ""
            return Pin("stdlib", exact + candidate, line, direct=True)
    return None


def _unlisted(read: _Read) -> Iterator[Unpinned]:
    version, line = read.go
    numbers = re.match(r"(\d{1,4})\.(\d{1,4})", version)
    if read.required and (numbers is None or (int(numbers[1]), int(numbers[2])) < _LISTS_ALL):
        reason = "what the modules need in turn is listed since go 1.17 only"
        yield Unpinned(f"go {version[:20]}".strip(), max(line, 1), reason)
