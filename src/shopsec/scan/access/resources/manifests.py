"""Which ecosystems the shop takes things from, judged from the manifests in its repository."""

import re

from shopsec.model import Role, SourceFile
from shopsec.scan.access.resources.base import Files
from shopsec.scan.access.resources.dockerfiles import is_dockerfile
from shopsec.scan.access.resources.github_workflow import is_workflow
from shopsec.scan.access.resources.pins_locks import is_requirements
from shopsec.scan.host import Unreadable

PIPELINE = re.compile(
    r"^\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml$|^\.gitlab-ci\.ya?ml$|^\.gitlab/ci/.+"
    r"|^Jenkinsfile$|^bitbucket-pipelines\.ya?ml$|^azure-pipelines[^/]*\.ya?ml$"
    r"|^\.circleci/config\.ya?ml$|^\.drone\.ya?ml$|^\.woodpecker(?:/.+)?\.ya?ml$"
)
"""Files that a host starts pipelines from."""


# Manifests by name, with a word that must be in them where the name says too little.
_NAMED: dict[str, tuple[str, bytes]] = {
    "package.json": ("npm", b"ependencies"),
    "composer.json": ("composer", b"require"),
    "pyproject.toml": ("python", b"dependencies"),
    "setup.cfg": ("python", b"install_requires"),
    "Pipfile": ("python", b""),
    "Gemfile": ("ruby", b""),
    "go.mod": ("go", b"require"),
}
_AROUND = frozenset({"docker", "github-actions", "terraform"})


def _sort_of(file: SourceFile) -> tuple[str, bytes]:
    """Ecosystem of a manifest, and the word that must be in it; two empty ones for no manifest."""
    name = file.name
    if name in _NAMED:
        return _NAMED[name]
    if name.endswith(".tf"):
        return "terraform", b"provider"
    if is_requirements(file):
        return "python", b""
    if is_workflow(file):
        return "github-actions", b"uses:"
    return ("docker", b"FROM") if is_dockerfile(file) else ("", b"")


def manifests(files: Files) -> dict[str, SourceFile]:
    """The manifest of each ecosystem that is nearest to the top, those of languages first.

    What is not production is left out.
    """
    candidates = [
        (sort[0] in _AROUND, file.uri.count("/"), file.uri, file, *sort)
        for file in files.files
        if file.role is Role.PRODUCTION and (sort := _sort_of(file))[0]
    ]
    found: dict[str, SourceFile] = {}
    for _, _, _, file, ecosystem, word in sorted(candidates, key=lambda each: each[:3]):
        if ecosystem not in found and (not word or word in _read(file, files)):
            found[ecosystem] = file
    return found


def pipelines(files: Files) -> list[SourceFile]:
    """Files that a host starts pipelines from, those that are not for tests first."""
    found = [file for file in files.files if PIPELINE.match(file.uri)]
    return sorted(found, key=lambda file: (file.role is not Role.PRODUCTION, file.uri))


def _read(file: SourceFile, files: Files) -> bytes:
    try:
        return files.read(file)
    except Unreadable:
        return b""  # whoever reads it as a document books it
