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
from dataclasses import dataclass
from typing import Any

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.yaml_document import Pointer, parse_yaml
from shopsec.scan.access.resources.base import Files, once
from shopsec.scan.access.resources.github_surroundings import (
    Surrounding,
    free_inputs,
    hand_on,
    own_surrounding,
)
from shopsec.scan.access.resources.github_workflow import (
    event_of,
    is_action,
    is_workflow,
    jobs_of,
    names_of,
    steps_of,
    uses_of,
)
from shopsec.scan.access.resources.origin import owner_of
from shopsec.scan.host import Unreadable

# GitHub's own limits are ten levels of composite actions and ten of workflows.
_LEVELS = 10
_PARTS = 400
_FILES = 2_000
_LARGEST = 300_000
_FOLDERS = (".forgejo/", ".gitea/", ".github/")
_ACTION_FILES = ("action.yml", "action.yaml")
_ACTION_NAMES = ("/action.yml", "/action.yaml")
_NAMED_OWNER = re.compile(rb"github\.repository(?:_owner)?\s*==\s*'([\w.-]+)")
_USES_LOCAL = re.compile(rb"uses[\"']?\s*:\s*[\"']?\./")
_SET_OFF_BY_ANYBODY = frozenset(
    ["pull_request", "pull_request_target", "issue_comment", "issues", "discussion", "fork",
     "watch", "pull_request_review", "pull_request_review_comment", "workflow_run",
     "workflow_call", "discussion_comment"]
)  # fmt: skip

_Uses = Mapping[str, Any]
"""A step or job that uses something."""


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


class Automation:
    """The workflows and actions of a repository, as far as one of them needs another."""

    def __init__(
        self, contents: Mapping[str, bytes], workflows: frozenset[str], owner: str
    ) -> None:
        self.owner = owner
        """Whose repository this is, in lower case; empty where nothing tells."""
        self._contents = contents
        self._workflows = workflows
        self._documents: dict[str, Mapping[str, Any]] = {}
        self._handed_on = self._hand_on_all()

    def action(self, uses: str) -> Mapping[str, Any]:
        """The ``runs`` of an action of this repository; empty where there is none."""
        if not uses.startswith("./"):
            return {}
        for path in _paths(uses):
            runs = self._document(path).get("runs")
            if isinstance(runs, dict):
                return runs
        return {}

    def workflow(self, uses: str) -> Mapping[str, Any]:
        """A reusable workflow of this repository; empty where there is none."""
        path = posixpath.normpath(uses) if uses.startswith("./") else ""
        return self._document(path) if path in self._workflows else {}

    def surrounding(self, path: str, document: Mapping[str, Any]) -> Surrounding:
        """What starts a workflow or action, and what its inputs hold."""
        found = own_surrounding(document)
        handed_on = self._handed_on.get(path)
        if handed_on is not None:
            found.take(handed_on)
        elif path in self._workflows:
            found.insider_inputs.update(free_inputs(document, "workflow_call"))
        return found

    def ref_inputs(self, uses: str) -> frozenset[str]:
        """Inputs of a workflow of this repository that hold a pull request's branch or commit."""
        handed_on = self._handed_on.get(posixpath.normpath(uses))
        return frozenset(handed_on.ref_inputs if handed_on is not None else ())

    def reachable_from_forks(self, workflow: Mapping[str, Any]) -> bool:
        """True when a pull request can set off what a ``workflow_run`` waits for, or who knows."""
        wanted = set(names_of(event_of(workflow, "workflow_run").get("workflows")))
        known: set[str] = set()
        for path in sorted(self._workflows) if wanted else ():
            if not any(each == path or each.encode() in self._contents[path] for each in wanted):
                continue
            other = self._document(path)
            name = str(other.get("name") or path)
            if name in wanted:
                known.add(name)
                if set(names_of(other.get("on"))) & _SET_OFF_BY_ANYBODY:
                    return True
        return not wanted or known != wanted

    def _document(self, path: str) -> Mapping[str, Any]:
        """The mapping that a file holds; empty where it cannot be read."""
        if path not in self._documents:
            self._documents[path] = _mapping(self._contents.get(path, b""))
        return self._documents[path]

    def _hand_on_all(self) -> dict[str, Surrounding]:
        """What callers hand on, carried along until nothing changes."""
        users = self._users()
        handed_on = {used: Surrounding() for used in users}
        changed = {caller for using in users.values() for caller, _ in using}
        for _ in range(_LEVELS):
            changed = {
                used
                for used, using in users.items()
                for caller, each in using
                if caller in changed
                and hand_on(self._with_callers(caller, handed_on), each, handed_on[used])
            }
            if not changed:
                break
        return handed_on

    def _with_callers(self, path: str, handed_on: Mapping[str, Surrounding]) -> Surrounding:
        found = own_surrounding(self._document(path))
        if path in handed_on:
            found.take(handed_on[path])
        return found

    def _users(self) -> dict[str, list[tuple[str, _Uses]]]:
        """By path of what is used: who uses it, and the step or job that does."""
        found: dict[str, list[tuple[str, _Uses]]] = defaultdict(list)
        for caller, content in self._contents.items():
            if not _USES_LOCAL.search(content):
                continue
            document = self._document(caller)
            runs = document.get("runs")
            holders = [*jobs_of(document).values(), *([runs] if isinstance(runs, dict) else [])]
            for each in (each for holder in holders for each in (holder, *steps_of(holder))):
                uses = uses_of(each)
                for used in _paths(uses) if uses.startswith("./") else ():
                    if used in self._contents and used != caller:
                        found[used].append((caller, each))
        return found


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


def _paths(uses: str) -> tuple[str, ...]:
    """Files that ``uses: ./...`` may stand for."""
    path = posixpath.normpath(uses)
    return (path, *(posixpath.normpath(path + name) for name in _ACTION_NAMES))


def _read_automation(files: Files) -> Automation:
    contents: dict[str, bytes] = {}
    workflows = set()
    for file in _automation_files(files):
        if file.size > _LARGEST or len(contents) >= _FILES:
            continue
        try:
            contents[file.path] = files.read(file)
        except Unreadable:
            continue
        if is_workflow(file):
            workflows.add(file.path)
    return Automation(contents, frozenset(workflows), _owner(files.remote, contents))


def _owner(remote: str, contents: Mapping[str, bytes]) -> str:
    """The owner that the origin names, or that workflows compare themselves with."""
    if owner_of(remote):
        return owner_of(remote)
    found = next(filter(None, map(_NAMED_OWNER.search, contents.values())), None)
    return found[1].decode().lower() if found else ""


def _mapping(content: bytes) -> Mapping[str, Any]:
    try:
        parsed = parse_yaml(content)
    except DocumentError:
        return {}
    return parsed[0].value if parsed and isinstance(parsed[0].value, dict) else {}


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
