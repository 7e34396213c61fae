"""Runtimes that GitHub workflows and composite actions build and test with.

From setup actions, ``container`` and ``services``; a matrix counts as a whole: where one of its
entries is still maintained, the others are there on purpose.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shopsec.model import SourceFile
from shopsec.scan.access.documents.yaml_document import Pointer, YamlDocument, parse_yaml
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.github_workflow import is_workflow
from shopsec.scan.access.resources.lifecycle_images import Versioned
from shopsec.scan.access.resources.runtimes import (
    CI,
    Sighting,
    resources_of,
    sightings_of_image,
)

_SETUP = {
    "actions/setup-node": ("node-version", "nodejs"),
    "actions/setup-python": ("python-version", "python"),
    "astral-sh/setup-uv": ("python-version", "python"),
    "shivammathur/setup-php": ("php-version", "php"),
    "ruby/setup-ruby": ("ruby-version", "ruby"),
    "actions/setup-java": ("java-version", "eclipse-temurin"),
    "actions/setup-go": ("go-version", "go"),
    "actions/setup-dotnet": ("dotnet-version", "dotnet"),
}
_EXPRESSION = re.compile(r"\$\{\{\s*(matrix|env|inputs)\.([\w-]+)\s*\}\}")
_COMBINATIONS = 50
"""Most values that one text may stand for; a matrix may have 256 jobs."""


def is_pipeline(file: SourceFile) -> bool:
    """True for workflows and for the actions of a repository."""
    return file.name in {"action.yml", "action.yaml"} or is_workflow(file)


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Runtimes of one file; nothing where it has no jobs and no steps."""
    yield from resources_of(file, sightings(content, files), files)


def sightings(content: bytes, files: Files) -> Iterator[Sighting]:
    """Everything that a job or step of the file names."""
    documents = parse_yaml(content)
    value = documents[0].value if documents else None
    if isinstance(value, dict):
        yield from _Reader(documents[0], files).sightings()


SOURCE = Source("runtimes of a GitHub workflow", is_pipeline, build)


@dataclass(frozen=True)
class _Place:
    """A text with the line it stands on."""

    text: str
    line: int


class _Reader:
    def __init__(self, document: YamlDocument, files: Files) -> None:
        self._document = document
        self._value: dict[str, Any] = document.value
        self._files = files

    def sightings(self) -> Iterator[Sighting]:
        """Everything that a job or step names."""
        runs = _mapping(self._value.get("runs"))
        yield from self._of_steps(runs, ("runs",), {})
        for name, job in _mapping(self._value.get("jobs")).items():
            if isinstance(job, dict):
                at = ("jobs", name)
                matrix = self._matrix(job, at)
                yield from self._of_images(job, at, matrix)
                yield from self._of_steps(job, at, matrix)

    def _of_images(
        self, job: dict[str, Any], at: Pointer, matrix: dict[str, list[_Place]]
    ) -> Iterator[Sighting]:
        named = [(job.get("container"), (*at, "container"), "job")]
        named += [
            (service, (*at, "services", key), "service")
            for key, service in _mapping(job.get("services")).items()
        ]
        for holder, place, found_in in named:
            image = holder.get("image") if isinstance(holder, dict) else holder
            if isinstance(image, str) and image:
                pointer = (*place, "image") if isinstance(holder, dict) else place
                written = _Place(image, self._document.line(*pointer))
                yield from self._maintained(
                    [
                        sighting
                        for each in self._expanded(written, job, matrix)
                        for sighting in sightings_of_image(
                            each.text, each.line, CI, found_in, self._files
                        )
                    ]
                )

    def _of_steps(
        self, job: dict[str, Any], at: Pointer, matrix: dict[str, list[_Place]]
    ) -> Iterator[Sighting]:
        steps = job.get("steps")
        for index, step in enumerate(steps if isinstance(steps, list) else []):
            action = str(_mapping(step).get("uses") or "").partition("@")[0].lower()
            if action not in _SETUP:
                continue
            key, product = _SETUP[action]
            value = _mapping(step.get("with")).get(key)
            if isinstance(value, (str, int, float)):
                line = self._document.line(*at, "steps", index, "with", key)
                yield from self._maintained(
                    [
                        Sighting(Versioned(product, version), each.line, CI, "setup")
                        for each in self._expanded(_Place(str(value), line), job, matrix)
                        for version in self._versions(each.text, product)
                    ]
                )

    def _versions(self, text: str, product: str) -> Iterator[str]:
        """The versions in a setting, which may have one a line; ``lts/iron`` is 20."""
        for word in text.split():
            if word[:1].isdigit():
                yield word
            name, cycle = self._files.lifecycles.by_codename.get(
                word.lower().removeprefix("lts/"), ("", "")
            )
            if name == product:
                yield cycle

    def _maintained(self, sightings: list[Sighting]) -> list[Sighting]:
        """Leave out what has ended where something else of the same product has not."""
        alive = {each.found.product for each in sightings if not self._has_ended(each)}
        return [
            each
            for each in sightings
            if each.found.product not in alive or not self._has_ended(each)
        ]

    def _has_ended(self, sighting: Sighting) -> bool:
        found = sighting.found
        state = self._files.lifecycles.state(found.product, found.version, self._files.today)
        return state is not None and state.ended

    def _matrix(self, job: dict[str, Any], at: Pointer) -> dict[str, list[_Place]]:
        pointer = (*at, "strategy", "matrix")
        matrix = _mapping(_mapping(job.get("strategy")).get("matrix"))
        found: dict[str, list[_Place]] = {}
        for key, values in matrix.items():
            for index, value in enumerate(values if isinstance(values, list) else []):
                entries = value.items() if isinstance(value, dict) else [(key, value)]
                for name, each in entries:
                    line = self._document.line(*pointer, key, index, name)
                    found.setdefault(name, []).append(_Place(str(each), line))
        return found

    def _expanded(
        self, written: _Place, job: dict[str, Any], matrix: dict[str, list[_Place]]
    ) -> Iterator[_Place]:
        """Every text that one with expressions stands for; none where one is not known."""
        parts: list[list[_Place]] = []
        end = 0
        for match in _EXPRESSION.finditer(written.text):
            parts.append([_Place(written.text[end : match.start()], 0)])
            parts.append(self._meant(match, job, matrix))
            end = match.end()
        parts.append([_Place(written.text[end:], 0)])
        for combination in itertools.islice(itertools.product(*parts), _COMBINATIONS):
            lines = [each.line for each in combination if each.line]
            yield _Place(
                "".join(each.text for each in combination), lines[0] if lines else written.line
            )

    def _meant(
        self, match: re.Match[str], job: dict[str, Any], matrix: dict[str, list[_Place]]
    ) -> list[_Place]:
        kind, name = match[1], match[2]
        if kind == "matrix":
            return matrix.get(name, [])
        if kind == "env":
            for holder in (job, self._value):
                value = _mapping(holder.get("env")).get(name)
                if value is not None:
                    return [_Place(str(value), 0)]
            return []
        call = _mapping(_mapping(self._value.get("on")).get("workflow_call"))
        declared = {**_mapping(call.get("inputs")), **_mapping(self._value.get("inputs"))}
        default = _mapping(declared.get(name)).get("default")
        return [] if default is None else [_Place(str(default), 0)]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
