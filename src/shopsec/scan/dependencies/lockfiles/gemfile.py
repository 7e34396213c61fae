"""The groups of a Gemfile (https://bundler.io/guides/groups.html), as far as its lines tell.

A Gemfile is a program that is never run here. Only gems that stand in plain sight in groups of
development count as such; where a line is not understood, its gem counts for production.
"""

import re

_DEVELOPMENT = frozenset({"development", "test", "dev", "ci"})
_COMMENT = re.compile(r"(^|\s)#.*$")
_GEM = re.compile(r"""gem[\s(]\s*["']([^"'\s]+)["'](.*)$""")
_GROUP = re.compile(r"group[\s(](.*)\bdo$")
_IN_GROUPS = re.compile(r"""\bgroups?(?::|\s*=>)\s*(%[iw]\[[^\]]*\]|\[[^\]]*\]|:?["']?\w+["']?)""")
_WORDS = re.compile(r"%[iw][\[(]([\w\s]*)[\])]")
_NAME = re.compile(r""":["']?(\w+)|["'](\w+)["']""")
_OPENS = re.compile(r"(?:if|unless|case|begin|while|until|for|def|class|module)\b")
_OPENS_AT_END = re.compile(r"\bdo(?:\s*\|[^|]*\|)?$")
_ENDS = re.compile(r"end\b")


def development_gems(text: str) -> set[str]:
    """Gems that only groups of development and tests have; none where blocks do not add up."""
    found: dict[bool, set[str]] = {True: set(), False: set()}
    blocks: list[bool] = []
    for raw in text.split("\n"):
        line = _COMMENT.sub("", raw).strip()
        if match := _GEM.match(line):
            found[any(blocks) or _inline(match[2])].add(match[1])
        elif match := _GROUP.match(line):
            blocks.append(_are_for_development(match[1]))
        elif _OPENS.match(line) or _OPENS_AT_END.search(line):
            blocks.append(False)
        elif _ENDS.match(line):
            if not blocks:
                return set()
            blocks.pop()
    return set() if blocks else found[True] - found[False]


def _inline(options: str) -> bool:
    match = _IN_GROUPS.search(options)
    return match is not None and _are_for_development(match[1])


def _are_for_development(groups: str) -> bool:
    words = [word for inner in _WORDS.findall(groups) for word in inner.split()]
    names = [symbol or text for symbol, text in _NAME.findall(_WORDS.sub("", groups))]
    return bool(words or names) and _DEVELOPMENT.issuperset([*words, *names])
