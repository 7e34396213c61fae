"""The two commits of a comparison, as folders: where the branch began, and the tip that judges."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shopsec.checkout_root import top_of
from shopsec.errors import ConfigError, ScannerError, ShopsecError, UsageError
from shopsec.model import printable
from shopsec.repo.git import GitUnavailableError
from shopsec.repo.trees import Trees, Written, checked

PIPELINES = (
    ".github/workflows", ".github/actions", ".gitlab", ".gitlab-ci.yml", ".gitlab-ci.yaml",
    ".pre-commit-config.yaml",
)  # fmt: skip
"""Where a repository has its pipelines, from its top."""


@dataclass(frozen=True)
class MergeBase:
    """The commit that is compared with, as a folder."""

    commit: str
    ref: str
    folder: str
    """The folder that is scanned, absolute and without links."""
    written: Written
    """The same folder as it was."""
    tip: str
    """The commit that the revision names today: what results are judged by is read from it."""
    judging: Written
    """The same folder as the tip has it."""
    around: tuple[Written, Written]
    """Pipelines of the repository that are not in the folder, then and today, from its top."""
    moved: Mapping[str, str]
    """Paths of files that have another one today."""
    same_submodules: frozenset[str]
    """Paths of submodules whose commit has not changed."""

    @property
    def name(self) -> str:
        """As reports call it."""
        ref = self.ref.removeprefix("refs/remotes/")
        return f"{self.commit[:12]}, the merge base with {printable(ref)}"

    def path_of(self, option: str, path: Path) -> Path:
        """Where a file that an option names is in the tip; itself outside the repository.

        UsageError where it is in the repository, but not in the folder scanned.
        """
        # By its name alone: where the branch's links lead is not for the branch to say.
        full = os.path.abspath(path)
        parents = [full, *map(str, Path(full).parents)]
        top = top_of(self.folder)
        for parent in reversed(parents):
            if os.path.realpath(parent) == self.folder:
                return self.in_tip(os.path.relpath(full, parent))
        real = os.path.realpath(full)
        if any(os.path.realpath(each) == top for each in parents) or real.startswith(top + os.sep):
            raise UsageError(
                f"{option} {path}: lies outside of the folder scanned",
                "with --base-ref, name a file below it, or one outside of the repository",
            )
        return path

    def in_tip(self, name: str) -> Path:
        """A file of the tip by its path; ConfigError where it, or a folder on the way, is a link.

        ConfigError as well where the tip has it, but its content is not here.
        """
        path = Path(self.judging.root, name)
        names = [Path(name), *Path(name).parents]
        if any(each.as_posix() in self.judging.links for each in names):
            raise ConfigError(f"{path}: is a symbolic link", "replace it by the file itself")
        self.require(Path(name).as_posix())
        return path

    def require(self, name: str) -> None:
        """ConfigError where the tip has a file, but its content is not here."""
        if name in self.judging.missing:
            raise ConfigError(
                f"{Path(self.judging.root, name)}: {self.judging.missing[name]}, and it is part of "
                "what a branch is judged by",
                "fetch the whole of it: git fetch --refetch",
            )

    @contextmanager
    def named(self) -> Iterator[None]:
        """Errors name the commits' files as git does (COMMIT:FILE), not our copies of them."""
        try:
            yield
        except ShopsecError as error:
            for commit, copy in ((self.tip, self.judging), (self.commit, self.written)):
                error.message = error.message.replace(copy.root + os.sep, f"{commit[:12]}:")
                error.hint = error.hint.replace(copy.root + os.sep, f"{commit[:12]}:")
            raise


@contextmanager
def opened(folder: Path, ref: str) -> Iterator[MergeBase]:
    """The merge base of HEAD and a revision, in a folder that is removed at the end."""
    _refuse_links(folder)
    real = os.path.realpath(folder)
    try:
        trees = Trees(real)
    except GitUnavailableError as error:
        raise UsageError(f"{folder}: {error}", "--base-ref needs a git repository") from error
    commit = trees.merge_base(ref)
    tip = trees.commit_of(ref) or commit
    with tempfile.TemporaryDirectory(prefix="shopsec-", ignore_cleanup_errors=True) as name:
        copies = os.path.realpath(name)
        written = _copied(trees, commit, copies)
        judging = written if tip == commit else _copied(trees, tip, copies)
        try:
            around = (_around(trees, commit, copies), _around(trees, "HEAD", copies))
            moved = trees.renames(commit, "HEAD")
            today = {entry.path: entry.object_id for entry in trees.entries("HEAD")}
        except ScannerError as error:
            raise UsageError(f"--base-ref {ref}: {error.message}", "see git fsck") from error
        same = frozenset(
            path for path, object_id in written.submodules.items() if today.get(path) == object_id
        )
        yield MergeBase(commit, ref, real, written, tip, judging, around, moved, same)


def _refuse_links(folder: Path) -> None:
    """UsageError where a repository's link leads to the folder: it is the branch's to set."""
    named = os.path.join(_working_folder(), folder)
    plain = os.path.normpath(named)
    inside, above = False, Path(plain)
    for each in (*reversed(above.parents), above):
        if inside and each.is_symlink():
            raise UsageError(
                f"{folder}: {printable(each.name)} is a symbolic link of the repository",
                "with --base-ref, name the folder that it leads to",
            )
        inside = inside or os.path.lexists(each / ".git")
    if inside and os.path.realpath(plain) != os.path.realpath(named):
        raise UsageError(f"{folder}: leads through a symbolic link", "name the folder itself")


def _working_folder() -> str:
    """The current folder by the name that the shell has for it, which tells the links in it."""
    shown = os.environ.get("PWD", "")
    here = os.getcwd()
    return shown if os.path.isabs(shown) and os.path.realpath(shown) == here else here


def _around(trees: Trees, commit: str, folder: str) -> Written:
    """What may start us, of a commit: whoever scans one folder has it above that folder."""
    return trees.write(trees.around(commit, PIPELINES), tempfile.mkdtemp(dir=folder))


def _copied(trees: Trees, commit: str, folder: str) -> Written:
    path = os.path.join(folder, commit)
    os.mkdir(path)
    return checked(trees, commit, path)
