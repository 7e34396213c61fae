"""Which scripts of a repository a text starts: ``make ship``, ``npm run ship``, ``bin/ship.sh``."""

import re
from functools import lru_cache

from shopsec.model import SourceFile

Call = tuple[str, str]
"""What starts a script, and the script's name."""

_RUNNERS = {
    "make": "make", "just": "make",
    "npm": "npm", "yarn": "npm", "pnpm": "npm", "bun": "npm", "turbo": "npm", "nx": "npm",
    "composer": "composer", "dep": "deployer", "cap": "capistrano", "fab": "fabric",
}  # fmt: skip
_TOOLS = frozenset({"deployer", "capistrano", "fabric"})
_BETWEEN = re.compile(r"[;&|]+")
_WORD = re.compile(r"[^\s\[\]\"',(){}]+")


def call_of(system: str, name: str, file: SourceFile) -> Call:
    """How the script of that name, which stands in the file, is started."""
    if system in _TOOLS:
        return system, "deploy"
    return (system, name) if system in {"make", "npm", "composer"} else ("file", file.name)


@lru_cache(maxsize=1024)
def calls_in(text: str) -> frozenset[Call]:
    """Everything that a text, a script or a whole pipeline, may start."""
    return frozenset(
        call
        for line in text.splitlines()
        for part in _BETWEEN.split(line)
        for call in _calls(_WORD.findall(part))
    )


def _calls(words: list[str]) -> set[Call]:
    found: set[Call] = set()
    runners: set[str] = set()
    for word in words:
        name = word.rpartition("/")[2]
        found.add(("file", name))
        found.update((runner, word) for runner in runners)
        if name in _RUNNERS:
            runners.add(_RUNNERS[name])
        if word.startswith("deployphp/action"):
            found.add(("deployer", "deploy"))
    return found
