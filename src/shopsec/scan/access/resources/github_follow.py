"""What a workflow takes from its own repository: composite actions and reusable workflows.

Followed in both directions: what a job does through what it uses, and who uses a workflow or
action, with which events and inputs. A file that cannot be read is reported as such where it is
read for itself; here it counts as not there.

https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows
"""

import posixpath
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.yaml_document import (
    Pointer,
    YamlDocument,
    parse_yaml,
)
from shopsec.scan.access.resources import github_expressions as expressions
from shopsec.scan.access.resources.base import Files, once
from shopsec.scan.access.resources.github_workflow import (
    event_of,
    is_action,
    is_workflow,
    jobs_of,
    names_of,
    options_of,
    steps_of,
    uses_of,
)
from shopsec.scan.access.resources.origin import owner_of
from shopsec.scan.host import Unreadable

# GitHub's own limits are ten levels of composite actions and ten of workflows.
_LEVELS = 10
_PARTS = 400
_FOLDERS = (".forgejo/", ".gitea/", ".github/")
_ACTION_FILES = ("action.yml", "action.yaml")
_ACTION_NAMES = ("/action.yml", "/action.yaml")
_NAMED_OWNER = re.compile(r"github\.repository(?:_owner)?\s*==\s*'([\w.-]+)")
_CHOSEN_TYPES = frozenset({"boolean", "number", "choice", "environment"})
_SET_OFF_BY_ANYBODY = frozenset(
    ["pull_request", "pull_request_target", "issue_comment", "issues", "discussion", "fork",
     "watch", "pull_request_review", "pull_request_review_comment", "workflow_run", "workflow_call",
     "discussion_comment"]
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A step that a job works off, written in it or in what it uses."""

    step: Mapping[str, Any]
    at: Pointer
    """Place in the job's own file: the step itself, or the one that leads to it."""
    own: bool
    """Written in the job."""


@dataclass(frozen=True)
class Called:
    """A job of a reusable workflow that a job calls."""

    name: str
    job: Mapping[str, Any]
    workflow: Mapping[str, Any]
    ref_inputs: frozenset[str]
    """Inputs of its workflow that hold a pull request's branch or commit."""


@dataclass
class Surrounding:
    """What starts a workflow or action, and what its inputs hold, its callers included."""

    triggers: dict[str, None] = field(default_factory=dict)
    outsider_inputs: set[str] = field(default_factory=set)
    insider_inputs: set[str] = field(default_factory=set)
    ref_inputs: set[str] = field(default_factory=set)
    """Those that hold a pull request's branch or commit."""

    @property
    def size(self) -> int:
        """How much is known; what is handed on only adds to it."""
        return sum(
            map(len, (self.triggers, self.outsider_inputs, self.insider_inputs, self.ref_inputs))
        )


@dataclass(frozen=True)
class Automation:
    """Every workflow and action of a repository that can be read, by path."""

    documents: Mapping[str, Mapping[str, Any]]
    parsed: Mapping[str, YamlDocument]
    workflows: frozenset[str]
    surroundings: Mapping[str, Surrounding]
    owner: str
    """Whose repository this is, in lower case; empty where nothing tells."""

    def action(self, uses: str) -> Mapping[str, Any]:
        """The ``runs`` of an action of this repository; empty where there is none."""
        if not uses.startswith("./"):
            return {}
        folder = posixpath.normpath(uses)
        for name in _ACTION_NAMES:
            document = self.documents.get(posixpath.normpath(folder + name))
            if document is not None:
                runs = document.get("runs")
                return runs if isinstance(runs, dict) else {}
        return {}

    def workflow(self, uses: str) -> Mapping[str, Any]:
        """A reusable workflow of this repository; empty where there is none."""
        path = posixpath.normpath(uses) if uses.startswith("./") else ""
        return self.documents[path] if path in self.workflows else {}

    def ref_inputs(self, uses: str) -> frozenset[str]:
        """Inputs of a workflow of this repository that hold a pull request's branch or commit."""
        surrounding = self.surroundings.get(posixpath.normpath(uses))
        return frozenset(surrounding.ref_inputs if surrounding is not None else ())


def automation_of(files: Files) -> Automation:
    """All workflows and actions, read once."""
    return once(files, "github automation", _read_automation)


def parts_of(job: Mapping[str, Any], at: Pointer, automation: Automation) -> Iterator[Part]:
    """A job's steps, each followed by those of the composite action it uses."""
    count = 0
    for index, step in enumerate(steps_of(job)):
        place = (*at, "steps", index)
        yield Part(step, place, own=True)
        waiting = [(uses_of(step), 0)]
        while waiting and count < _PARTS:
            uses, level = waiting.pop(0)
            for inner in steps_of(automation.action(uses)) if level < _LEVELS else ():
                count += 1
                yield Part(inner, place, own=False)
                waiting.append((uses_of(inner), level + 1))


def called_by(job: Mapping[str, Any], automation: Automation) -> tuple[Called, ...]:
    """Jobs of the reusable workflow of this repository that a job calls, and so on."""
    found: list[Called] = []
    waiting = [(uses_of(job), 0)]
    seen: set[str] = set()
    while waiting and len(found) < _PARTS:
        uses, level = waiting.pop()
        workflow = automation.workflow(uses)
        if not workflow or level >= _LEVELS or uses in seen:
            continue
        seen.add(uses)
        for name, each in jobs_of(workflow).items():
            found.append(Called(name, each, workflow, automation.ref_inputs(uses)))
            waiting.append((uses_of(each), level + 1))
    return tuple(found)


def reachable_from_forks(workflow: Mapping[str, Any], automation: Automation) -> bool:
    """True when a pull request can set off what a ``workflow_run`` waits for, or nobody knows."""
    wanted = set(names_of(event_of(workflow, "workflow_run").get("workflows")))
    known: set[str] = set()
    for path in automation.workflows if wanted else ():
        other = automation.documents[path]
        name = str(other.get("name") or path)
        if name in wanted:
            known.add(name)
            if set(names_of(other.get("on"))) & _SET_OFF_BY_ANYBODY:
                return True
    return not wanted or known != wanted


def _read_automation(files: Files) -> Automation:
    parsed: dict[str, YamlDocument] = {}
    workflows = set()
    for file in _automation_files(files):
        document = _document_of(file, files)
        if document is not None:
            parsed[file.path] = document
            if is_workflow(file):
                workflows.add(file.path)
    documents = {path: document.value for path, document in parsed.items()}
    return Automation(
        documents,
        parsed,
        frozenset(workflows),
        _surroundings(documents, workflows),
        _owner(files.remote, documents),
    )


def _owner(remote: str, documents: Mapping[str, Mapping[str, Any]]) -> str:
    """The owner that the origin names, or that workflows compare themselves with."""
    if owner_of(remote):
        return owner_of(remote)
    conditions = (
        str(holder.get("if") or "")
        for document in documents.values()
        for job in jobs_of(document).values()
        for holder in (job, *steps_of(job))
    )
    found = next(filter(None, map(_NAMED_OWNER.search, conditions)), None)
    return found[1].lower() if found else ""


def _document_of(file: SourceFile, files: Files) -> YamlDocument | None:
    try:
        parsed = parse_yaml(files.read(file))
    except (DocumentError, Unreadable):
        return None
    return parsed[0] if parsed and isinstance(parsed[0].value, dict) else None


def _automation_files(files: Files) -> Iterator[SourceFile]:
    """Workflows, and actions anywhere."""
    every = files.files
    for folder in _FOLDERS:
        for index in range(bisect_left(every, folder, key=lambda each: each.uri), len(every)):
            if not every[index].uri.startswith(folder):
                break
            if is_workflow(every[index]):
                yield every[index]
    for file in every:
        if file.uri.endswith(_ACTION_FILES) and is_action(file) and not is_workflow(file):
            yield file


def _surroundings(
    documents: Mapping[str, Mapping[str, Any]], workflows: set[str]
) -> dict[str, Surrounding]:
    """What starts each file; what callers hand on is carried along until nothing changes."""
    found = {path: _own_surrounding(document) for path, document in documents.items()}
    users = _users(documents)
    for path, surrounding in found.items():
        if path in workflows and path not in users:
            free = _free_inputs(documents[path], "workflow_call")
            surrounding.insider_inputs.update(free)
    changed = set(documents)
    for _ in range(_LEVELS):
        changed = {
            used
            for used, using in users.items()
            for caller, each in using
            if caller in changed and _hand_on(found[caller], each, found[used])
        }
        if not changed:
            break
    return found


def _own_surrounding(document: Mapping[str, Any]) -> Surrounding:
    triggers = dict.fromkeys(names_of(document.get("on")))
    return Surrounding(triggers, set(), set(_free_inputs(document, "workflow_dispatch")))


def _users(
    documents: Mapping[str, Mapping[str, Any]],
) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """By path of what is used: who uses it, and the step or job that does."""
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
    for caller, document in documents.items():
        runs = document.get("runs")
        holders = [*jobs_of(document).values(), *([runs] if isinstance(runs, dict) else [])]
        for each in (each for holder in holders for each in (holder, *steps_of(holder))):
            uses = uses_of(each)
            if not uses.startswith("./"):
                continue
            path = posixpath.normpath(uses)
            for used in (path, *(posixpath.normpath(path + name) for name in _ACTION_NAMES)):
                if used in documents and used != caller:
                    found[used].append((caller, each))
    return found


def _hand_on(caller: Surrounding, using: Mapping[str, Any], used: Surrounding) -> bool:
    """Carry a caller's events and inputs over; True when that was news."""
    before = used.size
    used.triggers.update(caller.triggers)
    where = expressions_around(caller)
    for name, value in options_of(using).items():
        text = str(value)
        if expressions.is_untrusted_ref(text, caller.ref_inputs):
            used.ref_inputs.add(str(name).lower())
        if expressions.outsider_fields(text, where):
            used.outsider_inputs.add(str(name).lower())
        elif expressions.insider_fields(text, where):
            used.insider_inputs.add(str(name).lower())
    return used.size > before


def expressions_around(surrounding: Surrounding) -> expressions.Surroundings:
    """What the inputs of a workflow or action hold, as expressions need it."""
    return expressions.Surroundings(
        frozenset(surrounding.outsider_inputs), frozenset(surrounding.insider_inputs)
    )


def _free_inputs(workflow: Mapping[str, Any], event: str) -> Iterator[str]:
    """Inputs of an event that hold any text, not a choice or a number."""
    inputs = event_of(workflow, event).get("inputs")
    for name, spec in inputs.items() if isinstance(inputs, dict) else ():
        if not isinstance(spec, dict) or str(spec.get("type")) not in _CHOSEN_TYPES:
            yield str(name).lower()
