"""A job of a system other than GitHub: most facts follow from a few."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shopsec.scan.access.resources.deployments import (
    is_live_environment,
    is_shop_environment,
    long_lived_keys,
    names_deployment,
)
from shopsec.scan.access.resources.pipeline import Job, Step, Workflow
from shopsec.scan.access.resources.scripts import (
    ScriptFacts,
    facts_of,
    moving_images,
    overwrites,
)


@dataclass(frozen=True)
class PlainJob:
    """What a reader of a pipeline found out about one job."""

    system: str
    name: str
    scripts: Sequence[str]
    triggers: tuple[str, ...] = ()
    environment: str = ""
    condition: str = ""
    secrets: tuple[str, ...] = ()
    literal_secrets: tuple[str, ...] = ()
    pull_request: bool = False
    unattended: bool = False
    approval: bool = False
    manual: bool = False
    waits_for_tests: bool = False
    failure_ignored: bool = False
    concurrency: bool = False
    deploys_by_task: bool = False
    """A task that deploys works in it, whatever its scripts say."""
    facts: tuple[ScriptFacts, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", tuple(map(facts_of, self.scripts)))

    @property
    def deploys(self) -> bool:
        """It brings something to a server."""
        return (
            self.deploys_by_task
            or any(each.deploys for each in self.facts)
            or is_shop_environment(self.environment)
        )

    @property
    def tests(self) -> bool:
        """It runs tests or a scan."""
        return any(each.tests for each in self.facts)

    def view(self) -> Job:
        """All facts, those that only GitHub knows left at what harms nobody."""
        return Job(
            system=self.system,
            name=self.name,
            triggers=self.triggers,
            outsider_trigger=False,
            pull_request=self.pull_request,
            only_tags="push" not in self.triggers,
            unattended=self.unattended,
            approval=self.approval,
            manual=self.manual,
            deploys=self.deploys,
            deploys_by_name=names_deployment(self.name),
            deploys_on_request=self.deploys and self.pull_request,
            checks_out_untrusted=False,
            runs_untrusted=False,
            checkout_may_change=False,
            checks_collaborator=False,
            waits_for_label=False,
            same_repository_only=False,
            environment=self.environment,
            live_environment=is_live_environment(self.environment),
            condition=self.condition,
            always_true=False,
            has_secrets=bool(self.secrets),
            secrets=self.secrets,
            literal_secrets=self.literal_secrets if self.deploys else (),
            early_secrets=(),
            reads_all_secrets=False,
            unredacted_secrets=False,
            inherits_secrets="",
            long_lived_keys=long_lived_keys(self.secrets),
            permissions_declared=True,
            permissions={},
            writes=False,
            write_all=False,
            tests=self.tests,
            needs_tests=self.tests or self.waits_for_tests,
            failure_ignored=self.failure_ignored,
            concurrency=self.concurrency,
            unpinned=(),
            third_party=False,
            self_hosted=False,
            leaves_token="",
            merges=any(each.merges for each in self.facts),
            trusts_actor=False,
            dispatches=any(each.dispatches for each in self.facts),
            overwrites=self.deploys and overwrites(self.facts),
            moving_images=moving_images(self.facts),
        )


def plain_step(job: Job, script: str, outsider_fields: Iterable[str] = ()) -> Step:
    """A step of such a job."""
    return Step(
        system=job.system,
        job=job.name,
        uses="",
        runs=True,
        outsider_fields=tuple(outsider_fields),
        insider_fields=(),
        sets_variables=False,
        commits_back=False,
        approves=False,
        plain_ftp=False,
        # A fork's pipeline has the fork's own secrets, unless a member of the project starts it.
        forks_only_read=job.system != "jenkins",
        outsider_trigger=False,
        in_deployment=job.deploys,
        continue_on_error=False,
        tests=facts_of(script).tests,
        inputs={},
    )


def plain_workflow(system: str, triggers: tuple[str, ...], jobs: int) -> Workflow:
    """A file of such jobs; permissions are no matter of the file."""
    return Workflow(
        system=system,
        triggers=triggers,
        permissions_declared=True,
        write_all=False,
        write_scopes=(),
        jobs=jobs,
        jobs_without_writes=jobs,
        third_party=False,
    )
