"""Which user a Compose file gives the container of a Dockerfile beside it."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from shopsec.model import SourceFile, uri_of
from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.yaml_document import parse_yaml
from shopsec.scan.access.resources.base import Files

_NAMES = tuple(
    f"{stem}{stage}.{suffix}"
    for stem in ("compose", "docker-compose")
    for stage in ("", ".prod", ".production")
    for suffix in ("yaml", "yml")
)
_BYTES = 200_000
_ROOT = re.compile(r"(?:root|0)(?::.*)?|")


def user_in_compose(dockerfile: SourceFile, files: Files) -> str:
    """The user that every service built from the Dockerfile is started as, or an empty text.

    Looked at are the Compose files in its folder and at the top of the repository.
    """
    folder = posixpath.dirname(dockerfile.path)
    users = [
        user
        for place in dict.fromkeys((folder, ""))
        for name in _NAMES
        for user in _users(files, posixpath.join(place, name), dockerfile.path)
    ]
    return "" if any(_ROOT.fullmatch(each) for each in users) else next(iter(users), "")


def _users(files: Files, path: str, dockerfile: str) -> Iterator[str]:
    found = files.find(uri_of(path))
    if found is None or found.size > _BYTES:
        return
    try:
        documents = parse_yaml(files.read(found))
    except DocumentError:
        return  # that file is booked under its own name
    value = documents[0].value if documents else None
    services = value.get("services") if isinstance(value, dict) else None
    for service in services.values() if isinstance(services, dict) else ():
        if isinstance(service, dict) and _built_from(service.get("build"), path) == dockerfile:
            yield str(service.get("user", ""))


def _built_from(build: Any, compose: str) -> str:
    """Path of the Dockerfile that ``build`` names, from the folder scanned."""
    if isinstance(build, str):
        build = {"context": build}
    if not isinstance(build, dict):
        return ""
    folder = posixpath.join(posixpath.dirname(compose), str(build.get("context", ".")))
    name = str(build.get("dockerfile", "Dockerfile"))
    return posixpath.normpath(posixpath.join(folder, name))
