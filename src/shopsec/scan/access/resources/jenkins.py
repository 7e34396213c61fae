"""Jenkinsfiles: every stage is a job.

https://www.jenkins.io/doc/book/pipeline/syntax/
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError, lines_of
from shopsec.scan.access.documents.jenkinsfile import (
    Shell,
    Stage,
    Variable,
    parse_jenkinsfile,
)
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.deployments import literal_secrets, shared_secrets
from shopsec.scan.access.resources.pipeline import Job
from shopsec.scan.access.resources.plain_job import PlainJob, plain_step, plain_workflow
from shopsec.scan.access.resources.release_calls import Releases, releases_of
from shopsec.scan.access.resources.scripts import Owner, Script, command_resources, facts_of
from shopsec.scan.access.resources.variables import variable_scripts

STAGES = 1_000
"""Most stages of a file."""

_NAME = re.compile(r"(?:[\w-]+\.)?Jenkinsfile(?:[.-][\w-]+)?|[\w.-]+\.jenkinsfile", re.IGNORECASE)
_GROOVY_VALUE = re.compile(r"\$\{?\s*(?:env\.|params\.)?(\w+)")
_OUTSIDER = frozenset(
    ["CHANGE_TITLE", "CHANGE_BRANCH", "CHANGE_AUTHOR_DISPLAY_NAME", "CHANGE_FORK",
     "ghprbPullTitle", "ghprbPullLongDescription", "ghprbSourceBranch", "ghprbCommentBody",
     "gitlabMergeRequestTitle", "gitlabMergeRequestDescription", "gitlabSourceBranch",
     "giteaPullRequestTitle"]
)  # fmt: skip
# Variables that a plugin fills from whatever a web hook sends.
_WEB_HOOK = re.compile(r"x_(?:gitea|github|gitlab)_event|GenericTrigger", re.IGNORECASE)
_WEB_HOOK_OUTSIDER = frozenset({"title", "body", "comment", "branch", "message", "ref"})


def is_jenkinsfile(file: SourceFile) -> bool:
    """True for Jenkinsfile and its variants."""
    return "enkinsfile" in file.uri and _NAME.fullmatch(file.name) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Stages that run something, with their scripts and commands."""
    releases = releases_of(files)  # shared libraries are not part of the repository
    every = parse_jenkinsfile(content)
    stages = [stage for stage in every if stage.shells]
    if not stages:
        return
    if len(every) > STAGES:
        raise DocumentError(f"has more than {STAGES} stages")
    text = content.decode("utf-8", "replace")
    source = lines_of(text)
    outsider = _OUTSIDER | (_WEB_HOOK_OUTSIDER if _WEB_HOOK.search(text) else frozenset())
    one_at_a_time = any("disableConcurrentBuilds" in stage.words for stage in every)
    place = _Place(file, source, outsider, releases)
    shared = every[0].variables
    yield from _variable_commands(place, shared, Owner("jenkins", file.name))
    held = {*every[0].credentials, *literal_secrets(_values(shared))}
    asked = tested = deploys = False
    for stage in every:
        asked = asked or "input" in stage.words
        if stage.shells:
            job = _job(stage, place, held, tested=tested)
            job = replace(job, approval=asked, concurrency=one_at_a_time or "lock" in stage.words)
            deploys = deploys or job.deploys
            yield from _stage(place, stage, job)
        tested = tested or _tests(stage)
    yield _workflow(file, len(stages), shared if deploys else ())


SOURCE = Source("Jenkinsfile", is_jenkinsfile, build, scripts=True)


@dataclass(frozen=True)
class _Place:
    """The file, and what its Groovy may paste into scripts."""

    file: SourceFile
    source: Sequence[str]
    outsider: frozenset[str]
    releases: Releases


def _workflow(file: SourceFile, stages: int, variables: Sequence[Variable]) -> Resource:
    """The file; ``variables`` are those of the whole pipeline, where some stage deploys."""
    secrets = shared_secrets(_values(variables))
    view = replace(plain_workflow("jenkins", (), stages), literal_secrets=tuple(sorted(secrets)))
    lines = [each.line for each in variables if each.name in secrets]
    places = {"env": lines[0]} if lines else {}
    return Resource(view, file, 1, file.name, places)


def _variable_commands(
    place: _Place, variables: Sequence[Variable], owner: Owner
) -> Iterator[Resource]:
    lines = {each.name: each.line for each in variables}
    scripts = variable_scripts(
        _values(variables), lambda name: Script("", place.file, lines[name], ())
    )
    yield from command_resources(scripts, owner)


def _values(variables: Sequence[Variable]) -> dict[str, str]:
    return {each.name: each.value for each in variables}


def _job(stage: Stage, place: _Place, held: set[str], *, tested: bool) -> Job:
    """A stage; ``held`` are the secrets that every stage of the file can read."""
    values = _values(stage.variables) if stage.name else {}
    return PlainJob(
        system="jenkins",
        name=stage.name or "pipeline",
        scripts=tuple(shell.text for shell in stage.shells),
        secrets=tuple(sorted({*stage.credentials, *literal_secrets(values), *held})),
        literal_secrets=tuple(sorted(shared_secrets(values))),
        pull_request="changeRequest" in stage.words,
        unattended=True,
        waits_for_tests=tested,
        failure_ignored="catchError" in stage.words,
        deploys_by_task=any(place.releases.deploys(shell.text) for shell in stage.shells),
    ).view()


def _stage(place: _Place, stage: Stage, job: Job) -> Iterator[Resource]:
    places: dict[str, int] = {}
    for shell in stage.shells:
        deploys, images = place.releases.deploys(shell.text), facts_of(shell.text).images
        for name, found in (("deploy", deploys), ("image", bool(images))):
            if found:
                places.setdefault(name, shell.line)
    named = [each.line for each in stage.variables if each.name in job.literal_secrets]
    if named:
        places["env"] = named[0]
    yield Resource(job, place.file, stage.line, job.name, places)
    owner = Owner("jenkins", job.name, deploys=job.deploys, has_secrets=job.has_secrets)
    for shell in stage.shells:
        step = plain_step(job, shell.text, _pasted(shell, place.outsider))
        yield Resource(step, place.file, shell.line, f"{job.name}: {shell.text[:40].strip()}")
    scripts = [Script(shell.text, place.file, shell.line, place.source) for shell in stage.shells]
    yield from command_resources(scripts, owner)
    if stage.name:
        yield from _variable_commands(place, stage.variables, owner)


def _tests(stage: Stage) -> bool:
    return any(facts_of(shell.text).tests for shell in stage.shells)


def _pasted(shell: Shell, outsider: frozenset[str]) -> tuple[str, ...]:
    """Fields that Groovy pastes into the script before a shell reads it."""
    if not shell.interpolated:
        return ()
    names = _GROOVY_VALUE.findall(shell.text)
    return tuple(dict.fromkeys(name for name in names if name in outsider))
