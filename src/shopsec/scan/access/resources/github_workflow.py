"""The parts of a GitHub workflow or action, as they are written.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shopsec.model import Role, SourceFile

_WORKFLOW_PATH = re.compile(r"\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml")
_ACTION_NAMES = ("action.yml", "action.yaml")
OUTSIDER_TRIGGERS = frozenset({"pull_request_target", "issue_comment", "workflow_run"})
PULL_REQUESTS = frozenset({"pull_request", "pull_request_target"})
# Started by anybody, but with a read-only token and without secrets when it comes from a fork.
HARMLESS_FROM_FORKS = frozenset(
    {"pull_request", "pull_request_review", "pull_request_review_comment", "merge_group"}
)
_FIRST_PARTY = frozenset({"actions", "github"})
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# Inputs of actions that are scripts.
_SCRIPT_INPUTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), key)
    for pattern, key in (
        (r"actions/github-script@", "script"),
        (r"[\w.-]+/(?:[\w.-]*ssh[\w.-]*)@", "script"),
        (r"[\w.-]+/(?:[\w.-]*ssh[\w.-]*)@", "command"),
        (r"azure/(?:cli|powershell)@", "inlineScript"),
        (r"nick-(?:fields|invision)/retry@", "command"),
        (r"cloudflare/wrangler-action@", "command"),
        (r"addnab/docker-run-action@", "run"),
    )
)


def is_workflow(file: SourceFile) -> bool:
    """True for the files that GitHub starts workflows from."""
    return file.uri.startswith(".") and _WORKFLOW_PATH.fullmatch(file.path) is not None


def is_action(file: SourceFile) -> bool:
    """True for the file that describes an action."""
    if not file.uri.endswith(_ACTION_NAMES):
        return False
    return file.name in _ACTION_NAMES and file.role is not Role.VENDORED


def jobs_of(workflow: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Jobs by name."""
    jobs = workflow.get("jobs")
    if not isinstance(jobs, dict):
        return {}
    return {str(name): job for name, job in jobs.items() if isinstance(job, dict)}


def steps_of(holder: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Steps of a job, or of the ``runs`` of a composite action."""
    steps = holder.get("steps")
    if not isinstance(steps, list):
        return []
    return [step if isinstance(step, dict) else {} for step in steps]


def uses_of(step: Mapping[str, Any]) -> str:
    """What a step or job uses, as written."""
    return str(step.get("uses") or "")


def options_of(step: Mapping[str, Any]) -> dict[str, Any]:
    """What stands under ``with``."""
    options = step.get("with")
    return options if isinstance(options, dict) else {}


def script_of(step: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """Where a step's script stands and what it says; inputs that are scripts count."""
    if step.get("run") is not None:
        return ("run",), str(step["run"])
    uses, options = uses_of(step), options_of(step)
    for pattern, key in _SCRIPT_INPUTS:
        if options.get(key) and pattern.match(uses):
            return ("with", key), str(options[key])
    return (), ""


def texts_of(value: Any) -> Iterator[str]:
    """Every text inside a value."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


def names_of(value: Any) -> tuple[str, ...]:
    """The names in what may be one name, a list of them or a mapping."""
    if isinstance(value, str):
        return (value,)
    return tuple(str(each) for each in value) if isinstance(value, (list, dict)) else ()


def event_of(workflow: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The filters that stand under one event."""
    events = workflow.get("on")
    event = events.get(name) if isinstance(events, dict) else None
    return event if isinstance(event, dict) else {}


def permissions_of(value: Any) -> dict[str, str]:
    """Scopes by name; ``*`` stands for all of them."""
    if isinstance(value, dict):
        return {str(scope): str(level) for scope, level in value.items()}
    return {"*": value.removesuffix("-all")} if isinstance(value, str) else {}


def effective_permissions(
    job: Mapping[str, Any], workflow: Mapping[str, Any]
) -> dict[str, str] | None:
    """What a job's token may do; None where nobody says."""
    for holder in (job, workflow):
        if holder.get("permissions") is not None:
            return permissions_of(holder["permissions"])
    return None


def writes_of(permissions: Mapping[str, str]) -> tuple[str, ...]:
    """Scopes with the level write, sorted."""
    return tuple(sorted(scope for scope, level in permissions.items() if level == "write"))


def environment_of(job: Mapping[str, Any]) -> str:
    """Name of a job's environment."""
    value = job.get("environment")
    if isinstance(value, dict):
        value = value.get("name")
    return str(value) if value else ""


def is_third_party(uses: str, owner: str = "") -> bool:
    """True for an action or workflow that is neither GitHub's nor of the repository's owner."""
    if not uses or uses.startswith(("./", "docker://")) or "@" not in uses:
        return False
    return uses.partition("/")[0].lower() not in {*_FIRST_PARTY, owner}


def is_pinned(uses: str) -> bool:
    """True when a commit's hash stands behind the @."""
    return _SHA.fullmatch(uses.rpartition("@")[2]) is not None


def is_true(value: Any) -> bool:
    """True for ``true``, also as an expression."""
    return value is True or str(value).replace(" ", "") == "${{true}}"
