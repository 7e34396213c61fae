"""Where the shopsec that runs was fetched from, so that a pipeline can fetch the same."""

import importlib.metadata
import json
import os
from typing import Any

import shopsec
from shopsec.repo.git import Git, GitUnavailableError
from shopsec.starter.source import Source, found


def own_source() -> Source:
    """The address and commit that pip installed from, or else of the checkout that runs.

    A commit that its origin does not have is not known: no pipeline could fetch it.

    https://packaging.python.org/specifications/direct-url/ for what pip keeps.
    """
    document = _direct_url()
    vcs = document.get("vcs_info")
    if isinstance(vcs, dict):
        return found(str(document.get("url")), str(vcs.get("commit_id")))
    package = os.path.dirname(os.path.realpath(shopsec.__file__))
    try:
        git = Git(package)
    except (GitUnavailableError, OSError):
        return Source()
    # A venv may lie in a repository that is the shop's.
    if package != os.path.join(os.path.realpath(git.toplevel), "src", "shopsec"):
        return Source()
    state = git.state()
    published = state.commit is not None and git.is_published(state.commit)
    return found(state.remote, state.commit if published else None)


def _direct_url() -> dict[str, Any]:
    try:
        text = importlib.metadata.distribution("shopsec").read_text("direct_url.json")
        document = json.loads(text or "{}")
    except (importlib.metadata.PackageNotFoundError, OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
