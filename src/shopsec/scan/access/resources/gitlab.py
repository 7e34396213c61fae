"""GitLab pipelines: jobs as GitLab runs them, each at the place where it was written.

https://docs.gitlab.com/ci/yaml/
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError, lines_of
from shopsec.scan.access.resources import pasted_variables
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.deployments import (
    is_pipeline_secret,
    literal_secrets,
    shared_secrets,
)
from shopsec.scan.access.resources.github_includes import is_branch
from shopsec.scan.access.resources.gitlab_pipeline import (
    Inclusion,
    Pipeline,
    check_part,
    holds_pipeline,
    is_gitlab,
    is_included,
    is_named_for_gitlab,
    read_pipeline,
)
from shopsec.scan.access.resources.gitlab_rules import Way, is_unattended, ways_of
from shopsec.scan.access.resources.gitlab_values import Written
from shopsec.scan.access.resources.origin import owner_of
from shopsec.scan.access.resources.pipeline import Include, Job
from shopsec.scan.access.resources.plain_job import PlainJob, plain_step, plain_workflow
from shopsec.scan.access.resources.release_calls import releases_of
from shopsec.scan.access.resources.scripts import Owner, Script, command_resources, facts_of
from shopsec.scan.access.resources.variables import variable_scripts

JOBS = 2_000
"""Most jobs of a pipeline; GitLab runs 500 of them unless told otherwise."""

_STAGES = ("build", "test", "deploy")
_SECTIONS = ("before_script", "script", "after_script")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")
# Tokens that GitLab makes for the job, and that end with it.
_GIVEN = re.compile(r"CI_JOB_TOKEN|CI_REGISTRY_PASSWORD|CI_DEPLOY_PASSWORD|CI_DEPENDENCY_PROXY\w*")
_NO_DEPLOYMENT = frozenset({"stop", "prepare", "verify", "access"})
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Jobs, steps, commands and inclusions of a pipeline; nothing for a part of another one."""
    if is_included(file, files):
        check_part(file, content)
        return
    pipeline = read_pipeline(file, content, files)
    yield from _PipelineReader(file, pipeline, files).resources()


SOURCE = Source(
    "GitLab pipeline", is_gitlab, build, holds_pipeline, is_named_for_gitlab, scripts=True
)


class _JobReader:
    """One job with everything merged in."""

    def __init__(self, name: str, job: Written, pipeline: Pipeline) -> None:
        self.name = name
        self.job = job
        self._pipeline = pipeline

    @cached_property
    def scripts(self) -> tuple[Written, ...]:
        """Every item of its scripts, in the order in which they run."""
        return tuple(
            item
            for section in _SECTIONS
            for item in self._pipeline.resolved(self.job.get(section))
            if item.text
        )

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        return ways_of(self.job, self._pipeline)

    @property
    def stage(self) -> str:
        return self.text("stage") or "test"

    @cached_property
    def needs(self) -> tuple[str, ...] | None:
        """Names of the jobs it waits for; None where it waits for the stages before its own."""
        needs = self.job.get("needs")
        if needs is None:
            return None
        return tuple(
            each.text or (each.get("job") or each).text for each in self._pipeline.resolved(needs)
        )

    @cached_property
    def tests(self) -> bool:
        return any(facts_of(item.text).tests for item in self.scripts)

    @property
    def blocks(self) -> bool:
        """A start by hand that others wait for."""
        manual = bool(self.ways) and all(way.manual for way in self.ways)
        allowed = self.job.get("allow_failure")
        return manual and allowed is not None and allowed.value is False

    @property
    def environment(self) -> str:
        value = self._pipeline.value(self.job.get("environment"))
        if value is None:
            return ""
        action = value.get("action")
        if action is not None and action.text in _NO_DEPLOYMENT:
            return ""
        name = value.get("name") if isinstance(value.value, dict) else value
        return name.text if name is not None else ""

    def text(self, key: str) -> str:
        value = self._pipeline.value(self.job.get(key))
        return value.text if value is not None else ""

    @property
    def variables(self) -> dict[str, object]:
        """Its own variables; those of the whole file are mostly meant for tests."""
        own = self.job.get("variables")
        return {name: _plain(each) for name, each in own.mapping.items()} if own else {}

    def secrets(self, given: Mapping[str, Written]) -> tuple[str, ...]:
        """Secret-like variables that its scripts name and that no file sets, sorted."""
        own = self.job.get("variables")
        set_here = {**given, **(own.mapping if own is not None else {})}
        texts = [item.text for item in self.scripts]
        texts += [each.text for each in set_here.values()]
        names = {name for text in texts for name in _VARIABLE.findall(text)}
        declared = self.job.get("secrets")
        found = {name for name in names
                 if is_pipeline_secret(name) and not _GIVEN.fullmatch(name)
                 and ("$" in set_here[name].text if name in set_here else True)}  # fmt: skip
        return tuple(sorted(found | set(declared.mapping if declared is not None else ())))


class _PipelineReader:
    def __init__(self, file: SourceFile, pipeline: Pipeline, files: Files) -> None:
        self._file = file
        self._pipeline = pipeline
        self._files = files
        self._owner = owner_of(files.remote)
        self._releases = releases_of(files)
        self._sources: dict[str, Sequence[str]] = {}
        if len(pipeline.jobs) > JOBS:
            raise DocumentError(f"has more than {JOBS} jobs")
        self._jobs = {name: _JobReader(name, job, pipeline) for name, job in pipeline.jobs.items()}
        variables = pipeline.top.get("variables")
        self._variables = variables.mapping if variables is not None else {}
        stages = pipeline.top.get("stages")
        names = [each.text for each in pipeline.resolved(stages)] if stages else list(_STAGES)
        self._stages = [".pre", *names, ".post"]

    def resources(self) -> Iterator[Resource]:
        triggers = sorted({event for job in self._jobs.values() for way in job.ways
                           for event in way.events})  # fmt: skip
        views = {name: self._view(reader) for name, reader in self._jobs.items()}
        if self._jobs:
            workflow = plain_workflow("gitlab", tuple(triggers), len(self._jobs))
            places = {}
            if any(view.deploys for view in views.values()):
                own = {name: _plain(each) for name, each in self._variables.items()
                       if each.file.uri == self._file.uri}  # fmt: skip
                workflow = replace(workflow, literal_secrets=tuple(sorted(shared_secrets(own))))
                if workflow.literal_secrets:
                    places["env"] = self._variables[workflow.literal_secrets[0]].line
            yield Resource(workflow, self._file, 1, self._file.name, places)
        for inclusion in self._pipeline.inclusions:
            place = inclusion.place
            yield Resource(_include(inclusion, self._owner), place.file, place.line, inclusion.name)
        yield from self._variable_commands(self._variables, Owner("gitlab", self._file.name))
        seen: set[tuple[str, int, str]] = set()
        for name, view in sorted(views.items(), key=lambda each: not each[1].deploys):
            yield from self._job(self._jobs[name], view, seen)

    def _view(self, reader: _JobReader) -> Job:
        unattended = [way for way in reader.ways if is_unattended(way)]
        requests = [way for way in reader.ways if "merge_request_event" in way.events]
        environment = reader.environment
        manual = bool(reader.ways) and all(way.manual for way in reader.ways)
        failure = reader.job.get("allow_failure")
        return PlainJob(
            system="gitlab",
            name=reader.name,
            scripts=tuple(item.text for item in reader.scripts),
            triggers=tuple(sorted({event for way in reader.ways for event in way.events})),
            environment=environment,
            secrets=reader.secrets(self._variables),
            literal_secrets=tuple(sorted(literal_secrets(reader.variables))),
            pull_request=bool(requests),
            unattended=bool(unattended),
            approval=manual
            or (bool(environment) and all(way.protected for way in unattended))
            or self._waits_for(reader, self._blocking),
            manual=manual,
            deploys_by_task=any(self._releases.deploys(item.text) for item in reader.scripts),
            waits_for_tests=self._waits_for(reader, self._testing),
            failure_ignored=(failure is not None and _is_allowed(failure))
            or (bool(reader.ways) and all(way.ignores_failure for way in reader.ways)),
            concurrency=bool(reader.text("resource_group")),
        ).view()

    @cached_property
    def _testing(self) -> dict[str, int]:
        return {name: self._position(each) for name, each in self._jobs.items() if each.tests}

    @cached_property
    def _blocking(self) -> dict[str, int]:
        return {name: self._position(each) for name, each in self._jobs.items() if each.blocks}

    def _waits_for(self, reader: _JobReader, wanted: Mapping[str, int]) -> bool:
        """True when one of the jobs wanted, with their stages, must succeed before it starts."""
        if reader.needs is None:
            return min(wanted.values(), default=len(self._stages)) < self._position(reader)
        return not wanted.keys().isdisjoint(self._needed(reader))

    def _needed(self, reader: _JobReader) -> set[str]:
        seen: set[str] = set()
        waiting = list(reader.needs or ())
        while waiting:
            name = waiting.pop()
            if name in self._jobs and name not in seen and name != reader.name:
                seen.add(name)
                waiting.extend(self._jobs[name].needs or ())
        return seen

    def _position(self, reader: _JobReader) -> int:
        return self._stages.index(reader.stage) if reader.stage in self._stages else 0

    def _job(
        self, reader: _JobReader, view: Job, seen: set[tuple[str, int, str]]
    ) -> Iterator[Resource]:
        job = reader.job
        yield Resource(view, job.file, job.line, reader.name, self._places(reader))
        owner = Owner("gitlab", reader.name, deploys=view.deploys, has_secrets=view.has_secrets)
        fresh = []
        for item in reader.scripts:
            where = (item.file.uri, item.line, item.text)
            if where not in seen:
                seen.add(where)
                fresh.append(item)
        for item in fresh:
            fields = pasted_variables.in_gitlab(item.text)
            step = plain_step(view, item.text, fields)
            yield Resource(step, item.file, item.line, f"{reader.name}: {item.text[:40]}")
        yield from command_resources(map(self._script, fresh), owner)
        variables = job.get("variables")
        if variables is not None:
            own = {name: each for name, each in variables.mapping.items()
                   if (each.file.uri, each.line, name) not in seen}  # fmt: skip
            seen.update((each.file.uri, each.line, name) for name, each in own.items())
            yield from self._variable_commands(own, owner)

    def _variable_commands(
        self, variables: Mapping[str, Written], owner: Owner
    ) -> Iterator[Resource]:
        def place(name: str) -> Script:
            return Script("", variables[name].file, variables[name].line, ())

        values = {name: _plain(each) for name, each in variables.items()}
        yield from command_resources(variable_scripts(values, place), owner)

    def _script(self, item: Written) -> Script:
        return Script(item.text, item.file, item.line, self._source(item.file))

    def _source(self, file: SourceFile) -> Sequence[str]:
        if file.uri not in self._sources:
            text = self._files.read(file).decode("utf-8", "replace")
            self._sources[file.uri] = lines_of(text)
        return self._sources[file.uri]

    def _places(self, reader: _JobReader) -> dict[str, int]:
        """Lines in the job's own file; what it was given by another file stands at the job."""
        places: dict[str, int] = {}
        keys = {"environment": "environment", "trigger": "rules", "if": "rules",
                "allow_failure": "allow_failure", "env": "variables"}  # fmt: skip
        for place, key in keys.items():
            value = reader.job.get(key)
            if value is not None and value.file.uri == reader.job.file.uri:
                places[place] = value.line
        for item in reader.scripts:
            if item.file.uri != reader.job.file.uri:
                continue
            deploys, images = self._releases.deploys(item.text), facts_of(item.text).images
            for place, found in (("deploy", deploys), ("image", bool(images))):
                if found:
                    places.setdefault(place, item.line)
        if "deploy" not in places and "environment" in places:
            places["deploy"] = places["environment"]
        return places


def _is_allowed(failure: Written) -> bool:
    """True for ``allow_failure: true`` and for the exit code that tools fail with."""
    codes = failure.get("exit_codes")
    if codes is None:
        return failure.value is True
    listed = codes.value if isinstance(codes.value, (list, tuple)) else (codes,)
    return any(str(getattr(each, "value", each)) == "1" for each in listed)


def _plain(value: Written) -> object:
    if isinstance(value.value, dict):
        inner = value.value.get("value")
        return inner.value if isinstance(inner, Written) else None
    return value.value


def _belongs_to(name: str) -> set[str]:
    """Names of who may own a project or component: its group, and whose host it is on."""
    first, *rest = name.split("/")
    return {first, *first.split("."), *rest[:1]}


def _include(inclusion: Inclusion, owner: str) -> Include:
    how, version = inclusion.how, inclusion.version
    groups = inclusion.name.partition("://")[2] or inclusion.name
    pinned = inclusion.has_digest or _HASH.fullmatch(version) is not None
    moves = {
        "remote": not pinned,
        "project": not version or is_branch(version),
        "component": not version or version == "~latest" or is_branch(version),
    }
    return Include(
        system="gitlab",
        how=how,
        name=inclusion.name,
        version=version,
        branch=moves.get(how, False),
        pinned=pinned,
        own=bool(owner) and how != "remote" and owner in _belongs_to(groups.lower()),
        insecure=inclusion.name.startswith("http://"),
        hijacked="",
        hijack_moved=False,
    )
