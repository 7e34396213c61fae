"""Suppressions that stand in files of their own: the settings and OpenVEX documents."""

import pathspec

from shopsec.config import Settings
from shopsec.errors import ConfigError
from shopsec.model import Inventory, SourceFile, Suppression, display_path
from shopsec.scan.host import Host, Unreadable
from shopsec.suppress.settings import allowed
from shopsec.suppress.vex import statements, unreadable


def read_suppressions(
    inventory: Inventory, settings: Settings, host: Host, today: str
) -> tuple[Suppression, ...]:
    """All of them; ConfigError where the settings cannot be used as they are written."""
    own = allowed(settings, today)
    if inventory.staged:
        return own  # nothing is looked up there that a VEX document could speak of
    limit = settings.limits.file_bytes
    documents = [
        statement
        for file in _documents(inventory, settings)
        for statement in _read(file, inventory, host, limit, today)
    ]
    return (*own, *documents)


def _documents(inventory: Inventory, settings: Settings) -> list[SourceFile]:
    """Files that the patterns of ``vex`` match; one that was asked for must be there."""
    found: dict[str, SourceFile] = {}
    for pattern in settings.vex:
        spec = pathspec.GitIgnoreSpec.from_lines([pattern])
        matched = [file for file in inventory.files if spec.match_file(file.path)]
        if not matched and settings.at("vex"):
            raise ConfigError(
                f"{settings.at('vex')}{pattern}: matches no file of {inventory.repository.name}",
                "name OpenVEX documents of the repository, or take the pattern out",
            )
        found |= {file.uri: file for file in matched}
    return [found[uri] for uri in sorted(found)]


def _read(
    file: SourceFile, inventory: Inventory, host: Host, limit: int, today: str
) -> tuple[Suppression, ...]:
    repository = inventory.repository
    folder = repository.path_in_repository
    name = display_path(f"{folder}/{file.uri}" if folder else file.uri)
    try:
        content = host.read(file, limit)
    except Unreadable as error:
        return (unreadable(name, str(error)),)
    return statements(content, name, repository, today)
