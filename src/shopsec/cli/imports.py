"""Which files of other tools are read, and whether they may be believed.

A SARIF file that the repository holds is the word of whoever wrote the branch, so none that git
tracks is believed, nor one that a link of the repository leads to.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from shopsec.checkout_root import enclosing_repository
from shopsec.config import Settings
from shopsec.errors import ConfigError, UsageError
from shopsec.model import COMMIT, Import, printable
from shopsec.repo.git import Git, GitUnavailableError
from shopsec.scan.imported.imported_file import ImportedFile

_TRACKED = "is a file that git tracks: the branch's own word"
_LINKED = "is behind a symbolic link of the repository"


def asked_imports(files: Sequence[str], area: str | None = None) -> tuple[Import, ...]:
    """Imports that a flag names; relative names are relative to where it was typed."""
    return tuple(_asked(file, area) for file in files)


def _asked(file: str, area: str | None) -> Import:
    try:
        return Import.model_validate({"file": os.path.abspath(file), "area": area})
    except ValidationError as error:
        why = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UsageError(
            f"{printable(file)}: {why}",
            "name it in shopsec.toml: [[imports]] file = ... name = ...",
        ) from error


def imported_files(settings: Settings, folder: Path) -> tuple[ImportedFile, ...]:
    """The files that the settings name for a folder that is scanned; ConfigError for twins."""
    if not settings.imports:
        return ()
    names = [each.label for each in settings.imports]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(
                f"{settings.at('imports')}two imports are called {name!r}",
                'give one a name of its own: [[imports]] file = "..." name = "..."',
            )
    top = enclosing_repository(os.path.realpath(folder))
    commit = _commit(folder)
    return tuple(_imported(each, settings.base, top, commit) for each in settings.imports)


def without_imported(settings: Settings, imports: Sequence[ImportedFile], folder: Path) -> Settings:
    """Settings that leave believed files out of what is scanned: they quote what others found."""
    root = os.path.realpath(folder)
    names = (os.path.relpath(each.path, root) for each in imports if not each.refused)
    patterns = (pattern_of(name) for name in names if name[:2] != "..")
    return settings.model_copy(update={"exclude": (*settings.exclude, *patterns)})


def pattern_of(path: str) -> str:
    """A pattern as in .gitignore that matches one path of the folder scanned."""
    return "/" + re.sub(r"([\\*?\[\] !#])", r"\\\1", path)


def _commit(folder: Path) -> str | None:
    try:
        return Git(os.path.realpath(folder)).state().commit
    except GitUnavailableError:
        return None


def _imported(asked: Import, base: str, top: str | None, commit: str | None) -> ImportedFile:
    name = asked.file.replace(COMMIT, commit or "no-commit")
    path = os.path.abspath(os.path.join(base, name))
    real = os.path.realpath(path)
    return ImportedFile(asked, real, _why_refused(path, real, top) if top is not None else "")


def _why_refused(path: str, real: str, top: str) -> str:
    """Why a file is the repository's own; empty for one that a pipeline put there, or elsewhere."""
    for parent in Path(path).parents:
        if os.path.realpath(parent) == top:
            if real != os.path.join(top, os.path.relpath(path, parent)):
                return _LINKED
            break
    if not real.startswith(os.path.join(top, "")):
        return ""
    # Of the repository that it is in, which may be a submodule.
    folder = os.path.dirname(real)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    try:
        tracked = Git(folder).tracks(os.path.relpath(real, folder))
    except GitUnavailableError:
        tracked = True  # as long as nobody can tell
    return _TRACKED if tracked else ""
