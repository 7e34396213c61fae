"""Bitbucket Pipelines: every step is a job.

https://support.atlassian.com/bitbucket-cloud/docs/bitbucket-pipelines-configuration-reference/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError, lines_of
from shopsec.scan.access.documents.yaml_document import Pointer, YamlDocument, parse_yaml
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.deployments import is_pipeline_secret
from shopsec.scan.access.resources.pipeline import Include
from shopsec.scan.access.resources.plain_job import PlainJob, plain_step, plain_workflow
from shopsec.scan.access.resources.release_calls import Releases, releases_of
from shopsec.scan.access.resources.scripts import Owner, Script, command_resources, facts_of

_NAMES = ("bitbucket-pipelines.yml", "bitbucket-pipelines.yaml")
STEPS = 1_000
"""Most steps of all pipelines; Bitbucket runs 100 in one."""

_EVENTS = {"default": "push", "branches": "push", "tags": "push", "bookmarks": "push",
           "pull-requests": "pull_request", "custom": "workflow_dispatch"}  # fmt: skip
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")
_DEPLOY_PIPE = re.compile(
    r"(?:[\w.-]+/)*(?:ftp-deploy|sftp-deploy|scp-deploy|rsync-deploy|ssh-run|heroku-deploy"
    r"|firebase-deploy|aws-[\w-]*(?:deploy|s3-deploy|update-service)|azure-[\w-]*deploy"
    r"|google-[\w-]*deploy|kubectl-run|[\w-]*-deploy)(?=:|$)"
)
_PIPE_VERSION = re.compile(r"\d+(?:\.\d+)*")
_LEVELS = 5


@dataclass(frozen=True)
class _Step:
    """A step with the place it stands at and how it comes to run."""

    step: Mapping[str, Any]
    at: Pointer
    event: str
    ref: str
    deployment: str
    after_tests: bool
    """A step before it runs tests."""
    manual: bool


def is_bitbucket(file: SourceFile) -> bool:
    """True for the file that Bitbucket reads."""
    return file.uri.endswith(_NAMES) and file.name in _NAMES


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Steps of all pipelines with their commands and pipes; a shared step counts once."""
    releases = releases_of(files)
    documents = parse_yaml(content)
    value = documents[0].value if documents else None
    if not isinstance(value, dict) or not isinstance(value.get("pipelines"), dict):
        raise DocumentError("is no pipeline: it has no pipelines")
    document, source = documents[0], lines_of(content.decode("utf-8", "replace"))
    steps = list(islice(_steps(value["pipelines"]), STEPS + 1))
    if len(steps) > STEPS:
        raise DocumentError(f"has more than {STEPS} steps")
    events = tuple(sorted({each.event for each in steps}))
    yield Resource(plain_workflow("bitbucket", events, len(steps)), file, 1, file.name)
    seen: set[int] = set()
    for each in steps:
        yield from _job(_Place(file, document, source, releases), each, seen)


SOURCE = Source("Bitbucket pipeline", is_bitbucket, build, scripts=True)


def _steps(pipelines: Mapping[str, Any]) -> Iterator[_Step]:
    for kind, event in _EVENTS.items():
        held = pipelines.get(kind)
        if isinstance(held, list):
            yield from _in_order(held, ("pipelines", kind), event, "")
        for ref, entries in held.items() if isinstance(held, dict) else ():
            if isinstance(entries, list):
                yield from _in_order(entries, ("pipelines", kind, ref), event, str(ref))


def _in_order(entries: list[Any], at: Pointer, event: str, ref: str) -> Iterator[_Step]:
    after_tests = manual = False
    for step, place, deployment in _flat(entries, at):
        # What stands behind a step that somebody starts by hand waits with it.
        manual = manual or step.get("trigger") == "manual"
        yield _Step(step, place, event, ref, deployment, after_tests, manual)
        after_tests = after_tests or any(facts_of(text).tests for _, text in _scripts(step))


def _flat(
    entries: Any, at: Pointer, deployment: str = "", level: int = 0
) -> Iterator[tuple[Mapping[str, Any], Pointer, str]]:
    """Steps, also those that run side by side or stand in a stage."""
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if not isinstance(entry, dict) or level > _LEVELS:
            continue
        if isinstance(entry.get("step"), dict):
            step = entry["step"]
            yield step, (*at, index, "step"), str(step.get("deployment") or deployment)
        for key in ("parallel", "stage"):
            inner = entry.get(key)
            if isinstance(inner, list):
                yield from _flat(inner, (*at, index, key), deployment, level + 1)
            elif isinstance(inner, dict):
                named = str(inner.get("deployment") or deployment)
                yield from _flat(inner.get("steps"), (*at, index, key, "steps"), named, level + 1)


@dataclass(frozen=True)
class _Place:
    """The file with its lines."""

    file: SourceFile
    document: YamlDocument
    source: list[str]
    releases: Releases


def _job(place: _Place, found: _Step, seen: set[int]) -> Iterator[Resource]:
    file, document = place.file, place.document
    scripts = _scripts(found.step)
    name = str(found.step.get("name") or found.ref or found.event)
    pipes = _pipes(found.step)
    environment = found.deployment
    texts = [text for _, text in scripts]
    live = found.event == "push" and not re.match(r"dev|stag|test|feature", found.ref)
    job = PlainJob(
        system="bitbucket",
        name=name,
        scripts=tuple(texts),
        triggers=(found.event,),
        environment=environment,
        secrets=_secrets(found.step, texts),
        pull_request=found.event == "pull_request",
        unattended=live and not found.manual,
        approval=found.manual or bool(environment),
        manual=found.manual or found.event == "workflow_dispatch",
        waits_for_tests=found.after_tests,
        concurrency=bool(environment),  # Bitbucket lets one deployment to an environment run
        deploys_by_task=any(_DEPLOY_PIPE.match(pipe) for _, pipe in pipes)
        or any(map(place.releases.deploys, texts)),
    ).view()
    line = document.line(*found.at)
    places = {"environment": document.line(*found.at, "deployment")} if environment else {}
    for key, pipe in pipes:
        if _DEPLOY_PIPE.match(pipe):
            places.setdefault("deploy", document.line(*found.at, *key))
    for key, text in scripts:
        deploys, images = place.releases.deploys(text), facts_of(text).images
        for known_as, holds in (("deploy", deploys), ("image", bool(images))):
            if holds:
                places.setdefault(known_as, document.line(*found.at, *key))
    yield Resource(job, file, line, name, places)
    if id(found.step) in seen:  # an alias: its commands were looked at where it was written
        return
    seen.add(id(found.step))
    owner = Owner("bitbucket", name, deploys=job.deploys, has_secrets=job.has_secrets)
    for key, text in scripts:
        at = document.line(*found.at, *key)
        yield Resource(plain_step(job, text), file, at, f"{name}: {text[:40]}")
        yield from command_resources([Script(text, file, at, place.source)], owner)
    for key, pipe in pipes:
        yield Resource(_include(pipe), file, document.line(*found.at, *key), pipe)


def _scripts(step: Mapping[str, Any]) -> list[tuple[Pointer, str]]:
    found: list[tuple[Pointer, str]] = []
    for key in ("script", "after-script"):
        items = step.get(key)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, str):
                found.append(((key, index), item))
    return found


def _pipes(step: Mapping[str, Any]) -> list[tuple[Pointer, str]]:
    items = step.get("script")
    return [
        (("script", index, "pipe"), str(item["pipe"]))
        for index, item in enumerate(items if isinstance(items, list) else ())
        if isinstance(item, dict) and item.get("pipe")
    ]


def _secrets(step: Mapping[str, Any], texts: list[str]) -> tuple[str, ...]:
    items = step.get("script")
    for item in items if isinstance(items, list) else ():
        variables = item.get("variables") if isinstance(item, dict) else None
        texts = [*texts, *map(str, variables.values() if isinstance(variables, dict) else ())]
    names = {name for text in texts for name in _VARIABLE.findall(text)}
    return tuple(sorted(filter(is_pipeline_secret, names)))


def _include(pipe: str) -> Include:
    name, _, version = pipe.removeprefix("docker://").partition(":")
    return Include(
        system="bitbucket",
        how="pipe",
        name=name,
        version=version,
        branch=not version or version in {"latest", "master", "main"},
        pinned="@sha256:" in pipe or bool(_PIPE_VERSION.fullmatch(version)),
        own=False,
        insecure=False,
        hijacked="",
        hijack_moved=False,
    )
