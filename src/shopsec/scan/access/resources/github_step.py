"""The facts of one step of a GitHub job or action."""

import re
from collections.abc import Mapping
from typing import Any

from shopsec.scan.access.documents import lines_of
from shopsec.scan.access.resources import github_expressions as expressions
from shopsec.scan.access.resources import github_workflow as raw
from shopsec.scan.access.resources.github_steps import tests_by_action
from shopsec.scan.access.resources.pipeline import Step
from shopsec.scan.access.resources.scripts import facts_of

_COMMITS_BACK = re.compile(
    r"^(?:stefanzweifel/git-auto-commit-action|endbug/add-and-commit|ad-m/github-push-action"
    r"|git-auto-commit/|devops-infra/action-commit-push)",
    re.IGNORECASE,
)
_APPROVES = re.compile(r"^[\w.-]+/[\w.-]*auto-?approve", re.IGNORECASE)
# Its protocol is plain FTP unless another one is named.
_FTP_ACTION = re.compile(r"^(?:samkirkland/ftp-deploy-action|[\w.-]+/ftp-deploy)", re.IGNORECASE)
_SETS_VARIABLES = re.compile(
    r"(?:>>?|\btee\s+(?:-a\s+)?)\s*[\"']?(?:\$\{?GITHUB_(?:ENV|PATH)\}?|\$\{\{\s*github\.(?:env|path))"
)
_FIXED_TEXT = re.compile(
    r"^\s*(?:echo|printf)\s+(?:-\w\s+)?(?:\"[^\"$`\\]*\"|'[^'$`]*'|[^\"'$`]*)\s*$"
)


def step_view(
    job: str,
    step: Mapping[str, Any],
    triggers: tuple[str, ...],
    where: expressions.Surroundings,
    *,
    outsider_trigger: bool,
    in_deployment: bool,
) -> Step:
    """All facts of a step."""
    text = raw.script_of(step)[1]
    uses, options = raw.uses_of(step), raw.options_of(step)
    return Step(
        system="github",
        job=job,
        uses=uses,
        runs=bool(text),
        outsider_fields=expressions.outsider_fields(text, where),
        insider_fields=expressions.insider_fields(text, where),
        sets_variables=_sets_variables(text),
        commits_back=_COMMITS_BACK.match(uses) is not None
        and not raw.PULL_REQUESTS & set(triggers)
        and "branch" not in options,
        approves=_APPROVES.match(uses) is not None,
        plain_ftp=_FTP_ACTION.match(uses) is not None
        and str(options.get("protocol") or "ftp").lower() == "ftp",
        forks_only_read=bool(triggers)
        and set(triggers) <= raw.HARMLESS_FROM_FORKS | {"workflow_call"},
        outsider_trigger=outsider_trigger,
        in_deployment=in_deployment,
        continue_on_error=raw.is_true(step.get("continue-on-error")),
        tests=facts_of(text).tests or tests_by_action(uses),
        inputs={str(key): str(value) for key, value in options.items()},
    )


def _sets_variables(script: str) -> bool:
    """True when more than fixed text is written where later steps take their variables from."""
    if "GITHUB_ENV" not in script and "GITHUB_PATH" not in script and "github." not in script:
        return False
    for line in lines_of(script):
        found = _SETS_VARIABLES.search(line)
        if found and not _FIXED_TEXT.fullmatch(line[: found.start()].rstrip("| ")):
            return True
    return False
