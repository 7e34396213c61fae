"""What a walk through a folder gathers on its way."""

import os
from collections import Counter
from dataclasses import dataclass, field

import pathspec

from shopsec.model import SHARD_START, Item, Location, SourceFile, display_path, uri_of


@dataclass
class Walk:
    """What is gathered on the way; becomes an Inventory at the end."""

    root: str
    exclude: pathspec.PathSpec[pathspec.Pattern]
    results: frozenset[str] = frozenset()
    """Real paths of results of shards."""
    recognises: bool = False
    """Whether untracked files that look like results of shards are left out, too."""
    files: list[SourceFile] = field(default_factory=list)
    links: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """Targets of links within the root, from there; and whether git tracks the link."""
    left_out: list[str] = field(default_factory=list)
    """Paths of what the configuration excludes."""
    not_covered: list[tuple[str, Item]] = field(default_factory=list)
    excluded: Counter[str] = field(default_factory=Counter)
    inside: dict[str, bool] = field(init=False)
    """Folders asked about, and whether they lie within the root when links are followed."""

    def __post_init__(self) -> None:
        self.inside = {self.root: True}

    def holds(self, folder: str) -> bool:
        """Whether an absolute folder is the root or below it; looked up once a folder."""
        unknown: list[str] = []
        above = folder
        while above not in self.inside:
            unknown.append(above)
            above = os.path.dirname(above)
        for each in reversed(unknown):
            # A plain folder is where its parent is; a link, and a ".." that a forged index may
            # hold, needs the whole way resolved.
            leads_away = os.path.basename(each) in {"..", "."} or os.path.islink(each)
            parent = self.inside[os.path.dirname(each)]
            self.inside[each] = is_inside(self.root, each) if leads_away else parent
        return self.inside[folder]

    def is_result(self, full: str) -> bool:
        """Whether an untracked file is what a shard wrote."""
        if full in self.results:
            return True
        if not self.recognises or not full.endswith(".json"):
            return False
        try:
            with open(full, "rb") as file:
                return file.read(len(SHARD_START)) == SHARD_START
        except OSError:
            return False

    def miss(self, path: str, reason: str) -> None:
        """Book a path that is not covered."""
        uri = uri_of(path)
        self.not_covered.append((reason, Item(name=display_path(uri), location=Location(uri=uri))))


def is_inside(root: str, path: str) -> bool:
    """Whether a path is an absolute folder or below it, with its links followed."""
    real = os.path.realpath(path)
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)
