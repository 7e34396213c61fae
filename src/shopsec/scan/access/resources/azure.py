"""Azure Pipelines: jobs and deployment jobs.

https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError, lines_of
from shopsec.scan.access.documents.yaml_document import Pointer, YamlDocument, parse_yaml
from shopsec.scan.access.resources import pasted_variables
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.deployments import (
    is_pipeline_secret,
    literal_secrets,
    shared_secrets,
)
from shopsec.scan.access.resources.pipeline import Include, Job
from shopsec.scan.access.resources.plain_job import PlainJob, plain_step, plain_workflow
from shopsec.scan.access.resources.release_calls import Releases, releases_of
from shopsec.scan.access.resources.scripts import Owner, Script, command_resources, facts_of
from shopsec.scan.access.resources.variables import variable_scripts

JOBS = 1_000
"""Most jobs of a pipeline."""

_NAME = re.compile(r"azure-pipelines[\w.-]*\.ya?ml")
_SHELLS = ("script", "bash", "pwsh", "powershell")
_TASK_SCRIPTS = ("inlineScript", "script", "Inline")
_DEPLOY_TASK = re.compile(
    r"(?:AzureWebApp|AzureRmWebAppDeployment|AzureFunctionApp|AzureContainerApps|KubernetesManifest"
    r"|HelmDeploy|FtpUpload|CopyFilesOverSSH|SSH|AzureStaticWebApp|AzureSpringCloud|AzureAppService"
    r"|IISWebAppDeploymentOnMachineGroup|SqlAzureDacpacDeployment)\w*@",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"\$\(([A-Za-z_][\w.]*)\)|\$\{?([A-Za-z_]\w*)")
_PARAMETER = re.compile(r"\$\{\{\s*parameters\.(\w+)\s*\}\}")
_FOLDERS_OF_STEPS = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic")


@dataclass(frozen=True)
class _Job:
    job: Mapping[str, Any]
    at: Pointer
    name: str
    steps: tuple[tuple[Pointer, Mapping[str, Any]], ...]
    stage: str
    needs: tuple[str, ...] | None
    condition: str


def is_azure(file: SourceFile) -> bool:
    """True for azure-pipelines.yml and its variants."""
    return "azure-pipelines" in file.uri and _NAME.fullmatch(file.name) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Jobs with their steps and commands; templates are not followed."""
    documents = parse_yaml(content)
    value = documents[0].value if documents else None
    if not isinstance(value, dict):
        raise DocumentError("is no pipeline: it is no mapping")
    yield from _Reader(file, documents[0], content, releases_of(files)).resources()


SOURCE = Source("Azure pipeline", is_azure, build, scripts=True)


class _Reader:
    def __init__(
        self, file: SourceFile, document: YamlDocument, content: bytes, releases: Releases
    ) -> None:
        self._releases = releases
        self._file = file
        self._document = document
        self._source = lines_of(content.decode("utf-8", "replace"))
        self._value: dict[str, Any] = document.value
        self._jobs = list(islice(_jobs(self._value), JOBS + 1))
        if len(self._jobs) > JOBS:
            raise DocumentError(f"has more than {JOBS} jobs")
        self._testing = [each for each in self._jobs if _tests(each)]
        self._free = _free_parameters(self._value)

    def resources(self) -> Iterator[Resource]:
        triggers = self._triggers()
        jobs = [each for found in self._jobs for each in self._job(found, triggers)]
        workflow = plain_workflow("azure", triggers, len(self._jobs))
        places = {}
        if any(isinstance(each.view, Job) and each.view.deploys for each in jobs):
            shared = tuple(sorted(shared_secrets(_variables(self._value))))
            workflow = replace(workflow, literal_secrets=shared)
            if shared:
                places["env"] = self._line(*self._variable(shared[0]))
        yield Resource(workflow, self._file, 1, self._file.name, places)
        yield from self._repositories()
        owner = Owner("azure", self._file.name)
        yield from command_resources(
            variable_scripts(
                _variables(self._value), lambda name: self._script("", self._variable(name))
            ),
            owner,
        )
        yield from jobs

    def _variable(self, name: str) -> Pointer:
        """Place of a variable of the whole file, in either form."""
        found = self._value.get("variables")
        for index, each in enumerate(_list(found)):
            if isinstance(each, dict) and each.get("name") == name:
                return ("variables", index)
        return ("variables", name)

    def _triggers(self) -> tuple[str, ...]:
        """Events in GitHub's words; where nothing is said, every push starts the pipeline."""
        events = []
        if self._value.get("trigger", "any") not in ("none", None):
            events.append("push")
        if self._value.get("pr") not in ("none", None):
            events.append("pull_request")
        if self._value.get("schedules"):
            events.append("schedule")
        return tuple(events)

    def _job(self, found: _Job, triggers: tuple[str, ...]) -> Iterator[Resource]:
        scripts = [(key, text) for key, step in found.steps for key, text in _script(key, step)]
        environment = _environment(found.job)
        tasks = [str(step.get("task") or "") for _, step in found.steps]
        requests = "pull_request" in triggers and not _leaves_requests_out(found.condition)
        job = PlainJob(
            system="azure",
            name=found.name,
            scripts=tuple(text for _, text in scripts),
            triggers=triggers,
            environment=environment,
            condition=found.condition,
            secrets=_secrets(found.steps, self._value),
            literal_secrets=tuple(sorted(literal_secrets(_variables(found.job))))
            if found.at
            else (),
            pull_request=requests,
            unattended=bool({"push", "schedule"} & set(triggers)),
            approval=bool(environment) or any("ManualValidation@" in task for task in tasks),
            waits_for_tests=self._waits_for_tests(found),
            failure_ignored=str(found.job.get("continueOnError")).lower() == "true",
            # An exclusive lock is a setting of the environment.
            concurrency=bool(environment) or self._value.get("lockBehavior") is not None,
            deploys_by_task=any(map(_DEPLOY_TASK.match, tasks))
            or any(self._releases.deploys(text) for _, text in scripts),
        ).view()
        yield Resource(
            job, self._file, self._line(*found.at), found.name, self._places(found, scripts)
        )
        owner = Owner("azure", found.name, deploys=job.deploys, has_secrets=job.has_secrets)
        for key, text in scripts:
            script = self._script(text, key)
            step = replace(
                plain_step(job, text, pasted_variables.in_azure(text)),
                insider_fields=self._pasted_parameters(text),
                continue_on_error=_goes_on(found, key),
            )
            yield Resource(step, self._file, script.line, f"{found.name}: {text[:40].strip()}")
            yield from command_resources([script], owner)

    def _pasted_parameters(self, text: str) -> tuple[str, ...]:
        names = dict.fromkeys(_PARAMETER.findall(text))
        return tuple(f"parameters.{name}" for name in names if name in self._free)

    def _places(self, found: _Job, scripts: list[tuple[Pointer, str]]) -> dict[str, int]:
        places = {}
        if found.at and found.job.get("variables") is not None:
            places["env"] = self._line(*found.at, "variables")
        if found.job.get("environment") is not None:
            places["environment"] = self._line(*found.at, "environment")
        for key, step in found.steps:
            if _DEPLOY_TASK.match(str(step.get("task") or "")):
                places.setdefault("deploy", self._line(*key))
        for key, text in scripts:
            deploys, images = self._releases.deploys(text), facts_of(text).images
            for place, holds in (("deploy", deploys), ("image", bool(images))):
                if holds:
                    places.setdefault(place, self._line(*key))
        if "environment" in places:
            places.setdefault("deploy", places["environment"])
        return places

    def _waits_for_tests(self, found: _Job) -> bool:
        """A job with tests is among those named, or in a stage before."""
        if found.needs is not None:
            return any({each.name, each.stage} & set(found.needs) for each in self._testing)
        return any(each.at < found.at and each.stage != found.stage for each in self._testing)

    def _repositories(self) -> Iterator[Resource]:
        resources = self._value.get("resources")
        listed = resources.get("repositories") if isinstance(resources, dict) else None
        for index, each in enumerate(listed if isinstance(listed, list) else ()):
            if not isinstance(each, dict) or not each.get("name"):
                continue
            ref = str(each.get("ref") or "")
            view = Include(
                system="azure",
                how="project",
                name=str(each["name"]),
                version=ref,
                branch=not ref or ref.startswith("refs/heads/"),
                pinned=False,
                own=False,
                insecure=False,
                hijacked="",
                hijack_moved=False,
            )
            line = self._line("resources", "repositories", index)
            yield Resource(view, self._file, line, view.name)

    def _script(self, text: str, at: Pointer) -> Script:
        return Script(text, self._file, self._line(*at), self._source)

    def _line(self, *pointer: str | int) -> int:
        return self._document.line(*pointer)


def _jobs(value: Mapping[str, Any]) -> Iterator[_Job]:
    """Jobs of all stages; a file with steps alone is one job."""
    stages = value.get("stages")
    if isinstance(stages, list):
        for index, stage in enumerate(stages):
            if isinstance(stage, dict):
                name = str(stage.get("stage") or f"stage {index + 1}")
                yield from _jobs_of(stage, ("stages", index), name, stage)
    else:
        yield from _jobs_of(value, (), "", {})


def _jobs_of(
    holder: Mapping[str, Any], at: Pointer, stage: str, stage_value: Mapping[str, Any]
) -> Iterator[_Job]:
    jobs = holder.get("jobs")
    if not isinstance(jobs, list):
        if isinstance(holder.get("steps"), list):
            steps = tuple(_steps(holder, at))
            yield _Job(holder, at, "pipeline", steps, stage, None, "")
        return
    for index, job in enumerate(jobs):
        if not isinstance(job, dict):
            continue
        name = str(job.get("job") or job.get("deployment") or f"job {index + 1}")
        needs = _names(job.get("dependsOn", stage_value.get("dependsOn")))
        condition = f"{stage_value.get('condition') or ''} {job.get('condition') or ''}".strip()
        place = (*at, "jobs", index)
        yield _Job(job, place, name, tuple(_steps(job, place)), stage, needs, condition)


def _steps(job: Mapping[str, Any], at: Pointer) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
    for index, step in enumerate(_list(job.get("steps"))):
        if isinstance(step, dict):
            yield (*at, "steps", index), step
    strategy = job.get("strategy")
    for kind, phases in strategy.items() if isinstance(strategy, dict) else ():
        for phase in _FOLDERS_OF_STEPS if isinstance(phases, dict) else ():
            held = phases.get(phase)
            steps = _list(held.get("steps")) if isinstance(held, dict) else []
            for index, step in enumerate(steps):
                if isinstance(step, dict):
                    yield (*at, "strategy", kind, phase, "steps", index), step


def _script(at: Pointer, step: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    for key in _SHELLS:
        if isinstance(step.get(key), str):
            yield (*at, key), step[key]
    inputs = step.get("inputs")
    if isinstance(inputs, dict):
        for key in _TASK_SCRIPTS:
            if isinstance(inputs.get(key), str):
                yield (*at, "inputs", key), inputs[key]


def _goes_on(found: _Job, key: Pointer) -> bool:
    """True when the step that a script belongs to may fail."""
    for at, step in found.steps:
        if key[: len(at)] == at:
            return str(step.get("continueOnError")).lower() == "true"
    return False


def _tests(found: _Job) -> bool:
    return any(facts_of(text).tests for key, step in found.steps for _, text in _script(key, step))


def _environment(job: Mapping[str, Any]) -> str:
    value = job.get("environment")
    if isinstance(value, dict):
        value = value.get("name")
    return str(value or "").partition(".")[0]


def _leaves_requests_out(condition: str) -> bool:
    return re.search(r"Build\.SourceBranch|ne\(variables\['Build\.Reason'\]", condition) is not None


def _secrets(
    steps: tuple[tuple[Pointer, Mapping[str, Any]], ...], value: Mapping[str, Any]
) -> tuple[str, ...]:
    variables = value.get("variables")
    known = set(variables) if isinstance(variables, dict) else set()
    texts = []
    for _, step in steps:
        for part in (step, step.get("env"), step.get("inputs")):
            if isinstance(part, dict):
                texts += [each for each in part.values() if isinstance(each, str)]
    names = {first or second for text in texts for first, second in _VARIABLE.findall(text)}
    return tuple(sorted(name for name in names - known if is_pipeline_secret(name)))


def _free_parameters(value: Mapping[str, Any]) -> frozenset[str]:
    """Parameters that whoever starts a run fills with any text."""
    return frozenset(
        str(each.get("name"))
        for each in _list(value.get("parameters"))
        if isinstance(each, dict)
        and each.get("type", "string") == "string"
        and each.get("values") is None
    )


def _names(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    return (value,) if isinstance(value, str) else tuple(map(str, _list(value)))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _variables(holder: Mapping[str, Any]) -> dict[str, Any]:
    """Variables in either form: a mapping, or a list of names with values."""
    found = holder.get("variables")
    if isinstance(found, dict):
        return found
    return {
        str(each["name"]): each.get("value")
        for each in _list(found)
        if isinstance(each, dict) and "name" in each
    }
