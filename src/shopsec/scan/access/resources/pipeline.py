"""What rules may say about pipelines, whichever system runs them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from shopsec.scan.access.resources.base import fact


@dataclass(frozen=True)
class Workflow:
    """A file of jobs with a trigger of its own."""

    KIND: ClassVar[str] = "workflow"
    PLACES: ClassVar[tuple[str, ...]] = ("permissions", "trigger", "env")

    system: str = fact("github, gitlab, jenkins, bitbucket or azure")
    triggers: tuple[str, ...] = fact("events that start it, as written under on")
    permissions_declared: bool = fact("permissions stand at the top, or in every job")
    write_all: bool = fact("permissions: write-all at the top")
    write_scopes: tuple[str, ...] = fact("scopes with write at the top, sorted")
    jobs: int = fact("how many jobs there are")
    jobs_without_writes: int = fact("how many jobs show no use of a write scope")
    third_party: bool = fact("some step uses an action of somebody else")
    literal_secrets: tuple[str, ...] = fact(
        "variables of the whole file with a secret written out that is for no test, where one of "
        "its jobs deploys; sorted",
        (),
    )


@dataclass(frozen=True)
class Job:
    """A list of steps that one runner works off.

    What it does counts wherever it is written: in it, in an action or a workflow of the same
    repository that it uses, or in what its system merges into it.
    """

    KIND: ClassVar[str] = "job"
    PLACES: ClassVar[tuple[str, ...]] = (
        "trigger", "permissions", "environment", "if", "untrusted_checkout", "deploy", "unpinned",
        "runner", "secrets", "env", "checkout", "image", "dispatch", "actor", "allow_failure",
        "keys",
    )  # fmt: skip

    system: str = fact("github, gitlab, jenkins, bitbucket or azure")
    name: str = fact("its key under jobs, or what its system calls it")
    triggers: tuple[str, ...] = fact("events that start it, in GitHub's words")
    outsider_trigger: bool = fact(
        "pull_request_target, issue_comment or a workflow_run that a pull request can set off: "
        "anybody starts it, with secrets"
    )
    pull_request: bool = fact("a pull or merge request can start it")
    only_tags: bool = fact("of all pushes, only those of tags start it")
    unattended: bool = fact(
        "a push to a branch that ships, a timetable or another run starts its deployment"
    )
    approval: bool = fact(
        "an environment, a start by hand or a job with one stands before its deployment"
    )
    manual: bool = fact("a person starts it by hand")
    deploys: bool = fact("a command or action in it deploys, or its environment is named so")
    deploys_by_name: bool = fact("only its name or an action's name says that it deploys")
    deploys_on_request: bool = fact("a pull or merge request can reach its deployment")
    checks_out_untrusted: bool = fact("a step fetches the code of a pull request")
    runs_untrusted: bool = fact("that step, or a later one, may run what was fetched")
    checkout_may_change: bool = fact(
        "what it fetches is named by a branch or a pull request's number, which can move"
    )
    checks_collaborator: bool = fact("it first looks up the rights of whoever started it")
    waits_for_label: bool = fact("only a label that somebody sets starts it")
    same_repository_only: bool = fact("its condition leaves forks out")
    environment: str = fact("the environment's name, empty where there is none")
    live_environment: bool = fact("that name stands for the live shop")
    condition: str = fact("its if, with those of the jobs it needs")
    always_true: bool = fact("its condition, or a step's, is true whatever it says")
    has_secrets: bool = fact("it reads a secret other than the automatic token")
    secrets: tuple[str, ...] = fact("names of the secrets it reads, sorted")
    literal_secrets: tuple[str, ...] = fact(
        "variables with a secret written out, where it deploys, and passwords of registries; sorted"
    )
    early_secrets: tuple[str, ...] = fact("secrets in the env of the whole job or file, sorted")
    reads_all_secrets: bool = fact("it reads all secrets at once, as with toJSON(secrets)")
    unredacted_secrets: bool = fact("it takes a secret apart, so that logs show the parts")
    inherits_secrets: str = fact(
        "secrets: inherit, to a workflow of the same owner (local) or elsewhere; else empty"
    )
    long_lived_keys: tuple[str, ...] = fact("cloud keys that work until somebody revokes them")
    permissions_declared: bool = fact("permissions stand in it or at the top of the file")
    permissions: Mapping[str, str] = fact("level by scope; * is every scope")
    writes: bool = fact("some scope is write")
    write_all: bool = fact("permissions: write-all stands in it")
    tests: bool = fact("it runs tests or a scan")
    needs_tests: bool = fact("it, or a job or stage it waits for, runs tests or a scan")
    failure_ignored: bool = fact("the pipeline goes on when it fails")
    concurrency: bool = fact("only one run of it works at a time")
    unpinned: tuple[str, ...] = fact("actions of others that no commit hash pins, sorted")
    third_party: bool = fact("some step uses an action of somebody else")
    self_hosted: bool = fact("it runs on a machine of its owner")
    leaves_token: str = fact(
        "what becomes of the token that checkout writes down: uploaded, exposed, or empty"
    )
    merges: bool = fact("it merges or approves pull requests")
    trusts_actor: bool = fact("a condition takes github.actor for a robot's name")
    dispatches: bool = fact("it starts a pipeline somewhere else")
    overwrites: bool = fact(
        "it overwrites what is live, or releases it under no name but one like latest, and none "
        "of its commands leads back"
    )
    moving_images: tuple[str, ...] = fact(
        "images it releases under no other name than one like latest, sorted"
    )


@dataclass(frozen=True)
class Step:
    """One step of a job."""

    KIND: ClassVar[str] = "step"
    PLACES: ClassVar[tuple[str, ...]] = ("script",)

    system: str = fact("github, gitlab, jenkins, bitbucket or azure")
    job: str = fact("name of its job")
    uses: str = fact("the action it uses, as written")
    runs: bool = fact("it has a script")
    outsider_fields: tuple[str, ...] = fact(
        "fields in the script's expressions that anybody can fill"
    )
    insider_fields: tuple[str, ...] = fact(
        "fields in the script's expressions that whoever may push or start a run can fill"
    )
    sets_variables: bool = fact("it writes more than fixed text to GITHUB_ENV or GITHUB_PATH")
    commits_back: bool = fact("an action in it commits to the branch that started it")
    approves: bool = fact("an action in it approves or merges pull requests by itself")
    plain_ftp: bool = fact("an action in it uploads over FTP without encryption")
    forks_only_read: bool = fact("only events that give forks a read-only token start it")
    outsider_trigger: bool = fact("see job.outsider_trigger")
    in_deployment: bool = fact("its job deploys")
    continue_on_error: bool = fact("its failure is ignored")
    tests: bool = fact("it runs tests or a scan")
    inputs: Mapping[str, str] = fact("what stands under with")


@dataclass(frozen=True)
class Include:
    """What a pipeline takes from elsewhere by name: an action, a template, a hook."""

    KIND: ClassVar[str] = "include"
    PLACES: ClassVar[tuple[str, ...]] = ()

    system: str = fact("github, gitlab, pre-commit, bitbucket, azure or jenkins")
    how: str = fact("action, workflow, image, remote, project, component, template, hook or pipe")
    name: str = fact("what is taken, without its version")
    version: str = fact("the tag, branch or hash behind it, empty where there is none")
    branch: bool = fact("that version is a branch, or missing, so that any push changes it")
    pinned: bool = fact("that version is a commit's hash or a digest")
    own: bool = fact("it belongs to the owner of the repository, as far as its name tells")
    insecure: bool = fact("it is fetched without encryption")
    hijacked: str = fact("when it was taken over and what to use instead; empty where it was not")
    hijack_moved: bool = fact("the very version named here led to a stranger's code")


@dataclass(frozen=True)
class Command:
    """A line of shell worth a look, wherever it stands: in a pipeline, an image, a Makefile."""

    KIND: ClassVar[str] = "command"
    PLACES: ClassVar[tuple[str, ...]] = ()

    system: str = fact("github, gitlab, jenkins, bitbucket, azure, dockerfile, script or manifest")
    owner: str = fact("the job, stage, target or script it belongs to")
    pipeline: bool = fact("a CI system runs it")
    in_deployment: bool = fact("what it belongs to deploys")
    has_secrets: bool = fact("what it belongs to reads secrets, as far as can be seen")
    deploys: bool = fact("it deploys")
    runs_download: bool = fact("it runs what it downloads, unseen")
    skips_verification: str = fact("the switch with which it trusts any server that answers")
    secret_argument: str = fact("how it hands a secret over where the list of processes shows it")
    short_lived: bool = fact("that secret ends with the job")
    prints_secret: str = fact("name of the secret that it writes into the log")
    prints_everything: str = fact("how it writes all variables or commands into the log")
    test_ignored: bool = fact("it runs tests or a scan, and goes on when they fail")
    pushes_to_default: bool = fact("it pushes commits to the default branch")
    approves: str = fact("how it merges or approves what a person should have looked at")
    insecure_commands: bool = fact("it allows commands that GitHub switched off in 2020")
    opens_engine: bool = fact("it reaches a container engine over TCP without TLS")
    plain_ftp: bool = fact("it uploads over FTP without encryption")
    as_root: bool = fact("it logs in to a server as root")
    destroys_data: str = fact("the command that empties a database, empty where there is none")
