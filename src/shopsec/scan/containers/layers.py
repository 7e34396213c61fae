"""Whose layers an image's are: its base image's, or those that its own Dockerfile adds. Pure.

An image's configuration tells the instructions that made it, those of its bases included, but not
where the base ends. So the Dockerfiles of the repository are held against it; where none of them
made it, the last CMD before its last layer is taken for the base's, as Trivy does in
https://github.com/aquasecurity/trivy/blob/main/pkg/fanal/image/image.go (GuessBaseImageIndex).
"""

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from shopsec.model import BuildStep, ImageUse, Location
from shopsec.scan.containers.answers import plain_text
from shopsec.scan.containers.image_answer import HistoryEntry, Metadata

_BASE_LABEL = "org.opencontainers.image.base.name"
_KEYWORDS = (
    "ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL"
    "|STOPSIGNAL|USER|VOLUME|WORKDIR"
)
# The classic builder wrote "/bin/sh -c #(nop)  CMD ...", and a RUN as its command alone.
_ENTRY = re.compile(rf"(?:\S+ /S /C |/bin/sh -c )?(?:#\(nop\)\s+)?({_KEYWORDS})\b")
# Written into the history as they stand in the Dockerfile; others are changed or expanded.
_AS_WRITTEN = frozenset({"RUN", "CMD", "ENTRYPOINT", "USER"})
_TEXT = 4_000


class Part(enum.Enum):
    """Whose layer it is."""

    BASE = "base"
    OWN = "own"
    UNKNOWN = ""


@dataclass(frozen=True)
class Origin:
    """Where a layer comes from."""

    part: Part
    location: Location | None = None
    """The FROM line, or that of the instruction that made it, where a Dockerfile is known."""


@dataclass(frozen=True)
class Layers:
    """The layers of one image."""

    base: str = ""
    """Its base image as FROM or a label names it; empty where nothing tells."""
    dockerfile: ImageUse | None = None
    """The final FROM of the Dockerfile that it was built from."""
    guessed: bool = False
    """No Dockerfile was found, and the history suggests where the base ends."""
    _origins: Mapping[str, Origin] = field(default_factory=dict)

    def origin(self, diff_id: str) -> Origin:
        """Where the layer of a digest comes from."""
        return self._origins.get(diff_id, Origin(Part.UNKNOWN))

    @property
    def base_location(self) -> Location | None:
        """The FROM line."""
        return self.dockerfile.location if self.dockerfile else None


def read_layers(metadata: Metadata, uses: Sequence[ImageUse]) -> Layers:
    """Tell layers apart; those that nothing tells of are of nobody."""
    history = metadata.image_config.history or []
    base = plain_text((metadata.image_config.config.labels or {}).get(_BASE_LABEL, ""), 200)
    if sum(not entry.empty_layer for entry in history) != len(metadata.diff_ids):
        return Layers(base)
    dockerfile = _dockerfile(history, uses)
    if dockerfile is not None and dockerfile.steps is not None:
        steps = dockerfile.steps
        origins = _origins(metadata.diff_ids, history, len(history) - len(steps), dockerfile)
        return Layers(plain_text(dockerfile.image, 200), dockerfile, _origins=origins)
    first_own = _guess(history)
    if not first_own:
        return Layers(base)
    origins = _origins(metadata.diff_ids, history, first_own, None)
    return Layers(base, guessed=True, _origins=origins)


def _origins(
    diff_ids: Sequence[str], history: Sequence[HistoryEntry], first_own: int, use: ImageUse | None
) -> dict[str, Origin]:
    """By digest; one that two layers share (an empty one) is the first one's."""
    origins: dict[str, Origin] = {}
    with_layer = [number for number, entry in enumerate(history) if not entry.empty_layer]
    for diff_id, number in zip(diff_ids, with_layer, strict=True):
        if number < first_own:
            origin = Origin(Part.BASE, use.location if use else None)
        else:
            step = use.steps[number - first_own] if use and use.steps else None
            origin = Origin(Part.OWN, step.location if step else None)
        origins.setdefault(diff_id, origin)
    return origins


def _dockerfile(history: Sequence[HistoryEntry], uses: Sequence[ImageUse]) -> ImageUse | None:
    """The one Dockerfile that made the image's end: of several that may have, the longest."""
    found = [each for each in uses if each.steps and _made(each.steps, history)]
    longest = max((len(each.steps or ()) for each in found), default=0)
    candidates = [each for each in found if len(each.steps or ()) == longest]
    return candidates[0] if len(candidates) == 1 else None


def _made(steps: Sequence[BuildStep], history: Sequence[HistoryEntry]) -> bool:
    """Whether the last entries are these instructions, and at least one has its very words."""
    if len(steps) > len(history):
        return False
    last = history[len(history) - len(steps) :]
    pairs = list(zip_longest(steps, last))
    if any(_keyword(entry) != step.keyword for step, entry in pairs):
        return False
    compared = [(step, entry) for step, entry in pairs if step.keyword in _AS_WRITTEN]
    return bool(compared) and all(_words(step) in _plain(entry.created_by)
                                  for step, entry in compared)  # fmt: skip


def _keyword(entry: HistoryEntry) -> str:
    found = _ENTRY.match(entry.created_by[:_TEXT])
    return found[1] if found else "RUN"


def _words(step: BuildStep) -> str:
    """Of a here-document the first line; variables of other instructions are expanded."""
    text = step.text.partition("\n")[0]
    return _plain(text if step.keyword == "RUN" else text.partition("$")[0])


def _plain(text: str) -> str:
    """Letters and digits alone: builders join lines, and quote, each in its own way."""
    return re.sub(r"\W+", "", text[:_TEXT])


def _guess(history: Sequence[HistoryEntry]) -> int:
    """Number of the first entry after the base's CMD, or 0 where there is none."""
    with_layer = [number for number, entry in enumerate(history) if not entry.empty_layer]
    last = with_layer[-1] if with_layer else 0
    commands = [
        number
        for number, entry in enumerate(history[:last])
        if entry.empty_layer and _keyword(entry) == "CMD"
    ]
    return commands[-1] + 1 if commands else 0
