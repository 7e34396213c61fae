"""Patterns of file names as git reads them, matched in time that grows with the text alone.

https://git-scm.com/docs/gitignore#_pattern_format. pathspec leaves them to Python's regular
expressions with ``[^/]*`` for every star, so that ``*a*a*a*a*c`` takes minutes on one long name.
Here what stands between two stars is found at its first place and kept: no other place leaves more
room to what follows.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

LENGTH = 1_000
"""Most characters of a pattern; a longer one matches nothing."""

_PIECE = re.compile(
    r"(?P<stars>\*+)|(?P<any>\?)|\[(?P<not>[!^]?)(?P<members>\]?(?:\\.|[^\]\\])*+)\]"
    r"|\\(?P<escaped>.)|(?P<plain>.)",
    re.DOTALL,
)
_NEVER = re.compile(r"(?!)")
_TRAILING_SPACE = re.compile(r"(?<![\\ ]) +$")


@lru_cache(maxsize=4096)
def compile_glob(pattern: str) -> re.Pattern[str]:
    """What ``match`` finds in every path that a pattern is about, or that lies below one."""
    text = _TRAILING_SPACE.sub("", pattern)
    bare = text.strip("/")
    if not bare or len(text) > LENGTH:
        return _NEVER
    parts = bare.split("/")
    if len(parts) == 1 and not text.startswith("/"):
        parts = ["**", *parts]
    try:
        return re.compile("".join(_paths(parts, folder=text.endswith("/"))), re.DOTALL)
    except re.error:
        return _NEVER  # a range the wrong way round; git finds nothing either


def ignores(patterns: Sequence[str], path: str) -> bool:
    """True when the last pattern that is about a path is none with ``!``."""
    for pattern in reversed(patterns):
        bare = pattern.removeprefix("!")
        if not pattern.startswith("#") and compile_glob(bare).match(path):
            return bare == pattern
    return False


def _paths(parts: Sequence[str], *, folder: bool) -> Iterator[str]:
    """The parts of a pattern between slashes as parts of a regular expression."""
    runs: list[list[str]] = [[]]
    for part in parts:
        if part == "**":
            runs.append([])
        else:
            runs[-1].append(_segment(part))
    end = r"/" if folder else r"(?:/|\Z)"
    for number, run in enumerate(runs):
        last = number == len(runs) - 1
        body = "/".join(run)
        if not body:
            # Nothing but what lies below: `docs/**`.
            below = "[^/]+/" if folder else "[^/]"
            yield below if last else ""
            continue
        body += end if last else "/"
        # Behind `**` any number of folders may come first.
        yield rf"(?>(?:[^/]+/)*?{body})" if number else body


def _segment(part: str) -> str:
    """A name with its stars; each run of other signs between them is found once and kept."""
    runs = [""]
    for piece in _PIECE.finditer(part):
        if piece["stars"]:
            runs.append("")
        elif piece["any"]:
            runs[-1] += "[^/]"
        elif piece["members"]:
            runs[-1] += _members(piece["members"], "^" if piece["not"] else "")
        else:
            runs[-1] += re.escape(piece["escaped"] or piece["plain"] or piece[0])
    if len(runs) == 1:
        return runs[0]
    *middle, tail = runs[1:]
    kept = "".join(rf"(?>[^/]*?{run})" for run in middle if run)
    return runs[0] + kept + (rf"(?>[^/]*?{tail}(?=/|\Z))" if tail else "[^/]*+")


def _members(members: str, negated: str) -> str:
    inside = re.sub(r"\\(.)", r"\1", members, flags=re.DOTALL)
    escaped = re.sub(r"([\\\[\]&~|^])", r"\\\1", inside)
    # A bracket of git's never stands for a slash.
    return rf"(?:(?!/)[{negated}{escaped}])"
