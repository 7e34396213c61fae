"""What ``shopsec init`` would write, and what is there already and stays."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from shopsec.baseline.file import baseline_path, render_baseline
from shopsec.cli.baseline import newly_known
from shopsec.cli.business_paths import business_paths
from shopsec.cli.checkout import settings_of, whole_repository
from shopsec.cli.new_files import NewFile, is_there
from shopsec.cli.options import Asked
from shopsec.cli.surroundings import GITLAB_FILE, Surroundings
from shopsec.cli.work import scan_whole
from shopsec.config import Settings
from shopsec.model import Report, path_of
from shopsec.pipeline import Past
from shopsec.starter.pipelines import (
    github_step,
    github_workflow,
    gitlab_include,
    pre_commit_config,
    pre_commit_entry,
)
from shopsec.starter.settings_file import settings_text
from shopsec.starter.source import Source

WORKFLOW = ".github/workflows/shopsec.yml"
PRE_COMMIT = ".pre-commit-config.yaml"
SETTINGS = "shopsec.toml"
_READ_BYTES = 1_000_000


@dataclass
class FirstFiles:
    """The files to be, and those that are there."""

    new: list[NewFile] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    """Lines that a person may add, by the name of the file; empty where it needs none."""
    report: Report | None = None
    """The scan that the baseline is made of."""

    def offer(self, top: str, file: NewFile, lines: str, folder: str = ".") -> None:
        """A file to be, unless it is there; ``folder``: what it must name beside us."""
        if not is_there(top, file.name):
            self.new.append(file)
        else:
            done = _speaks_of_us(Path(top, file.name), folder)
            self.left[file.name] = "" if done else lines


def first_files(
    path: Path, around: Surroundings, source: Source, asked: Asked, *, github: bool, gitlab: bool
) -> FirstFiles:
    """Everything but the baseline is made of names; the baseline takes a scan, and comes first.

    UsageError where a link is in the place of a file, before anything is scanned.
    """
    files = FirstFiles()
    names = [around.name(SETTINGS), PRE_COMMIT, *[WORKFLOW] * github, *[GITLAB_FILE] * gitlab]
    for name in names:
        is_there(around.top, name)
    settings = settings_of(path, asked)
    _add_baseline(files, path, around, settings, asked)
    _add_settings(files, path, around, settings)
    hook = NewFile(PRE_COMMIT, pre_commit_config(source))
    files.offer(around.top, hook, pre_commit_entry(source))
    if github:
        text = github_workflow(source, around.branch, around.folder)
        step = github_step(source, around.folder)
        files.offer(around.top, NewFile(WORKFLOW, text), step, around.folder)
    if gitlab:
        text = gitlab_include(source, around.host, around.folder)
        # Of two keys of one name the second counts: what was included would be gone.
        lines = text.replace("include:\n", "include: # once: with one there, add the item to it\n")
        files.offer(around.top, NewFile(GITLAB_FILE, text), lines, around.folder)
    return files


def _add_baseline(
    files: FirstFiles, path: Path, around: Surroundings, settings: Settings, asked: Asked
) -> None:
    file = baseline_path(settings)
    name = os.path.relpath(file, around.top)
    if is_there(around.top, name):
        files.left[name] = ""
        return
    files.report = scan_whole(path, asked, known=Past(file.name, ())).report
    known = newly_known(files.report, include_fix_now=False)
    files.new.append(NewFile(name, render_baseline(known)))


def _add_settings(files: FirstFiles, path: Path, around: Surroundings, settings: Settings) -> None:
    if settings.source:
        files.left[around.name(settings.source)] = ""
        return
    inventory, host = whole_repository(path, settings)
    recognised = [
        (each.platform.id, each.evidence) for each in business_paths(inventory, settings, host)[1]
    ]
    text = settings_text(recognised, (path_of(file.uri) for file in inventory.files))
    files.new.append(NewFile(around.name(SETTINGS), text))


def _speaks_of_us(path: Path, folder: str) -> bool:
    """Whether a file names shopsec, and the folder, so that it needs no lines; no file does not."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            text = file.read(_READ_BYTES)
    except OSError:
        return False
    return b"shopsec" in text and (folder == "." or os.fsencode(folder) in text)
