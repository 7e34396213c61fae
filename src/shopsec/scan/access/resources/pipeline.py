"""What rules may say about pipelines, whichever system runs them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from shopsec.scan.access.resources.base import fact


@dataclass(frozen=True)
class Workflow:
    """A file of jobs with a trigger of its own."""

    KIND: ClassVar[str] = "workflow"
    PLACES: ClassVar[tuple[str, ...]] = ("permissions", "trigger")

    system: str = fact("github")
    triggers: tuple[str, ...] = fact("events that start it, as written under on")
    permissions_declared: bool = fact("permissions stand at the top, or in every job")
    write_all: bool = fact("permissions: write-all at the top")
    write_scopes: tuple[str, ...] = fact("scopes with write at the top, sorted")
    jobs: int = fact("how many jobs there are")
    jobs_without_writes: int = fact("how many jobs show no use of a write scope")
    third_party: bool = fact("some step uses an action of somebody else")


@dataclass(frozen=True)
class Job:
    """A list of steps that one runner works off."""

    KIND: ClassVar[str] = "job"
    PLACES: ClassVar[tuple[str, ...]] = (
        "trigger", "permissions", "environment", "if", "untrusted_checkout", "deploy", "unpinned",
    )  # fmt: skip

    system: str = fact("github")
    name: str = fact("its key under jobs")
    triggers: tuple[str, ...] = fact("events that start it")
    outsider_trigger: bool = fact(
        "pull_request_target, issue_comment or workflow_run: anybody starts it, with secrets"
    )
    pull_request: bool = fact("a pull request starts it")
    deploys: bool = fact("a command or action in it deploys, or its environment is named so")
    deploys_by_name: bool = fact("only its name or an action's name says that it deploys")
    checks_out_untrusted: bool = fact("a step fetches the code of a pull request")
    runs_untrusted: bool = fact("a later step may run what was fetched")
    checks_collaborator: bool = fact("it first looks up the rights of whoever started it")
    same_repository_only: bool = fact("its condition leaves forks out")
    environment: str = fact("the environment's name, empty where there is none")
    condition: str = fact("its if, with those of the jobs it needs")
    has_secrets: bool = fact("it reads a secret other than the automatic token")
    secrets: tuple[str, ...] = fact("names of the secrets it reads, sorted")
    reads_all_secrets: bool = fact("it reads all secrets at once, as with toJSON(secrets)")
    permissions_declared: bool = fact("permissions stand in it or at the top of the file")
    permissions: Mapping[str, str] = fact("level by scope; * is every scope")
    writes: bool = fact("some scope is write")
    write_all: bool = fact("permissions: write-all stands in it")
    needs_tests: bool = fact("it, or a job it waits for, runs tests or a scan")
    concurrency: bool = fact("only one run of it works at a time")
    unpinned: tuple[str, ...] = fact("actions of others that no commit hash pins, sorted")


@dataclass(frozen=True)
class Step:
    """One step of a job."""

    KIND: ClassVar[str] = "step"
    PLACES: ClassVar[tuple[str, ...]] = ("script",)

    system: str = fact("github")
    job: str = fact("name of its job")
    uses: str = fact("the action it uses, as written")
    runs: bool = fact("it has a script")
    outsider_fields: tuple[str, ...] = fact(
        "fields in the script's expressions that anybody can fill"
    )
    forks_only_read: bool = fact("only events that give forks a read-only token start it")
    outsider_trigger: bool = fact("see job.outsider_trigger")
    continue_on_error: bool = fact("its failure is ignored")
    tests: bool = fact("it runs tests or a scan")
    inputs: Mapping[str, str] = fact("what stands under with")
