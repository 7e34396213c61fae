"""The facts of one GitHub job, with what it does through the workflows and actions it uses."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from shopsec.scan.access.documents.yaml_document import Pointer
from shopsec.scan.access.resources import github_conditions as conditions
from shopsec.scan.access.resources import github_expressions as expressions
from shopsec.scan.access.resources.deployments import (
    is_live_environment,
    is_shop_environment,
    literal_secrets,
    long_lived_keys,
    names_deployment,
)
from shopsec.scan.access.resources.github_follow import (
    Automation,
    Called,
    Part,
    called_by,
    parts_of,
)
from shopsec.scan.access.resources.github_steps import (
    Around,
    Steps,
    approves_by_action,
    read_steps,
)
from shopsec.scan.access.resources.github_workflow import (
    PULL_REQUESTS,
    effective_permissions,
    environment_of,
    event_of,
    is_pinned,
    is_third_party,
    is_true,
    names_of,
    permissions_of,
    texts_of,
    uses_of,
    writes_of,
)
from shopsec.scan.access.resources.names import is_literal_secret
from shopsec.scan.access.resources.pipeline import Job
from shopsec.scan.access.resources.scripts import moving_images, overwrites

_UNATTENDED = frozenset(
    # A release is published by hand.
    {"push", "workflow_run", "schedule", "repository_dispatch", "create"}
)
# Most characters of a condition that are looked at.
_LENGTH = 2_000
# Branches that no shop goes live from.
_NOT_LIVE_BRANCH = re.compile(
    r"(?:dev|develop|development|staging|stage|test|testing|qa|uat|preview|sandbox|feature|feat"
    r"|docs?|gh-pages)(?:$|[/*-].*)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class WorkflowContext:
    """What the jobs of a workflow share."""

    workflow: Mapping[str, Any]
    jobs: Mapping[str, Mapping[str, Any]]
    triggers: tuple[str, ...]
    """Events that start it, those of its callers included."""
    outsider_trigger: bool
    automation: Automation
    around: Around

    @cached_property
    def ships_when_pushed(self) -> bool:
        """A push starts it on a branch that shops go live from, or on a tag."""
        if "push" not in self.triggers:
            return False
        push = event_of(self.workflow, "push")
        branches = names_of(push.get("branches"))
        if not branches or push.get("tags") is not None:
            return True
        return not all(_NOT_LIVE_BRANCH.fullmatch(each) for each in branches)

    @cached_property
    def only_tags(self) -> bool:
        """Pushes of branches do not start it."""
        push = event_of(self.workflow, "push")
        return push.get("tags") is not None and push.get("branches") is None


@dataclass(frozen=True)
class JobReader:
    """One job of a workflow."""

    name: str
    job: Mapping[str, Any]
    context: WorkflowContext

    @property
    def at(self) -> Pointer:
        """Its place in the file."""
        return ("jobs", self.name)

    @property
    def owner(self) -> str:
        """Whose repository this is."""
        return self.context.automation.owner

    @cached_property
    def called(self) -> tuple[Called, ...]:
        """Jobs of the workflow that it calls."""
        return called_by(self.job, self.context.automation)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Its steps, with those of the actions they use."""
        return tuple(parts_of(self.job, self.at, self.context.automation))

    @cached_property
    def steps(self) -> Steps:
        """What its steps do."""
        return read_steps(self.parts, self.context.around)

    @cached_property
    def inner(self) -> tuple[Steps, ...]:
        """Steps of the jobs of a workflow that this one calls."""
        return tuple(
            read_steps(
                tuple(parts_of(each.job, (*self.at, "uses"), self.context.automation)),
                replace(self.context.around, ref_inputs=frozenset(each.ref_inputs)),
            )
            for each in self.called
        )

    @property
    def all_steps(self) -> tuple[Steps, ...]:
        """What it does, wherever that is written."""
        return (self.steps, *self.inner)

    @cached_property
    def environment(self) -> str:
        """Its environment, or that of a job it calls."""
        names = (environment_of(each) for each in (self.job, *(c.job for c in self.called)))
        return next((name for name in names if name), "")

    @cached_property
    def deploys(self) -> bool:
        """It brings something to a server."""
        return any(each.deploy for each in self.all_steps) or is_shop_environment(self.environment)

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Secrets it reads, sorted."""
        texts = self.all_texts
        if self.job.get("secrets") == "inherit":
            texts = texts + [text for each in self.called for text in texts_of(each.job)]
        return tuple(sorted({name for text in texts for name in expressions.secret_names(text)}))

    @cached_property
    def uses(self) -> tuple[str, ...]:
        """Every action and workflow that works in this job."""
        return tuple(
            uses_of(each)
            for each in (
                self.job,
                *(part.step for part in self.parts),
                *(each.job for each in self.called),
                *(part.step for each in self.called
                  for part in parts_of(each.job, self.at, self.context.automation)),
            )
        )  # fmt: skip

    def _shared_texts(self) -> Iterable[str]:
        for key in ("env", "defaults"):
            yield from texts_of(self.context.workflow.get(key))

    @cached_property
    def all_texts(self) -> list[str]:
        """Every text with an expression in it, and those of its file that count for all jobs."""
        return [text for text in (*texts_of(self.job), *self._shared_texts()) if "${{" in text]


def job_view(reader: JobReader, readers: Mapping[str, JobReader]) -> Job:
    """All facts of a job; ``readers`` are the jobs of its workflow by name."""
    job, context = reader.job, reader.context
    needed = [readers[each] for each in needed_jobs(reader.name, context.jobs)]
    permissions = effective_permissions(job, context.workflow)
    condition = " ".join(_condition(each.job) for each in (reader, *needed)).strip()
    step_conditions = [_condition(part.step) for part in reader.parts]
    everything = any(map(expressions.reads_all_secrets, reader.all_texts))
    deploy_condition = f"{condition} {_deploy_condition(reader)}".strip()
    pull_request = bool(PULL_REQUESTS & set(context.triggers)) and not _keeps_out(
        condition, context
    )
    third_party = sorted({each for each in reader.uses if is_third_party(each, reader.owner)})
    steps = reader.all_steps
    tests = any(each.tests for each in steps)
    facts = [fact for each in steps for fact in each.facts]
    return Job(
        system="github",
        name=reader.name,
        triggers=context.triggers,
        outsider_trigger=context.outsider_trigger,
        pull_request=pull_request,
        only_tags=context.only_tags or conditions.is_for_tags(deploy_condition),
        unattended=_unattended(deploy_condition, context),
        approval=any(each.environment for each in (reader, *needed)),
        manual=False,
        deploys=reader.deploys,
        deploys_by_name=any(each.deploys_by_name for each in steps)
        or names_deployment(reader.name),
        deploys_on_request=reader.deploys
        and pull_request
        and not _keeps_out(deploy_condition, context),
        checks_out_untrusted=any(each.untrusted_checkout for each in steps),
        runs_untrusted=any(each.runs_untrusted for each in steps),
        checkout_may_change=any(each.checkout_may_change for each in steps),
        checks_collaborator=any(
            each.checks_permission for part in (reader, *needed) for each in part.all_steps
        )
        or conditions.checks_permission(condition),
        waits_for_label=_waits_for_label(condition, context),
        same_repository_only=conditions.keeps_forks_out(condition),
        environment=reader.environment,
        live_environment=is_live_environment(reader.environment),
        condition=condition,
        always_true=any(
            conditions.is_always_true(each.get("if"))
            for each in (job, *(part.step for part in reader.parts if part.own))
        ),
        has_secrets=bool(reader.secrets) or everything or job.get("secrets") is not None,
        secrets=reader.secrets,
        literal_secrets=_literal_secrets(reader),
        early_secrets=_early_secrets(reader),
        reads_all_secrets=everything,
        unredacted_secrets=any(map(expressions.takes_secret_apart, reader.all_texts)),
        inherits_secrets=_inherits(job, reader.owner),
        long_lived_keys=_cloud_keys(reader),
        permissions_declared=permissions is not None,
        permissions=permissions or {},
        writes=bool(writes_of(permissions or {})),
        write_all=permissions_of(job.get("permissions")).get("*") == "write",
        tests=tests,
        needs_tests=tests or any(each.tests for part in needed for each in part.all_steps),
        failure_ignored=is_true(job.get("continue-on-error")),
        concurrency=bool(job.get("concurrency") or context.workflow.get("concurrency"))
        or any(each.job.get("concurrency") for each in reader.called),
        unpinned=tuple(each for each in third_party if not is_pinned(each)),
        third_party=bool(third_party),
        self_hosted=is_self_hosted(job),
        leaves_token=next((each.leaves_token for each in steps if each.leaves_token), ""),
        merges=any(each.merges for each in steps) or any(map(approves_by_action, reader.uses)),
        trusts_actor=any(map(conditions.trusts_actor, (condition, *step_conditions)))
        and not any(map(_names_author, (condition, *step_conditions))),
        dispatches=any(each.dispatch for each in steps),
        overwrites=reader.deploys and overwrites(facts),
        moving_images=moving_images(facts),
    )


def _condition(holder: Mapping[str, Any]) -> str:
    return str(holder.get("if") or "")[:_LENGTH]


def needed_jobs(name: str, jobs: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Every job that must succeed before this one, direct or not."""
    seen: dict[str, None] = {}
    waiting = list(names_of(jobs[name].get("needs")))
    while waiting:
        each = waiting.pop()
        if each in jobs and each not in seen and each != name:
            seen[each] = None
            waiting.extend(names_of(jobs[each].get("needs")))
    return tuple(seen)


def is_self_hosted(job: Mapping[str, Any]) -> bool:
    """True when the label self-hosted stands under runs-on."""
    runs_on = job.get("runs-on")
    if isinstance(runs_on, dict):
        runs_on = runs_on.get("labels")
    return "self-hosted" in names_of(runs_on)


def _deploy_condition(reader: JobReader) -> str:
    return " ".join(each.deploy_conditions for each in reader.all_steps)


def _keeps_out(condition: str, context: WorkflowContext) -> bool:
    """True when a request that is still open does not start it."""
    types = set(names_of(event_of(context.workflow, "pull_request").get("types")))
    return conditions.keeps_requests_out(condition) or types == {"closed"}


def _unattended(condition: str, context: WorkflowContext) -> bool:
    events = set(context.triggers) & _UNATTENDED
    if "push" in events and not context.ships_when_pushed:
        events.discard("push")
    return bool(events) and not conditions.is_by_hand(condition)


def _waits_for_label(condition: str, context: WorkflowContext) -> bool:
    for event in PULL_REQUESTS & set(context.triggers):
        if set(names_of(event_of(context.workflow, event).get("types"))) != {"labeled"}:
            return False
    return conditions.asks_for_label(condition)


def _early_secrets(reader: JobReader) -> tuple[str, ...]:
    texts: Sequence[str] = [
        *texts_of(reader.job.get("env")), *texts_of(reader.context.workflow.get("env"))
    ]  # fmt: skip
    return tuple(sorted({name for text in texts for name in expressions.secret_names(text)}))


def _cloud_keys(reader: JobReader) -> tuple[str, ...]:
    """Long-lived keys, by their own names or by the name of the variable or input they fill."""
    found = set(long_lived_keys(reader.secrets))
    for holder in (reader.job, *(part.step for part in reader.parts)):
        for values in (holder.get("env"), holder.get("with")):
            for name, value in values.items() if isinstance(values, dict) else ():
                if long_lived_keys([str(name).replace("-", "_")]):
                    found.update(expressions.secret_names(str(value)))
    return tuple(sorted(found))


def _literal_secrets(reader: JobReader) -> tuple[str, ...]:
    """Where it deploys, secrets among its variables; anywhere, passwords of image registries.

    Variables of the whole file are a fact of the workflow.
    """
    found: set[str] = set()
    for holder in (reader.job, *(part.step for part in reader.parts)):
        variables = holder.get("env") if reader.deploys else None
        if isinstance(variables, dict):
            found.update(literal_secrets(variables))
    services = reader.job.get("services")
    for holder in (
        reader.job.get("container"),
        *(services.values() if isinstance(services, dict) else ()),
    ):
        credentials = holder.get("credentials") if isinstance(holder, dict) else None
        if isinstance(credentials, dict) and is_literal_secret(str(credentials.get("password"))):
            found.add("credentials.password")
    return tuple(sorted(found))


def _inherits(job: Mapping[str, Any], owner: str) -> str:
    if job.get("secrets") != "inherit":
        return ""
    return "elsewhere" if is_third_party(uses_of(job), owner) else "local"


def _names_author(condition: str) -> bool:
    return "pull_request.user.login" in condition
