"""``--base-ref auto``: what a CI system says a change is compared with.

GitHub tells it in the event's file, GitLab in variables:
https://docs.github.com/actions/reference/workflows-and-actions/variables
https://docs.gitlab.com/ci/variables/predefined_variables/
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from shopsec.errors import UsageError

AUTO = "auto"
_TARGET = "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
_CHANGES = ("pull_request", "merge_group")
_EVENT_BYTES = 25_000_000  # GitHub's limit of a webhook's payload


def base_ref_of(environ: Mapping[str, str], commit_of: Callable[[str], str | None]) -> str | None:
    """The revision that the run's change goes to; None where the run is about no change.

    UsageError where it is about one, but names no base, or none that this clone has: by its own
    settings a change would judge itself. ``commit_of``: the commit of a revision, if it is here.
    """
    named = _of_github(environ) if environ.get("GITHUB_ACTIONS") else _of_gitlab(environ)
    if named is None:
        return None
    if not named:
        raise UsageError(
            "--base-ref auto: the run is about a change, but nothing says what it goes to",
            "name the base, as in --base-ref origin/main",
        )
    for revision in named:
        if commit_of(revision) is not None:
            return revision
    raise UsageError(
        f"--base-ref auto: {' and '.join(named)} are not in this clone",
        "check out the whole history: fetch-depth: 0 of actions/checkout; of GitLab GIT_DEPTH: 0 "
        "and git fetch origin for the target branch",
    )


def _of_github(environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """The tip of the base as it is in the clone, or else as it was when the event happened.

    Full names, since a branch of the pull request may be called ``origin/main``. None where the
    event is about no change.
    """
    event = _event(environ.get("GITHUB_EVENT_PATH", ""))
    name = environ.get("GITHUB_EVENT_NAME", "")
    about = name.startswith("pull_request") or name in _CHANGES
    if not about and not any(_table(event, each) for each in _CHANGES):
        return None
    base = _table(_table(event, "pull_request"), "base")
    names = [f"refs/remotes/origin/{base['ref']}"] if base.get("ref") else []
    shas = (base.get("sha"), _table(event, "merge_group").get("base_sha"))
    return (*names, *(str(sha) for sha in shas if sha))


def _event(path: str) -> dict[str, Any]:
    try:
        with Path(path).open("rb") as file:
            event = json.loads(file.read(_EVENT_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"--base-ref auto: {path or 'GITHUB_EVENT_PATH'} is no event that can be read",
            "name the base, as in --base-ref origin/main",
        ) from error
    return event if isinstance(event, dict) else {}


def _table(table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _of_gitlab(environ: Mapping[str, str]) -> tuple[str, ...] | None:
    if not environ.get("CI_MERGE_REQUEST_IID") and not environ.get(_TARGET):
        return None
    branch = environ.get(_TARGET)
    sha = environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA")
    names = (f"refs/remotes/origin/{branch}",) if branch else ()
    return (*names, sha) if sha else names
