"""GitHub workflows (also Gitea's and Forgejo's, which share the syntax): workflow, job, step.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shopsec.model import SourceFile
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.yaml_document import Pointer, YamlDocument, parse_yaml
from shopsec.scan.access.resources import commands
from shopsec.scan.access.resources import github_expressions as expressions
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.pipeline import Job, Step, Workflow

_PATH = re.compile(r"\.(github|gitea|forgejo)/workflows/[^/]+\.ya?ml")
_OUTSIDER_TRIGGERS = frozenset({"pull_request_target", "issue_comment", "workflow_run"})
_PULL_REQUESTS = frozenset({"pull_request", "pull_request_target"})
# Started by anybody, but with a read-only token and without secrets when it comes from a fork.
_HARMLESS_FROM_FORKS = frozenset(
    {"pull_request", "pull_request_review", "pull_request_review_comment", "merge_group"}
)
_FIRST_PARTY = frozenset({"actions", "github"})
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_DEPLOY_ACTION = re.compile(
    r"^(?:aws-actions/amazon-ecs-deploy|azure/(?:webapps-deploy|k8s-deploy|functions-action"
    r"|container-apps-deploy|static-web-apps-deploy)|google-github-actions/deploy-|"
    r"cloudflare/wrangler-action|akhileshns/heroku-deploy|superfly/flyctl-actions(?!/setup)"
    r"|deployphp/action|amondnet/vercel-action|nwtgck/actions-netlify|digitalocean/app_action"
    r"|einaregilsson/beanstalk-deploy|appleboy/(?:ssh|scp)-action|easingthemes/ssh-deploy"
    r"|samkirkland/(?:ftp|web)-deploy|burnett01/rsync-deployments|shopify/theme-deploy"
    r"|[\w.-]+/(?:ssh|scp|rsync|ftp)[\w.-]*-?(?:action|deploy))",
    re.IGNORECASE,
)
_DEPLOYMENT_NAME = re.compile(
    r"(?:^|[/_. -])(?:deploy(?:ment)?|rollout)(?:$|[/_. -])", re.IGNORECASE
)
_SHOP_ENVIRONMENT = re.compile(r"prod|live|staging|deploy|release", re.IGNORECASE)
_PERMISSION_CHECK = re.compile(
    r"getCollaboratorPermissionLevel|collaborators/[^\s]*/permission|author_association"
    r"|check-(?:user-)?permission",
    re.IGNORECASE,
)
_SAME_REPOSITORY = re.compile(
    r"head\.repo\.full_name\s*==\s*github\.repository|github\.repository\s*==\s*[\w.]*"
    r"head\.repo\.full_name|head\.repo\.fork\s*==\s*false|!\s*[\w.]*head\.repo\.fork"
    r"|head_repository\.full_name\s*==\s*github\.repository"
)
_FETCHES_PULL_REQUEST = re.compile(
    r"\bgh\s+pr\s+checkout\b|\bgit\s+fetch\b[^\n]*\bpull/|\bgit\s+(?:checkout|switch|pull)\b[^\n]*"
    r"\$\{\{[^}]*pull_request\.head"
)
# Commands that read a checkout without running what is in it.
_READS_ONLY = frozenset(
    ["git", "gh", "echo", "printf", "cat", "ls", "jq", "yq", "grep", "diff", "head", "tail", "wc",
     "cd", "mkdir", "rm", "cp", "mv", "test", "[", "[[", "if", "then", "else", "elif", "fi", "for",
     "do", "done", "while", "exit", "set", "export", "{", "}", "sed", "sort", "true", "sleep"]
)  # fmt: skip
_BETWEEN_COMMANDS = re.compile(r"\$\(|[\n;|&()`]+")
_ASSIGNMENTS = re.compile(r"^(?:\w+=(?:\"[^\"]*\"|'[^']*'|\S*)\s*)+")


def is_workflow(file: SourceFile) -> bool:
    """True for the files that GitHub starts workflows from."""
    return _PATH.fullmatch(file.path) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Workflow, jobs and steps of one file; DocumentError when it is no workflow."""
    del files  # a workflow needs no other file
    documents = parse_yaml(content)
    value = documents[0].value if documents else None
    if not isinstance(value, dict) or not isinstance(value.get("jobs"), dict):
        raise DocumentError("is no workflow: it has no jobs")
    yield from _Reader(file, documents[0]).resources()


SOURCE = Source("GitHub workflow", is_workflow, build)


@dataclass(frozen=True)
class _Steps:
    """What the steps of a job do, taken together."""

    untrusted_checkout: int | None = None
    """Index of the first step that fetches a pull request's code."""
    runs_untrusted: bool = False
    deploy_step: int | None = None
    deploys_by_name: bool = False
    tests: bool = False
    checks_permission: bool = False
    """Before the untrusted checkout, where there is one."""


class _Reader:
    def __init__(self, file: SourceFile, document: YamlDocument) -> None:
        self._file = file
        self._document = document
        self._value: dict[str, Any] = document.value
        self._jobs: dict[str, dict[str, Any]] = {
            name: job for name, job in self._value["jobs"].items() if isinstance(job, dict)
        }
        self._triggers = _names(self._value.get("on"))
        self._steps = {name: self._read_steps(job) for name, job in self._jobs.items()}

    def resources(self) -> Iterator[Resource]:
        yield self._workflow()
        for name, job in self._jobs.items():
            yield self._job(name, job)
            for index, step in enumerate(_steps(job)):
                yield self._step(name, index, step)

    def _workflow(self) -> Resource:
        permissions = _permissions(self._value.get("permissions"))
        without = [name for name, job in self._jobs.items() if job.get("permissions") is None]
        declared = self._value.get("permissions") is not None
        return self._resource(
            Workflow(
                system="github",
                triggers=self._triggers,
                permissions_declared=declared or not without,
                write_all=permissions.get("*") == "write",
                write_scopes=_writes(permissions),
                jobs=len(self._jobs),
                jobs_without_writes=sum(not _may_write(job) for job in self._jobs.values()),
                third_party=any(
                    _third_party(step) for job in self._jobs.values() for step in _steps(job)
                ),
            ),
            self._file.name,
            (),
            {"permissions": self._line("permissions"), "trigger": self._line("on")},
        )

    def _job(self, name: str, job: dict[str, Any]) -> Resource:
        steps = self._steps[name]
        permissions = _effective_permissions(job, self._value)
        texts = (job, {key: self._value.get(key) for key in ("env", "defaults")})
        secrets = tuple(sorted({each for part in texts for text in _texts(part)
                                for each in expressions.secret_names(text)}))  # fmt: skip
        everything = any(
            expressions.reads_all_secrets(text) for part in texts for text in _texts(part)
        )
        needed = [self._steps[each] for each in self._needed(name)]
        condition = " ".join(
            str(self._jobs[each].get("if") or "") for each in (name, *self._needed(name))
        )
        environment = _environment(job)
        pins = [_uses(step) for step in _steps(job) if _third_party(step)]
        at = ("jobs", name)
        view = Job(
            system="github",
            name=name,
            triggers=self._triggers,
            outsider_trigger=bool(_OUTSIDER_TRIGGERS & set(self._triggers)),
            pull_request=bool(_PULL_REQUESTS & set(self._triggers)),
            deploys=steps.deploy_step is not None
            or _SHOP_ENVIRONMENT.search(environment) is not None,
            deploys_by_name=steps.deploys_by_name or _names_deployment(name),
            checks_out_untrusted=steps.untrusted_checkout is not None,
            runs_untrusted=steps.runs_untrusted,
            checks_collaborator=any(each.checks_permission for each in (steps, *needed))
            or bool(_PERMISSION_CHECK.search(condition)),
            same_repository_only=bool(_SAME_REPOSITORY.search(condition)),
            environment=environment,
            condition=condition.strip(),
            has_secrets=bool(secrets) or everything or job.get("secrets") is not None,
            secrets=secrets,
            reads_all_secrets=everything,
            permissions_declared=permissions is not None,
            permissions=permissions or {},
            writes=bool(_writes(permissions or {})),
            write_all=_permissions(job.get("permissions")).get("*") == "write",
            needs_tests=any(each.tests for each in (steps, *needed)),
            concurrency=bool(job.get("concurrency") or self._value.get("concurrency")),
            unpinned=tuple(sorted({pin for pin in pins if not _is_pinned(pin)})),
        )  # fmt: skip
        return self._resource(view, name, at, self._places(name, job, steps))

    def _places(self, name: str, job: dict[str, Any], steps: _Steps) -> dict[str, int]:
        at = ("jobs", name)
        places = {"trigger": self._line("on")}
        for key in ("permissions", "environment", "if"):
            if job.get(key) is not None:
                places[key] = self._line(*at, key)
        if steps.untrusted_checkout is not None:
            index = steps.untrusted_checkout
            with_ref = (*at, "steps", index, "with", "ref")
            repository = (*at, "steps", index, "with", "repository")
            step = _steps(job)[index]
            has_ref = isinstance(step.get("with"), dict) and "ref" in step["with"]
            places["untrusted_checkout"] = self._line(*(with_ref if has_ref else repository))
        if steps.deploy_step is not None:
            places["deploy"] = self._line(*at, "steps", steps.deploy_step)
        for index, each in enumerate(_steps(job)):
            if _third_party(each) and not _is_pinned(_uses(each)):
                places.setdefault("unpinned", self._line(*at, "steps", index, "uses"))
        return places

    def _step(self, job_name: str, index: int, step: dict[str, Any]) -> Resource:
        at: Pointer = ("jobs", job_name, "steps", index)
        key, script = _script(step)
        place = (*at, *key) if key else at
        fields = expressions.outsider_fields(script)
        options = step.get("with") if isinstance(step.get("with"), dict) else {}
        view = Step(
            system="github",
            job=job_name,
            uses=_uses(step),
            runs=bool(script),
            outsider_fields=fields,
            forks_only_read=bool(self._triggers) and set(self._triggers) <= _HARMLESS_FROM_FORKS,
            outsider_trigger=bool(_OUTSIDER_TRIGGERS & set(self._triggers)),
            continue_on_error=step.get("continue-on-error") is True,
            tests=commands.runs_tests(script),
            inputs={str(key): str(value) for key, value in (options or {}).items()},
        )
        places = {"script": self._line_of_text(place, script, fields)}
        known_as = str(step.get("name") or step.get("id") or _uses(step) or f"step {index + 1}")
        return self._resource(view, f"{job_name}: {known_as}", at, places)

    def _line_of_text(
        self, place: tuple[str | int, ...], script: str, fields: Iterable[str]
    ) -> int:
        """Line of the first of the fields within a block of text."""
        start = self._line(*place)
        lines = script.split("\n")
        if len(lines) < 2:
            return start
        plain = [expressions.outsider_fields(line) for line in lines]
        wanted = set(fields)
        return next(
            (start + 1 + index for index, found in enumerate(plain) if wanted & set(found)), start
        )

    def _needed(self, name: str) -> tuple[str, ...]:
        """Every job that must succeed before this one, direct or not."""
        seen: dict[str, None] = {}
        waiting = list(_names(self._jobs[name].get("needs")))
        while waiting:
            each = waiting.pop()
            if each in self._jobs and each not in seen and each != name:
                seen[each] = None
                waiting.extend(_names(self._jobs[each].get("needs")))
        return tuple(seen)

    def _read_steps(self, job: dict[str, Any]) -> _Steps:
        checkout: int | None = None
        deploy: int | None = None
        runs_untrusted = by_name = tests = checks = False
        for index, step in enumerate(_steps(job)):
            _, script = _script(step)
            uses = _uses(step)
            if checkout is None:
                checks = checks or any(_PERMISSION_CHECK.search(text) for text in _texts(step))
                checkout = index if _fetches_untrusted(step, script) else None
                runs_untrusted = checkout is not None and not uses and _runs_files(script)
            else:
                local = uses.startswith("./")
                runs_untrusted = runs_untrusted or local or _runs_files(script)
            if deploy is None and (commands.deploys(script) or _DEPLOY_ACTION.match(uses)):
                deploy = index
            by_name = by_name or _names_deployment(uses.partition("@")[0])
            tests = tests or commands.runs_tests(script)
        return _Steps(checkout, runs_untrusted, deploy, by_name, tests, checks)

    def _line(self, *pointer: str | int) -> int:
        return self._document.line(*pointer)

    def _resource(
        self,
        view: Workflow | Job | Step,
        name: str,
        at: Pointer,
        places: Mapping[str, int],
    ) -> Resource:
        return Resource(view, self._file, self._line(*at), name, places)


def _steps(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    steps = job.get("steps")
    if not isinstance(steps, list):
        return []
    return [step if isinstance(step, dict) else {} for step in steps]


def _uses(step: Mapping[str, Any]) -> str:
    return str(step.get("uses") or "")


def _script(step: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """Where a step's script stands and what it says; a github-script is one too."""
    if step.get("run") is not None:
        return ("run",), str(step["run"])
    options = step.get("with")
    if _uses(step).startswith("actions/github-script@") and isinstance(options, dict):
        return ("with", "script"), str(options.get("script") or "")
    return (), ""


def _texts(value: Any) -> Iterator[str]:
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


def _names(value: Any) -> tuple[str, ...]:
    """The names in what may be one name, a list of them or a mapping."""
    if isinstance(value, str):
        return (value,)
    return tuple(str(each) for each in value) if isinstance(value, (list, dict)) else ()


def _permissions(value: Any) -> dict[str, str]:
    """Scopes by name; ``*`` stands for all of them."""
    if isinstance(value, dict):
        return {str(scope): str(level) for scope, level in value.items()}
    return {"*": value.removesuffix("-all")} if isinstance(value, str) else {}


def _effective_permissions(
    job: Mapping[str, Any], workflow: Mapping[str, Any]
) -> dict[str, str] | None:
    for holder in (job, workflow):
        if holder.get("permissions") is not None:
            return _permissions(holder["permissions"])
    return None


def _writes(permissions: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(scope for scope, level in permissions.items() if level == "write"))


def _may_write(job: Mapping[str, Any]) -> bool:
    """True when a job was given a write scope of its own, or does something that needs one."""
    own = job.get("permissions")
    if own is not None:
        return bool(_writes(_permissions(own)))
    return any(
        re.search(r"github\.token|GITHUB_TOKEN|GH_TOKEN|git push|docker/login|id-token", text)
        or _DEPLOY_ACTION.match(text)
        for text in _texts(job)
    )


def _environment(job: Mapping[str, Any]) -> str:
    value = job.get("environment")
    if isinstance(value, dict):
        value = value.get("name")
    return str(value) if value else ""


def _third_party(step: Mapping[str, Any]) -> bool:
    uses = _uses(step)
    if not uses or uses.startswith(("./", "docker://")) or "@" not in uses:
        return False
    return uses.partition("/")[0].lower() not in _FIRST_PARTY


def _is_pinned(uses: str) -> bool:
    return _SHA.fullmatch(uses.rpartition("@")[2]) is not None


def _names_deployment(name: str) -> bool:
    return (
        re.search(r"(?:^|[/_. -])(?:deploy(?:ment)?|rollout)(?:$|[/_. -])", name, re.IGNORECASE)
        is not None
    )


def _fetches_untrusted(step: Mapping[str, Any], script: str) -> bool:
    options = step.get("with")
    if _uses(step).startswith("actions/checkout@") and isinstance(options, dict):
        return any(
            expressions.is_untrusted_ref(str(options.get(key) or ""))
            for key in ("ref", "repository")
        )
    return _FETCHES_PULL_REQUEST.search(script) is not None


def _runs_files(script: str) -> bool:
    """True when a script may run what a checkout holds; reading and copying do not count."""
    joined = re.sub(r"\\\r?\n", " ", script)
    for command in _BETWEEN_COMMANDS.split(joined):
        word = _ASSIGNMENTS.sub("", command.strip()).partition(" ")[0].strip("\"'")
        if word and not word.startswith("#") and word not in _READS_ONLY:
            return True
    return False
