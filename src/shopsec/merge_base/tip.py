"""The settings of the revision's tip, which judge both sides."""

import fnmatch
import os
from pathlib import Path
from typing import Any

import pathspec

from shopsec.config import Settings, read_settings
from shopsec.merge_base.revision import MergeBase

SILENCERS = (".secrets.baseline", ".gitleaksignore")
SETTINGS = ("shopsec.toml", "pyproject.toml")


def settings_of(base: MergeBase, config: Path | None, overrides: dict[str, Any]) -> Settings:
    """The tip's settings; names in them are looked up in the folder scanned, rules are not.

    ConfigError where a file that judges is a link there, or its content is not in this clone.
    """
    root = base.judging.root
    if config is not None:
        config = base.path_of("--config", config)
        if not config.exists() and config.is_relative_to(root):
            config = None  # the branch that adds it is not yet judged by it
    if config is None and not base.in_tip(SETTINGS[0]).exists():
        base.in_tip(SETTINGS[1])
    settings = read_settings(Path(root), config, overrides)
    _require_judging(base, settings)
    if not settings.base.startswith(root):
        return settings
    inside = os.path.relpath(settings.base, root)
    here = os.path.normpath(os.path.join(base.folder, inside))
    return settings.model_copy(update={"base": here, "trusted": settings.base})


def _require_judging(base: MergeBase, settings: Settings) -> None:
    """Every file that the settings name by a pattern or a name, and that the tip has, is here."""
    vex = pathspec.GitIgnoreSpec.from_lines(settings.vex)
    beside = os.path.relpath(settings.base, base.judging.root)
    own = [
        os.path.normpath(os.path.join(beside, name))
        for name in (settings.policy, *settings.policies)
    ]
    for path in sorted(base.judging.missing):
        # Of a pattern for packs an asterisk may go too far here, which is refused more, not less.
        packs = any(fnmatch.fnmatchcase(path, pattern) for pattern in own)
        if path in SILENCERS or packs or vex.match_file(path):
            base.require(path)
