"""The files that judged a scan, as a decision record names them: from the repository's top."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from shopsec.checkout_root import top_of
from shopsec.cli.options import Asked
from shopsec.cli.regular_file import regular_content
from shopsec.config import Settings
from shopsec.errors import ConfigError, UsageError
from shopsec.policy.gates import embedded_gates
from shopsec.report.decision import Configuration


@dataclass(frozen=True)
class JudgedBy:
    """Names of files from the top of the repository, or alone where they lie outside of it."""

    configuration: Configuration
    policy: str
    """An embedded policy's name, or a file's."""
    policy_outside: bool


def judged_by(settings: Settings, asked: Asked, folder: Path, commit: str = "") -> JudgedBy:
    """What judges a folder, while it is there; ``commit``: where it is from, if not of today."""
    policy, outside = settings.policy, False
    if policy not in embedded_gates():
        beside = Path() if asked.policy is not None else Path(settings.base)
        policy, outside = _name(beside / policy, folder)
    return JudgedBy(_configuration(settings, folder, commit), policy, outside)


def _configuration(settings: Settings, folder: Path, commit: str) -> Configuration:
    of_commit = commit if settings.trusted else ""
    if not settings.source:
        return Configuration("", "", of_commit)
    name, outside = _name(Path(settings.base, settings.source), folder)
    digest = configuration_digest(Path(settings.rules_base, settings.source))
    return Configuration(name, digest, of_commit, outside)


def _name(path: Path, folder: Path) -> tuple[str, bool]:
    """A file's name, and whether it lies outside of the repository."""
    full = os.path.join(os.path.realpath(path.parent), path.name)
    inside = Path(os.path.relpath(full, top_of(folder)))
    outside = inside.parts[0] == os.pardir
    return (path.name if outside else inside.as_posix()), outside


def configuration_digest(path: Path) -> str:
    """SHA-256 of a configuration file; ConfigError when it cannot be read."""
    try:
        return hashlib.sha256(regular_content(path)).hexdigest()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UsageError as error:
        raise ConfigError(error.message, error.hint) from error
