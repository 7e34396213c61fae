"""When a GitLab job runs: from ``rules``, ``only``, ``except``, ``when`` and ``workflow``.

Expressions are not evaluated; what they name tells which events and branches get past them.

https://docs.gitlab.com/ci/jobs/job_rules/
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shopsec.scan.access.resources.gitlab_pipeline import Pipeline
from shopsec.scan.access.resources.gitlab_values import Written

_REQUEST = re.compile(
    r"CI_PIPELINE_SOURCE\s*==\s*[\"']merge_request_event|CI_MERGE_REQUEST_I?ID\b(?!\s*==\s*null)"
    r"|CI_MERGE_REQUEST_(?:TARGET|SOURCE)_BRANCH_NAME\s*(?:=|$)|CI_OPEN_MERGE_REQUESTS(?!\s*&&)"
    r"|CI_PIPELINE_SOURCE\s*=~\s*/[^/]*merge_request|CI_PIPELINE_SOURCE\s*==\s*[\"']external_pull"
)
_NO_REQUEST = re.compile(r"CI_PIPELINE_SOURCE\s*!=\s*[\"']merge_request_event")
_SOURCE = re.compile(r"CI_PIPELINE_SOURCE\s*==\s*[\"'](\w+)")
_BRANCH_OR_TAG = re.compile(r"CI_COMMIT_(?:BRANCH|TAG|REF_NAME|REF_SLUG|REF_PROTECTED)\b")
_TAG = re.compile(r"CI_COMMIT_TAG\b(?!\s*==\s*(?:null|\"\"))")
_BRANCH = re.compile(r"CI_COMMIT_BRANCH\b")
_PROTECTED = re.compile(
    r"CI_COMMIT_REF_PROTECTED\s*==\s*[\"']true|CI_COMMIT_(?:BRANCH|REF_NAME)\s*==\s*"
    r"(?:\$CI_DEFAULT_BRANCH|[\"'](?!dev|stag|test|feature|preview)[\w/.-]+[\"'])|CI_COMMIT_TAG\b"
    r"(?!\s*==\s*null)|CI_COMMIT_(?:BRANCH|REF_NAME)\s*=~\s*/\^?\(?(?:main|master|prod|release|live)"
)
_NOT_LIVE = re.compile(
    r"CI_COMMIT_(?:BRANCH|REF_NAME)\s*==\s*[\"'](?:dev|stag|test|feature|preview|qa)"
    r"|CI_COMMIT_(?:BRANCH|REF_NAME)\s*!=\s*(?:\$CI_DEFAULT_BRANCH|[\"'](?:main|master))"
)
_LIVE_NAME = re.compile(
    r"main|master|trunk|prod\w*|live|tags|release\w*|/\^?\(?(?:v|release|main).*"
)
_NOT_LIVE_NAME = re.compile(r"(?:dev|stag|test|feature|preview|qa).*|develop")
_ANY_BRANCH = frozenset({"push", "schedule", "web"})
_BY_HAND = frozenset({"web", "api", "chat", "trigger", "parent_pipeline"})


@dataclass(frozen=True)
class Way:
    """One way in which a job comes to run."""

    events: frozenset[str]
    manual: bool
    protected: bool
    """Only a protected or the default branch, or a tag, leads here."""
    live: bool = True
    """False where only branches for trying out lead here."""
    ignores_failure: bool = False


def ways_of(job: Written, pipeline: Pipeline) -> tuple[Way, ...]:
    """Every way in which a job comes to run."""
    manual = _text(job, "when", pipeline) == "manual"
    if _text(job, "when", pipeline) == "never":
        return ()
    requests = _requests_start(pipeline)
    rules = job.get("rules")
    if rules is not None:
        return tuple(_from_rules(rules, pipeline, manual=manual, requests=requests))
    only = job.get("only")
    if only is not None:
        return tuple(_from_only(only, manual=manual))
    return (Way(_ANY_BRANCH, manual, protected=_whole_is_protected(pipeline)),)


def _from_rules(
    rules: Written, pipeline: Pipeline, *, manual: bool, requests: bool
) -> Iterator[Way]:
    for rule in pipeline.resolved(rules):
        when = _text(rule, "when", pipeline) or ("manual" if manual else "on_success")
        if when == "never":
            continue
        condition = pipeline.value(rule.get("if"))
        text = condition.text if condition is not None else ""
        yield Way(
            _events(text, requests=requests),
            manual=when == "manual",
            protected=_PROTECTED.search(text) is not None or _whole_is_protected(pipeline),
            live=_NOT_LIVE.search(text) is None,
            ignores_failure=_is_true(rule.get("allow_failure")),
        )


def _events(condition: str, *, requests: bool) -> frozenset[str]:
    """Events that get past a condition; each side of an ``||`` is looked at for itself."""
    events: set[str] = set()
    for part in condition.split("||"):
        sources = set(_SOURCE.findall(part))
        if sources:
            events |= sources
        elif _REQUEST.search(part):
            events.add("merge_request_event")
        elif _TAG.search(part) and not _BRANCH.search(part):
            events.add("tag")
        else:
            events |= _ANY_BRANCH
            anything = not _BRANCH_OR_TAG.search(part) and not _NO_REQUEST.search(part)
            events |= {"merge_request_event"} if requests and anything else set()
    return frozenset(events)


def _from_only(only: Written, *, manual: bool) -> Iterator[Way]:
    refs = only.get("refs") if isinstance(only.value, dict) else only
    names = [each.text for each in refs.items] if refs is not None else ["branches", "tags"]
    events: set[str] = set()
    if "merge_requests" in names or "external_pull_requests" in names:
        events.add("merge_request_event")
    others = [name for name in names if name not in _ONLY_EVENTS]
    if others == ["tags"]:
        events.add("tag")
    elif others or "pushes" in names:
        events |= _ANY_BRANCH
    if "schedules" in names:
        events.add("schedule")
    if {"web", "api", "triggers", "pipelines", "chat"} & set(names):
        events.add("web")
    yield Way(
        frozenset(events),
        manual,
        protected=bool(others) and all(_LIVE_NAME.fullmatch(name) for name in others),
        live=not others or not all(_NOT_LIVE_NAME.fullmatch(name) for name in others),
    )


_ONLY_EVENTS = frozenset(
    ["api", "chat", "external", "external_pull_requests", "merge_requests", "pipelines", "pushes",
     "schedules", "triggers", "web"]
)  # fmt: skip


def is_unattended(way: Way) -> bool:
    """True when nobody is asked and the live shop may be meant."""
    return not way.manual and way.live and bool(way.events - _BY_HAND - {"merge_request_event"})


def _requests_start(pipeline: Pipeline) -> bool:
    """True when the whole pipeline is meant to run for merge requests."""
    return any(
        _REQUEST.search(each) and not _NO_REQUEST.search(each)
        for each in _workflow_conditions(pipeline)
    )


def _whole_is_protected(pipeline: Pipeline) -> bool:
    found = list(_workflow_conditions(pipeline))
    return bool(found) and all(_PROTECTED.search(each) for each in found)


def _workflow_conditions(pipeline: Pipeline) -> Iterator[str]:
    workflow = pipeline.top.get("workflow")
    rules = workflow.get("rules") if workflow is not None else None
    for rule in pipeline.resolved(rules):
        if _text(rule, "when", pipeline) != "never":
            condition = pipeline.value(rule.get("if"))
            yield condition.text if condition is not None else ""


def _text(holder: Written, key: str, pipeline: Pipeline) -> str:
    value = pipeline.value(holder.get(key))
    return value.text if value is not None else ""


def _is_true(value: Written | None) -> bool:
    return value is not None and value.value is True
