"""The folder that a command works on: its settings, its files and what it is judged by."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shopsec.baseline.file import FILE_NAME, find_baseline
from shopsec.cli.imports import asked_imports
from shopsec.cli.options import Asked
from shopsec.config import Settings, read_settings
from shopsec.errors import PolicyError, UsageError
from shopsec.model import Area, Inventory
from shopsec.pipeline import Past as Known
from shopsec.policy.gates import GatePolicy, load_gate
from shopsec.repo.walk import read_inventory
from shopsec.scan.base import Scanner
from shopsec.scan.cache.store import ResultStore
from shopsec.scan.containers.kinds import path_of
from shopsec.scan.host import Host


def settings_of(path: Path, asked: Asked, exclude: Sequence[str] = ()) -> Settings:
    """The settings of a folder, with flags and further patterns to leave out."""
    check_folder(path)
    settings = read_settings(path, asked.config, overrides_of(asked))
    return settings.model_copy(update={"exclude": (*settings.exclude, *exclude)})


def overrides_of(asked: Asked) -> dict[str, Any]:
    """What flags set of the settings."""
    return {
        "policy": asked.policy, "only": asked.only, "skip": asked.skip,
        "images": _absolute(asked.images), "imports": asked_imports(asked.imports),
        "images_found": asked.images_found, "offline": asked.offline, "jobs": asked.jobs,
        "cache": not asked.no_cache,
    }  # fmt: skip


def baseline_of(settings: Settings) -> Known | None:
    """What is known by the baseline, where there is one."""
    found = find_baseline(settings)
    if found is None:
        return None
    return Known(settings.baseline or FILE_NAME, found[1], prune="shopsec baseline prune")


def gate_of(settings: Settings, asked: Asked, file: Path | None = None) -> GatePolicy:
    """The gate policy; ``file`` is where a file that a flag names is, if not where it says."""
    of_flag = asked.policy is not None
    name = settings.policy if file is None else str(file)
    try:
        return load_gate(name, Path() if of_flag else Path(settings.rules_base))
    except PolicyError as error:
        where = "" if of_flag else settings.at("policy")
        raise PolicyError(where + error.message, error.hint) from error


def whole_repository(
    path: Path, settings: Settings, results: Sequence[Path] = ()
) -> tuple[Inventory, Host]:
    """All files of a folder but the results of shards, and the machine to read them with."""
    inventory = read_inventory(str(path), settings.exclude, results)
    return inventory, host_of(inventory.root, settings)


def host_of(root: str, settings: Settings, untrusted: str = "") -> Host:
    """The machine, to read the files below a folder with; see Host."""
    return Host(
        root,
        settings.jobs,
        offline=settings.offline,
        environ=os.environ,
        cache=cache_folder(),
        untrusted=untrusted,
        results=ResultStore(cache_folder()) if settings.cache else None,
    )


def cache_folder() -> str:
    """Where databases stay between runs (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "shopsec")


def check_folder(path: Path) -> None:
    """UsageError where a path is no folder."""
    if not path.exists():
        raise UsageError(f"{path}: no such folder", "name the folder of the shop to scan")
    if not path.is_dir():
        raise UsageError(f"{path}: is a file", "name the folder that holds the repository")


def _absolute(images: tuple[str, ...]) -> tuple[str, ...]:
    """Archives named on the command line are relative to where it was typed."""
    for image in images:
        if not image.strip() or "://" in image:
            raise UsageError("--image: is no reference or archive", "name it as registry/name:tag")
    return tuple(path_of(image, os.getcwd()) or image for image in images)


def check_names(settings: Settings, scanners: Sequence[Scanner]) -> None:
    """UsageError where the settings or a flag name a scanner that there is not."""
    names = sorted({scanner.name for scanner in scanners})
    areas = sorted(area.value for area in Area if area is not Area.REPOSITORY)
    for name in (*settings.only, *settings.skip):
        if name not in names and name not in areas:
            where = settings.at("skip") if name in settings.skip else ""
            raise UsageError(
                f"{where}unknown scanner {name!r}",
                f"scanners: {', '.join(names)}; areas: {', '.join(areas)}",
            )
