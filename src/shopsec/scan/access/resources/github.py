"""GitHub workflows and actions (also Gitea's and Forgejo's, which share the syntax).

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError, lines_of
from shopsec.scan.access.documents.yaml_document import Pointer, YamlDocument, parse_yaml
from shopsec.scan.access.resources import github_expressions as expressions
from shopsec.scan.access.resources import github_workflow as raw
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.deployments import long_lived_keys, shared_secrets
from shopsec.scan.access.resources.github_follow import (
    Automation,
    Part,
    automation_of,
)
from shopsec.scan.access.resources.github_includes import include_of
from shopsec.scan.access.resources.github_job import JobReader, WorkflowContext, job_view
from shopsec.scan.access.resources.github_step import step_view
from shopsec.scan.access.resources.github_steps import Around
from shopsec.scan.access.resources.github_surroundings import expressions_around
from shopsec.scan.access.resources.pipeline import Workflow
from shopsec.scan.access.resources.release_calls import Releases, releases_of
from shopsec.scan.access.resources.scripts import Owner, Script, command_resources
from shopsec.scan.access.resources.variables import variable_scripts

JOBS = 500
"""Most jobs of a workflow; GitHub starts 256 of a matrix."""
STEPS = 5_000
"""Most steps of all jobs."""

_NEEDS_WRITING = re.compile(
    r"github\.token|GITHUB_TOKEN|GH_TOKEN|git push|docker/login|id-token|configure-aws-credentials"
    r"|google-github-actions/auth|azure/login|deploy-pages|attest|softprops/action-gh-release"
    r"|peter-evans/create-pull-request|changesets/action|secrets\.\w*TOKEN"
)

# Of several events, the one that a finding is about.
_LOUDEST = ("pull_request_target", "workflow_run", "issue_comment")


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Workflow, jobs, steps, includes and commands; DocumentError when it is no workflow."""
    automation = automation_of(files)
    document = _document(content)
    if document is None or not isinstance(document.value.get("jobs"), dict):
        raise DocumentError("is no workflow: it has no jobs")
    _check_size(document.value)
    place = _place(file, document, content, automation)
    yield from _WorkflowReader(place, automation, releases_of(files)).resources()


def _check_size(workflow: Mapping[str, Any]) -> None:
    jobs = raw.jobs_of(workflow)
    if len(jobs) > JOBS or sum(len(raw.steps_of(job)) for job in jobs.values()) > STEPS:
        raise DocumentError(f"has more than {JOBS} jobs or {STEPS} steps")


def build_action(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Steps, includes and commands of a composite action; of anything else, nothing."""
    if raw.is_workflow(file):
        return
    automation = automation_of(files)
    document = _document(content)
    runs = document.value.get("runs") if document is not None else None
    if document is None or not isinstance(runs, dict):
        return
    place = _place(file, document, content, automation)
    surrounding = automation.surrounding(file.path, document.value)
    frame = _Frame(
        tuple(surrounding.triggers),
        expressions_around(surrounding),
        outsider_trigger=bool(raw.OUTSIDER_TRIGGERS & set(surrounding.triggers)),
    )
    name = str(document.value.get("name") or file.path)
    yield from place.steps(name, raw.steps_of(runs), ("runs",), frame, Owner("github", name))


def _document(content: bytes) -> YamlDocument | None:
    """The mapping in a file; DocumentError says why it cannot be read."""
    documents = parse_yaml(content)
    return documents[0] if documents and isinstance(documents[0].value, dict) else None


SOURCE = Source("GitHub workflow", raw.is_workflow, build, scripts=True)
ACTION_SOURCE = Source("GitHub action", raw.is_action, build_action, scripts=True)


@dataclass(frozen=True)
class _Frame:
    """What is true around the steps of a job or action."""

    triggers: tuple[str, ...]
    where: expressions.Surroundings
    outsider_trigger: bool = False
    deploys: bool = False
    branches: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Place:
    """A file with its lines."""

    file: SourceFile
    document: YamlDocument
    source: Sequence[str]
    owner: str
    """Whose repository it is."""

    def line(self, *pointer: str | int) -> int:
        return self.document.line(*pointer)

    def script(self, text: str, at: Pointer) -> Script:
        return Script(text, self.file, self.line(*at), self.source)

    def steps(
        self,
        owner_name: str,
        steps: Sequence[Mapping[str, Any]],
        at: Pointer,
        frame: _Frame,
        owner: Owner,
    ) -> Iterator[Resource]:
        """Views of steps, of what they take from elsewhere, and of their commands."""
        where = _with_steps(frame.where, steps)
        for index, step in enumerate(steps):
            step_at = (*at, "steps", index)
            key, text = raw.script_of(step)
            script_at = (*step_at, *key) if key else step_at
            view = step_view(
                owner_name, step, frame.triggers, where,
                outsider_trigger=frame.outsider_trigger, in_deployment=frame.deploys,
            )  # fmt: skip
            script = self.script(text, script_at)
            fields = view.outsider_fields or view.insider_fields
            known_as = str(
                step.get("name") or step.get("id") or raw.uses_of(step) or f"step {index + 1}"
            )
            yield Resource(
                view, self.file, self.line(*step_at), f"{owner_name}: {known_as}",
                {"script": self._line_with(script, fields)},
            )  # fmt: skip
            yield from self.include(raw.uses_of(step), (*step_at, "uses"))
            if "uses" not in step or not raw.uses_of(step).startswith("actions/github-script@"):
                yield from command_resources([script], owner, frame.branches)
            yield from self.variables(step.get("env"), (*step_at, "env"), owner)

    def include(self, uses: str, at: Pointer) -> Iterator[Resource]:
        view = include_of(uses, self.owner)
        if view is not None:
            yield Resource(view, self.file, self.line(*at), uses)

    def variables(self, values: Any, at: Pointer, owner: Owner) -> Iterator[Resource]:
        """Commands that variables stand for, such as one that switches a check off."""
        if isinstance(values, dict):
            scripts = variable_scripts(
                values, lambda name: Script("", self.file, self.line(*at, name), ())
            )
            yield from command_resources(scripts, owner)

    @staticmethod
    def _line_with(script: Script, fields: Sequence[str]) -> int:
        """Line of the first of the fields within a script."""
        lines = script.text.split("\n")
        if len(lines) < 2 or not fields:
            return script.line
        wanted = [each.lower() for each in fields]
        for offset, line in enumerate(lines):
            plain = " ".join(expressions.expressions(line)).lower()
            if plain and any(each in plain for each in wanted):
                return script.line + 1 + offset
        return script.line


def _place(
    file: SourceFile, document: YamlDocument, content: bytes, automation: Automation
) -> _Place:
    source = tuple(lines_of(content.decode("utf-8", "replace")))
    return _Place(file, document, source, automation.owner)


class _WorkflowReader:
    def __init__(self, place: _Place, automation: Automation, releases: Releases) -> None:
        self._place = place
        self._value: dict[str, Any] = place.document.value
        self._jobs = raw.jobs_of(self._value)
        surrounding = automation.surrounding(place.file.path, self._value)
        triggers = tuple(surrounding.triggers) or raw.names_of(self._value.get("on"))
        outsider = raw.OUTSIDER_TRIGGERS & set(triggers)
        if "workflow_run" in outsider and not automation.reachable_from_forks(self._value):
            outsider = outsider - {"workflow_run"}
        self._where = expressions_around(surrounding)
        around = Around(automation.owner, releases, frozenset(surrounding.ref_inputs))
        context = WorkflowContext(
            self._value, self._jobs, triggers, bool(outsider), automation, around
        )
        self._context = context
        self._readers = {name: JobReader(name, job, context) for name, job in self._jobs.items()}

    def resources(self) -> Iterator[Resource]:
        yield self._workflow()
        owner = Owner("github", self._place.file.name)
        yield from self._place.variables(self._value.get("env"), ("env",), owner)
        for name, reader in self._readers.items():
            yield from self._job(name, reader)

    def _workflow(self) -> Resource:
        permissions = raw.permissions_of(self._value.get("permissions"))
        shared = self._value.get("env")
        deploys = any(reader.deploys for reader in self._readers.values())
        without = [name for name, job in self._jobs.items() if job.get("permissions") is None]
        declared = self._value.get("permissions") is not None
        view = Workflow(
            system="github",
            triggers=self._context.triggers,
            permissions_declared=declared or not without,
            write_all=permissions.get("*") == "write",
            write_scopes=raw.writes_of(permissions),
            jobs=len(self._jobs),
            jobs_without_writes=sum(not _may_write(job) for job in self._jobs.values()),
            third_party=any(
                raw.is_third_party(raw.uses_of(each), self._place.owner)
                for job in self._jobs.values()
                for each in (job, *raw.steps_of(job))
            ),
            literal_secrets=tuple(sorted(shared_secrets(shared)))
            if deploys and isinstance(shared, dict)
            else (),
        )
        line = self._place.line
        places = {"permissions": line("permissions"), "trigger": line("on")}
        if view.literal_secrets:
            places["env"] = line("env", view.literal_secrets[0])
        return Resource(view, self._place.file, line(), self._place.file.name, places)

    def _job(self, name: str, reader: JobReader) -> Iterator[Resource]:
        view = job_view(reader, self._readers)
        place, at = self._place, reader.at
        yield Resource(view, place.file, place.line(*at), name, self._places(reader))
        yield from place.include(raw.uses_of(reader.job), (*at, "uses"))
        owner = Owner("github", name, deploys=view.deploys, has_secrets=view.has_secrets)
        frame = _Frame(
            self._context.triggers,
            replace(self._where, dynamic_matrix=_dynamic_matrix(reader.job)),
            outsider_trigger=view.outsider_trigger,
            deploys=view.deploys,
            branches=frozenset(
                raw.names_of(raw.event_of(self._value, "push").get("branches"))
                if "push" in self._context.triggers
                else ()
            ),
        )
        yield from place.steps(name, raw.steps_of(reader.job), at, frame, owner)
        yield from place.variables(reader.job.get("env"), (*at, "env"), owner)

    def _places(self, reader: JobReader) -> dict[str, int]:
        line, at, job = self._place.line, reader.at, reader.job
        places = {"trigger": self._trigger_line(reader)}
        keys = {
            "permissions": "permissions", "environment": "environment", "if": "if", "env": "env",
            "runner": "runs-on", "secrets": "secrets", "allow_failure": "continue-on-error",
        }  # fmt: skip
        places |= {place: line(*at, key) for place, key in keys.items() if job.get(key) is not None}
        if "env" not in places and self._value.get("env") is not None:
            places["env"] = line("env")
        steps = reader.steps
        if reader.called:
            places |= dict.fromkeys(("deploy", "dispatch", "image"), line(*at, "uses"))
        for name, part in (
            ("deploy", steps.deploy), ("dispatch", steps.dispatch), ("image", steps.image),
            ("checkout", steps.token_checkout),
        ):  # fmt: skip
            if part is not None:
                places[name] = line(*part.at)
        if "deploy" not in places and "environment" in places:
            places["deploy"] = places["environment"]
        if steps.untrusted_checkout is not None:
            places["untrusted_checkout"] = self._checkout_line(steps.untrusted_checkout)
        places |= self._places_of_secrets(reader)
        for part in reader.parts:
            uses = raw.uses_of(part.step)
            if raw.is_third_party(uses, self._place.owner) and not raw.is_pinned(uses):
                places.setdefault("unpinned", line(*part.at, "uses"))
        if raw.is_third_party(raw.uses_of(job), self._place.owner):
            places["unpinned"] = line(*at, "uses")
        return places

    def _places_of_secrets(self, reader: JobReader) -> dict[str, int]:
        places: dict[str, int] = {}
        if any(map(expressions.reads_all_secrets, reader.all_texts)):
            places["secrets"] = self._line_within(reader, expressions.reads_all_secrets)
        keys = long_lived_keys(reader.secrets)
        if keys:
            places["keys"] = self._line_within(
                reader, lambda text: any(key in text for key in keys)
            )
        return places

    def _trigger_line(self, reader: JobReader) -> int:
        """Line of the event that matters most."""
        events = [each for each in _LOUDEST if each in reader.context.triggers]
        return self._place.line("on", *events[:1])

    def _line_within(self, reader: JobReader, holds: Callable[[str], bool]) -> int:
        """The first line of a job for which something holds, else the job's own."""
        place = self._place
        first, last = place.line(*reader.at), place.document.last_line(*reader.at)
        for number, text in enumerate(place.source[first - 1 : last], first):
            if holds(text):
                return number
        return first

    def _checkout_line(self, part: Part) -> int:
        options = raw.options_of(part.step)
        key = next((each for each in ("ref", "repository") if part.own and each in options), "")
        return self._place.line(*part.at, *(("with", key) if key else ()))


def _with_steps(
    where: expressions.Surroundings, steps: Iterable[Mapping[str, Any]]
) -> expressions.Surroundings:
    """What the outputs of a job's own steps hold."""
    foreign, own = {}, set()
    for step in steps:
        known_as, uses = str(step.get("id") or ""), raw.uses_of(step)
        if not known_as:
            continue
        names = expressions.foreign_outputs(uses)
        if names is not None:
            foreign[known_as] = names
        elif not uses or raw.is_third_party(uses):
            own.add(known_as)
    return replace(where, foreign_steps=foreign, own_steps=frozenset(own))


def _dynamic_matrix(job: Mapping[str, Any]) -> bool:
    strategy = job.get("strategy")
    matrix = strategy.get("matrix") if isinstance(strategy, dict) else None
    return any("${{" in text for text in raw.texts_of(matrix))


def _may_write(job: Mapping[str, Any]) -> bool:
    """True when a job was given a write scope of its own, or does something that needs one."""
    own = job.get("permissions")
    if own is not None:
        return bool(raw.writes_of(raw.permissions_of(own)))
    return any(map(_NEEDS_WRITING.search, raw.texts_of(job)))
