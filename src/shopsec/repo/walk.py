"""Which files there are: git's list where there is git, a plain walk where there is none."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence

import pathspec

from shopsec.errors import UsageError
from shopsec.model import (
    Area,
    Excluded,
    Inventory,
    Repository,
    ScannerRun,
    SourceFile,
    Status,
    display_path,
    group_not_covered,
    printable,
    uri_of,
)
from shopsec.repo.conversion import ATTRIBUTES, unreadable_encodings
from shopsec.repo.gathered import Walk, is_inside
from shopsec.repo.git import SUBMODULE_MODE, Git, GitEntry, GitState, GitUnavailableError
from shopsec.repo.links import follow
from shopsec.repo.roles import role_of
from shopsec.repo.staged import indexed_files, staged_files, unknown_names

# Never a shop's own source, whatever git says: git's own data and shopsec's neighbours' caches.
_PRUNED = frozenset({".git", ".hg", ".svn"})
# Left out of a plain folder, where there is no .gitignore to tell.
_PRUNED_PLAIN = _PRUNED | {"node_modules", "__pycache__", ".venv", "venv", ".tox", ".mypy_cache"}


def read_inventory(
    folder: str, exclude: tuple[str, ...] = (), results: Sequence[os.PathLike[str]] = ()
) -> Inventory:
    """List the files of a folder; UsageError when it is no readable folder.

    ``exclude`` are .gitignore patterns relative to the folder; what they match is counted.
    ``results`` of shards, if git does not track them, are no files of the folder at all, for they
    lie only where shards are merged. In a repository others than those named are recognised too:
    what git does not track did not come with a commit.
    """
    root = os.path.realpath(folder)
    _check_folder(folder, root)
    walk = Walk(
        root,
        pathspec.GitIgnoreSpec.from_lines(exclude),
        results=frozenset(os.path.realpath(each) for each in results),
    )
    git: Git | None = None
    try:
        asked = Git(root)
        listed: Iterable[GitEntry] = asked.entries()
        git, state, note = asked, asked.state(), ""
        walk.recognises = True
    except GitUnavailableError as error:
        listed, state, note = _plain_entries(walk, ""), None, str(error)
    for entry in listed:
        _take(walk, entry, tracked=bool(entry.mode))
    _take_linked(walk)
    if git is not None:
        _leave_converted(walk, git)
    files = sorted(walk.files, key=lambda file: file.uri)
    return Inventory(
        root=root,
        repository=_repository(root, state, note),
        files=tuple(files),
        run=_ledger(walk),
    )


def staged_inventory(
    folder: str,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    limit: int,
    beside: tuple[str, ...] = (),
) -> tuple[Inventory, dict[str, bytes]]:
    """The files that the next commit changes, with their staged contents up to a size.

    ``beside`` names files that are read as the index has them, changed or not. UsageError where
    git cannot tell, or where one of ``only`` is nowhere.
    """
    root = os.path.realpath(folder)
    walk = Walk(root, pathspec.GitIgnoreSpec.from_lines(exclude))
    contents: dict[str, bytes] = {}
    try:
        state = Git(root).state()
        _check_names(root, only)
        for staged in staged_files(root, only, limit):
            if walk.exclude.match_file(staged.path):
                walk.excluded["exclude in the configuration"] += 1
                continue
            uri = uri_of(staged.path)
            walk.files.append(SourceFile(uri, staged.size, role_of(staged.path), tracked=True))
            if staged.content is not None:
                contents[uri] = staged.content
        read = _beside(root, walk, beside, limit, contents)
    except GitUnavailableError as error:
        raise UsageError(f"{folder}: {error}", "--staged needs a git repository") from error
    inventory = Inventory(
        root=root,
        repository=_repository(root, state, ""),
        files=tuple(sorted(walk.files, key=lambda file: file.uri)),
        run=_ledger(walk),
        staged=True,
        beside=read,
    )
    return inventory, contents


def _check_names(root: str, only: tuple[str, ...]) -> None:
    unknown = unknown_names(root, only)
    if unknown:
        raise UsageError(
            f"{printable(unknown[0])}: is neither here nor in git's index nor in HEAD",
            "name files of the repository, or none for all that is staged",
        )


def _beside(
    root: str, walk: Walk, names: tuple[str, ...], limit: int, contents: dict[str, bytes]
) -> tuple[SourceFile, ...]:
    """The files of these names that are in the index and not scanned themselves."""
    scanned = {file.uri for file in walk.files}
    wanted = [name for name in names if name not in scanned and not walk.exclude.match_file(name)]
    files = []
    for each in indexed_files(root, wanted, limit) if wanted else ():
        file = SourceFile(uri_of(each.path), each.size, role_of(each.path), tracked=True)
        files.append(file)
        if each.content is not None:
            contents[file.uri] = each.content
    return tuple(files)


def _check_folder(folder: str, root: str) -> None:
    if not os.path.exists(root):
        raise UsageError(f"{folder}: no such folder", "name the folder of the shop to scan")
    if not os.path.isdir(root):
        raise UsageError(
            f"{folder}: is a file, not a folder", "name the folder that holds the repository"
        )
    try:
        names = set(os.listdir(root))
    except OSError as error:
        raise UsageError(f"{folder}: cannot be read: {error.strerror}") from error
    if names >= {"HEAD", "objects", "refs", "config"} and ".git" not in names:
        raise UsageError(f"{folder}: is a bare repository", "check it out first: git clone")


def _repository(root: str, state: GitState | None, note: str) -> Repository:
    name = os.path.basename(root) or root
    if state is None:
        return Repository(name=display_path(uri_of(name)), note=note)
    prefix = os.path.relpath(root, state.toplevel)
    if state.commit is None:
        note = "no commit yet"
    elif state.shallow:
        note = "shallow clone: history not available"
    return Repository(
        name=display_path(uri_of(name)),
        path_in_repository="" if prefix == "." else uri_of(prefix),
        commit=state.commit,
        branch=state.branch,
        dirty=state.dirty,
        note=note,
        remote=state.remote,
    )


def _ledger(walk: Walk) -> ScannerRun:
    missed = group_not_covered(walk.not_covered)
    return ScannerRun(
        scanner="inventory",
        area=Area.REPOSITORY,
        status=Status.PARTIAL if missed else Status.SUCCEEDED,
        handed_in=len(walk.files) + len(walk.not_covered),
        covered=len(walk.files),
        not_covered=missed,
        excluded=tuple(
            Excluded(reason=reason, count=count) for reason, count in sorted(walk.excluded.items())
        ),
        next_step=(
            "mend what is named, or leave it out on purpose: exclude = [...] in shopsec.toml"
            if missed
            else ""
        ),
    )


def _take(walk: Walk, entry: GitEntry, *, tracked: bool) -> None:
    if not tracked and walk.is_result(os.path.join(walk.root, entry.path)):
        return
    if walk.exclude.match_file(entry.path):
        walk.excluded["exclude in the configuration"] += 1
        walk.left_out.append(entry.path)
    elif entry.mode == SUBMODULE_MODE or (not tracked and entry.path.endswith("/")):
        _take_nested_repository(walk, entry)
    elif entry.sparse:
        walk.miss(entry.path, "left out by a sparse checkout")
    else:
        _take_path(walk, entry.path, tracked=tracked)


def _take_path(walk: Walk, path: str, *, tracked: bool) -> None:
    full = os.path.join(walk.root, path)
    try:
        status = os.lstat(full)
    except FileNotFoundError:
        return  # deleted in the working tree: not part of what is scanned
    except OSError as error:
        walk.miss(path, f"cannot be read: {error.strerror}")
        return
    if stat.S_ISLNK(status.st_mode):
        _take_symlink(walk, path, full, tracked=tracked)
    elif not stat.S_ISREG(status.st_mode):
        walk.miss(path, "neither a file nor a folder")
    elif not walk.holds(os.path.dirname(full)):
        walk.miss(path, "below a symbolic link that leaves the repository")
    elif not os.access(full, os.R_OK):
        walk.miss(path, "cannot be read: Permission denied")
    else:
        walk.files.append(
            SourceFile(uri=uri_of(path), size=status.st_size, role=role_of(path), tracked=tracked)
        )


def _take_symlink(walk: Walk, path: str, full: str, *, tracked: bool) -> None:
    try:
        target = os.path.realpath(full, strict=True)
    except OSError as error:
        loop = "Too many levels" in (error.strerror or "")
        walk.miss(path, f"symbolic link {'in a loop' if loop else 'to nothing'}")
        return
    if target == walk.root or is_inside(walk.root, target):
        inside = os.path.relpath(target, walk.root)
        walk.links[path] = ("" if inside == "." else inside, tracked)
    else:
        walk.miss(path, "symbolic link out of the repository")


def _take_linked(walk: Walk) -> None:
    """Book the links within the root, and take what says something else by a link's name."""
    if not walk.links:
        return
    scanned = {file.path for file in walk.files}
    ignored = {
        target
        for target, _ in walk.links.values()
        if target not in scanned and os.path.isfile(os.path.join(walk.root, target))
    }
    linked = follow(
        {link: target for link, (target, _) in walk.links.items()},
        {*scanned, *ignored, *walk.left_out},
        scanned,
        walk.exclude.match_file,
    )
    for path, content in linked.files.items():
        _take_through_link(walk, path, content.path, tracked=walk.links[content.link][1])
    for path, reason in linked.missed:
        walk.miss(path, reason)
    if linked.alike:
        walk.excluded["symbolic links to files scanned under their own name"] += linked.alike
    if linked.left_out:
        walk.excluded["exclude in the configuration"] += linked.left_out


def _leave_converted(walk: Walk, git: Git) -> None:
    """Book the files whose encoding nobody here can read."""
    try:
        reasons = unreadable_encodings(git, walk.root, walk.files, walk.left_out)
    except GitUnavailableError as error:
        walk.miss(ATTRIBUTES, str(error))
        return
    for file in walk.files:
        if file.uri in reasons:
            walk.miss(file.path, reasons[file.uri])
    walk.files = [file for file in walk.files if file.uri not in reasons]


def _take_through_link(walk: Walk, path: str, target: str, *, tracked: bool) -> None:
    full = os.path.join(walk.root, target)
    try:
        status = os.lstat(full)
    except FileNotFoundError:
        return  # excluded, and deleted in the working tree
    except OSError as error:
        walk.miss(path, f"cannot be read: {error.strerror}")
        return
    if not stat.S_ISREG(status.st_mode) or os.path.realpath(full) != full:
        walk.miss(path, "symbolic link to a folder with another link in it")
    elif not os.access(full, os.R_OK):
        walk.miss(path, "cannot be read: Permission denied")
    else:
        file = SourceFile(uri_of(path), status.st_size, role_of(path), tracked, target)
        walk.files.append(file)


def _take_nested_repository(walk: Walk, entry: GitEntry) -> None:
    """A submodule, or a repository inside this one that it does not track."""
    path = entry.path.rstrip("/")
    full = os.path.join(walk.root, path)
    if os.path.islink(full) or not is_inside(walk.root, full):
        walk.miss(path, "symbolic link in place of a submodule")
        return
    if not os.path.lexists(os.path.join(full, ".git")):
        walk.miss(path, "submodule not checked out")
        return
    try:
        inner = Git(full).entries()
    except (GitUnavailableError, OSError):
        walk.miss(path, "submodule that git cannot list")
        return
    for each in inner:
        nested = GitEntry(f"{path}/{each.path}", each.mode, sparse=each.sparse)
        _take(walk, nested, tracked=bool(each.mode))


def _plain_entries(walk: Walk, folder: str) -> Iterator[GitEntry]:
    """Every file below a folder that is no git repository; links are not followed."""
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            children = sorted(os.scandir(os.path.join(walk.root, current)), key=lambda c: c.name)
        except OSError as error:
            walk.miss(current, f"folder cannot be read: {error.strerror}")
            continue
        yield from _plain_files(walk, current, children, pending)


def _plain_files(
    walk: Walk, current: str, children: Iterable[os.DirEntry[str]], pending: list[str]
) -> Iterator[GitEntry]:
    for child in children:
        path = f"{current}/{child.name}" if current else child.name
        if not child.is_dir(follow_symlinks=False):
            yield GitEntry(path, "")
        elif child.name in _PRUNED_PLAIN:
            walk.excluded[f"{child.name} folders (no git to tell what is yours)"] += 1
        elif walk.exclude.match_file(path + "/"):
            walk.excluded["exclude in the configuration"] += 1
        else:
            pending.append(path)
