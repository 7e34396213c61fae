"""From places as a tool on another machine names them to files of the repository.

A tool says ``src/shop.py``, ``file:///home/runner/work/shop/shop/src/shop.py``, or a path below a
base that it names (3.14.14). What most of a run's absolute paths have in front of names that are
in the repository is the folder that the tool worked in. Of a folder scanned by itself the tool may
have seen all of the repository: then a name such as Dockerfile is that of the repository's root.
"""

import os
import posixpath
import re
import urllib.parse
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pathspec

from shopsec.model import Inventory, SourceFile, path_of, uri_of
from shopsec.scan.imported.document import Artifact, Place, Run, SarifResult, read_part

_DEEPEST_BASE = 8
_LONGEST = 4_096
_DRIVE = re.compile(r"/?[A-Za-z]:(?=/)")


@dataclass(frozen=True)
class Elsewhere:
    """A place that is no file of the inventory."""

    name: str
    """As the tool says it, for people; empty where it names no file."""
    left_out: bool = False
    """It is there, and left out of the scan on purpose, by git or by the settings."""


class Places:
    """Finds the files that one run of a tool speaks of."""

    def __init__(self, run: Run, inventory: Inventory, exclude: tuple[str, ...]) -> None:
        self._run = run
        self._inventory = inventory
        self._folder = path_of(inventory.repository.path_in_repository)
        self._top = inventory.root
        if self._folder:
            self._top = inventory.root.removesuffix(f"/{self._folder}")
        self._exclude = pathspec.GitIgnoreSpec.from_lines(exclude)
        self._bases: dict[str, str] = {}
        self._paths: dict[tuple[str, str], str] = {}
        self._prefixes: tuple[str, ...] = ()
        self._from_top = False

    def learn(self, results: Iterable[SarifResult]) -> None:
        """Work out from all places which folder the tool worked in."""
        named = {self._path(place) for result in results for place in result.locations[:1]} - {""}
        self._from_top = any(map(self._is_told_from_top, named))
        paths = [path for path in named if self._exact(path) is None and not self._is_there(path)]
        votes: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        for path in paths:
            votes[path.startswith("/")].update(self._folders(path))
        # Most files; of two folders that explain as many, the one further up.
        self._prefixes = tuple(
            min(counts, key=lambda each: (-counts[each], len(each)))
            for counts in votes.values()
            if counts
        )
        self._from_top |= any(
            self._is_told_from_top(path.removeprefix(prefix))
            for prefix in self._prefixes
            for path in paths
            if path.startswith(prefix)
        )

    def name_of(self, place: Place) -> str:
        """The file of a place as the tool names it; empty where it names none."""
        return self._path(place)

    def file_of(self, place: Place) -> SourceFile | Elsewhere:
        """The file of a place."""
        path = self._path(place)
        if not path:
            return Elsewhere("")
        found = self._exact(path)
        for prefix in self._prefixes if found is None and not self._is_there(path) else ():
            if path.startswith(prefix):
                found = found or self._exact(path.removeprefix(prefix))
        return found or Elsewhere(path, left_out=self._is_left_out(path))

    def _folders(self, path: str) -> Iterator[str]:
        """What may stand in front of a file of the repository, the shortest first."""
        parts = path.split("/")
        for count in range(1, len(parts)):
            rest = "/".join(parts[count:])
            if rest and (self._exact(rest) is not None or self._is_there(rest)):
                yield "/".join(parts[:count]) + "/"

    def _is_told_from_top(self, path: str) -> bool:
        """Whether a relative path is that of a file only as seen from the repository's root."""
        if not self._folder or path.startswith(("/", "../")):
            return False
        return _is_in(self._top, path) and not _is_in(self._inventory.root, path)

    def _exact(self, path: str) -> SourceFile | None:
        inner = self._inner(path)
        return None if inner is None else self._inventory.by_uri.get(uri_of(inner))

    def _inner(self, path: str) -> str | None:
        """The path from the folder scanned; None for one that leads out of it."""
        root = self._inventory.root
        if path.startswith("/"):
            below = path.removeprefix(_slashes(root) + "/")
            return None if below == path else below
        if path.startswith("../"):
            return None
        if self._folder and path.startswith(f"{self._folder}/"):
            below = path.removeprefix(f"{self._folder}/")
            if uri_of(below) in self._inventory.by_uri:
                return below
        return None if self._from_top and _is_in(self._top, path) else path

    def _is_there(self, path: str) -> bool:
        """Whether the repository has a file of this very name, scanned or not."""
        if path.startswith("../"):
            return False
        if path.startswith("/"):
            return path.startswith(f"{_slashes(self._top)}/") and os.path.lexists(path)
        return _is_in(self._top, path) or _is_in(self._inventory.root, path)

    def _is_left_out(self, path: str) -> bool:
        """Whether the file is there (in another folder of the repository, too) or excluded."""
        candidates = [path, *(path.removeprefix(p) for p in self._prefixes if path.startswith(p))]
        return any(
            self._is_there(each)
            or (not each.startswith(("/", "../")) and self._exclude.match_file(each))
            for each in candidates
        )

    def _path(self, place: Place) -> str:
        """A path with "/", absolute or not; empty where the place names no file."""
        physical = place.physical_location
        artifact = physical.artifact_location if physical is not None else None
        if artifact is None:
            return ""
        if artifact.uri is None:
            artifact = _of_index(self._run.artifacts, artifact.index)
        key = (artifact.uri or "", artifact.uri_base_id or "")
        if key not in self._paths:
            self._paths[key] = self._resolved(*key)
        return self._paths[key]

    def _resolved(self, uri: str, base_id: str) -> str:
        path = _path_of_uri(uri)
        if not path or path.startswith("/") or not base_id:
            return path
        return _joined(self._base(base_id, 0), path)

    def _base(self, name: str, depth: int) -> str:
        """The folder that a base's name stands for (3.14.14); empty for the repository's root."""
        if name not in self._bases:
            self._bases[name] = ""  # also for one that leads back to itself
            base = read_part(Artifact, self._run.original_uri_base_ids.get(name))
            if base is not None and depth < _DEEPEST_BASE:
                path = _path_of_uri(base.uri or "")
                if base.uri_base_id and not path.startswith("/"):
                    path = _joined(self._base(base.uri_base_id, depth + 1), path)
                self._bases[name] = path
        return self._bases[name]


def _is_in(folder: str, path: str) -> bool:
    return os.path.lexists(os.path.join(folder, path))


def _of_index(artifacts: list[Any], index: int) -> Artifact:
    """The location of an entry of the run's table of artifacts (3.4.5)."""
    entry = artifacts[index] if 0 <= index < len(artifacts) else None
    location = entry.get("location") if isinstance(entry, dict) else None
    return read_part(Artifact, location) or Artifact()


def _joined(base: str, path: str) -> str:
    return _normal(f"{base}/{path}") if base else path


def _path_of_uri(uri: str) -> str:
    """A path of a relative reference or a ``file:`` URI; empty for any other."""
    if not uri or len(uri) > _LONGEST or "\0" in uri:
        return ""
    text = uri.replace("\\", "/")
    if text.lower().startswith("file:"):
        text = text[len("file:") :]
        if text.startswith("//"):
            text = "/" + text[2:].partition("/")[2]
        text = _DRIVE.sub("/", text, count=1) if _DRIVE.match(text) else text
    elif _DRIVE.match(text):
        text = _DRIVE.sub("/", text, count=1)
    elif re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text):
        return ""
    path = os.fsdecode(urllib.parse.unquote_to_bytes(text.encode("utf-8", "replace")))
    return "" if "\0" in path else _normal(path)


def _normal(path: str) -> str:
    normal = posixpath.normpath(re.sub(r"/{2,}", "/", path))
    return "" if normal in {".", "..", "/"} else normal


def _slashes(path: str) -> str:
    return path.replace(os.sep, "/").rstrip("/")
