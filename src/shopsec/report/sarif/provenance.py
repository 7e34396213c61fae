"""Where a document comes from: the commit (3.14.13) and the category (3.17.3)."""

import re
from typing import Any

from shopsec.model import Repository
from shopsec.report.sarif.places import ROOT
from shopsec.report.sarif.texts import said

_PART = r"[A-Za-z0-9._~%+@/:-]"
_SCP = re.compile(rf"(?:([A-Za-z0-9._-]+)@)?([A-Za-z0-9.-]+):(?!/)({_PART}+)")
_URL = re.compile(rf"(?:https?|ssh|git)://(?:\[[0-9A-Fa-f:.]+\])?{_PART}+")


def category(repository: Repository) -> str:
    """The same for a folder from run to run, another for each: GitHub replaces by it."""
    folder = repository.path_in_repository.strip("/")
    return f"shopsec/{folder}/" if folder else "shopsec/"


def version_control(repository: Repository) -> list[dict[str, Any]]:
    """The commit that was scanned; nothing where no address says what it is a commit of."""
    uri = _uri(repository.remote or "")
    if not uri:
        return []
    details: dict[str, Any] = {"repositoryUri": uri, "mappedTo": {"uriBaseId": ROOT}}
    if repository.commit:
        details["revisionId"] = repository.commit
    if branch := said(repository.branch or ""):
        details["branch"] = branch
    if repository.dirty:
        details["properties"] = {"uncommittedChanges": True}
    return [details]


def _uri(remote: str) -> str:
    """The origin as a URI; git also takes ``git@host:path`` (gitprotocol, "GIT URLS")."""
    if _URL.fullmatch(remote):
        return remote
    found = _SCP.fullmatch(remote)
    return f"ssh://{found[1]}@{found[2]}/{found[3]}" if found and found[1] else ""
