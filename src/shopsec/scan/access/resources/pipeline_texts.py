"""Which scripts of a repository its pipelines start, as far as their texts tell."""

from shopsec.model import Role, SourceFile
from shopsec.scan.access.resources.base import Files, once
from shopsec.scan.access.resources.github_workflow import is_action, is_workflow
from shopsec.scan.access.resources.gitlab_pipeline import is_gitlab
from shopsec.scan.access.resources.script_calls import Call, call_of, calls_in
from shopsec.scan.host import Unreadable

_OTHER_NAMES = frozenset(
    ["bitbucket-pipelines.yml", "bitbucket-pipelines.yaml", ".drone.yml", ".travis.yml",
     "buildspec.yml", "cloudbuild.yaml", "app.json"]
)  # fmt: skip
_LARGEST = 200_000


def started_by_pipelines(system: str, name: str, file: SourceFile, files: Files) -> bool:
    """True when some pipeline of the repository starts the script."""
    return call_of(system, name, file) in once(files, "what pipelines start", _calls)


def _calls(files: Files) -> frozenset[Call]:
    found: set[Call] = set()
    for file in files.files:
        if file.role is Role.VENDORED or file.size > _LARGEST or not _is_pipeline(file):
            continue
        try:
            found |= calls_in(files.read(file).decode("utf-8", "replace"))
        except Unreadable:
            continue  # named where the file is read for itself
    return frozenset(found)


def _is_pipeline(file: SourceFile) -> bool:
    uri = file.uri
    if uri.startswith("."):
        return is_workflow(file) or is_action(file) or is_gitlab(file) or ".circleci/" in uri
    if uri.endswith((".yml", ".yaml")):
        name = file.name
        return (
            name in _OTHER_NAMES
            or name.startswith("azure-pipelines")
            or is_action(file)
            or is_gitlab(file)
        )
    return "enkinsfile" in uri
