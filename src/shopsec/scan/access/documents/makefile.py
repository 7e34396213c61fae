"""Makefiles (and justfiles, which look the same from here) as targets with their recipes.

https://www.gnu.org/software/make/manual/html_node/Rule-Syntax.html
"""

import re
from dataclasses import dataclass

from shopsec.scan.access.documents import lines_of, text_of

TARGETS = 5_000
"""Most targets of a file that are looked at."""

_TARGET = re.compile(r"^@?([\w./%$(){} -]+?)(?:\s+[\w=*+'\"-]+)*\s*::?(?![=:])\s*([^;#]*)")
_RECIPE_MARKS = re.compile(r"^[@+-]+\s*")


@dataclass(frozen=True)
class Target:
    """A target and the commands that make runs for it."""

    name: str
    line: int
    recipe: str
    recipe_line: int
    """Line of the first command."""


def parse_makefile(content: bytes) -> tuple[Target, ...]:
    """Targets that have commands, in their order; DocumentError when the content is no text."""
    found: list[Target] = []
    name, line, start = "", 0, 0
    recipe: list[str] = []
    for number, text in enumerate([*lines_of(text_of(content)), "end:"], 1):
        if text.startswith(("\t", "    ")) and name:
            start = start or number
            recipe.append(_RECIPE_MARKS.sub("", text.strip()))
            continue
        if not text.strip() and name:
            if recipe:
                recipe.append("")
            continue
        head = text[:500]
        target = _TARGET.match(head) if ":" in head else None
        if target is None:
            continue
        if name and recipe and len(found) < TARGETS:
            found.append(Target(name, line, "\n".join(recipe), start))
        name, line, start, recipe = target[1].strip(), number, 0, []
    return tuple(found)
