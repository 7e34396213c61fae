"""Hooks that pre-commit fetches and runs on the machines of those who commit.

https://pre-commit.com/#pre-commit-configyaml---repos
"""

import re
from collections.abc import Iterator

from shopsec.model import SourceFile
from shopsec.scan.access.documents.yaml_document import parse_yaml
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.github_includes import is_branch
from shopsec.scan.access.resources.pipeline import Include

_NAMES = (".pre-commit-config.yaml", ".pre-commit-config.yml")
_OWN = frozenset({"local", "meta", "builtin"})
_SHA = re.compile(r"[0-9a-f]{40}")


def is_configuration(file: SourceFile) -> bool:
    """True for pre-commit's configuration."""
    return file.uri.endswith(_NAMES) and file.name in _NAMES


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """One inclusion for every repository that hooks come from."""
    del files  # everything stands in one file
    documents = parse_yaml(content)
    value = documents[0].value if documents else None
    repositories = value.get("repos") if isinstance(value, dict) else None
    for index, each in enumerate(repositories if isinstance(repositories, list) else ()):
        if not isinstance(each, dict) or str(each.get("repo") or "local") in _OWN:
            continue
        name, version = str(each["repo"]), str(each.get("rev") or "")
        view = Include(
            system="pre-commit",
            how="hook",
            name=name,
            version=version,
            branch=not version or is_branch(version),
            pinned=_SHA.fullmatch(version) is not None,
            own=False,
            insecure=name.startswith(("git://", "http://")),
            hijacked="",
            hijack_moved=False,
        )
        key = "repo" if view.insecure or not version else "rev"
        yield Resource(view, file, documents[0].line("repos", index, key), name)


SOURCE = Source("pre-commit configuration", is_configuration, build)
