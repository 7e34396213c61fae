"""Files that results are judged by, and what the branch changes of them."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pathspec

from shopsec.baseline.file import FILE_NAME
from shopsec.baseline.settings_changes import RULE, changes, ledger
from shopsec.checkout_root import top_of
from shopsec.config import Settings
from shopsec.errors import PolicyError
from shopsec.merge_base.revision import MergeBase
from shopsec.merge_base.tip import SETTINGS, SILENCERS
from shopsec.model import Inventory, uri_of
from shopsec.policy.rules import own_packs
from shopsec.repo.conversion import ATTRIBUTES, ENCODING
from shopsec.repo.trees import FILE_BYTES, Written
from shopsec.scan.base import Outcome

# Files that may start shopsec: whoever changes them may start it otherwise, or not at all.
_PIPELINES = re.compile(
    r"\.github/(?:workflows|actions)/.*\.ya?ml|(?:.*/)?\.gitlab-ci\.ya?ml|\.gitlab/.*\.ya?ml"
    r"|\.pre-commit-config\.yaml"
)


def settings_changes(
    base: MergeBase, settings: Settings, then: Inventory, today: Inventory, also: Sequence[Path]
) -> Outcome:
    """What the branch changes of what it is judged by; ``also`` are files that options name."""
    watched = _watched(base, settings, [*also, *_beside(settings, then, today)])
    around = _around(base)
    before, after = base.around
    findings = changes(
        {uri_of(path): content_of(base.written, path) for path in watched}
        | {uri: content_of(before, path) for uri, path in around.items()},
        {uri_of(path): _content(base.folder, path) for path in watched}
        | {uri: content_of(after, path) for uri, path in around.items()},
    )
    return Outcome(ledger([*watched, *around]), findings, (RULE,) if findings else ())


def _around(base: MergeBase) -> dict[str, str]:
    """Pipelines above the folder that speak of shopsec: paths from the top, by references."""
    top = os.path.relpath(top_of(base.folder), base.folder)
    paths = sorted({path for side in base.around for path in (*side.sizes, *side.links)})
    return {
        f"{uri_of(top)}/{uri_of(path)}": path
        for path in paths
        if _PIPELINES.fullmatch(path)
        and any(b"shopsec" in (content_of(side, path) or b"") for side in base.around)
    }


def content_of(written: Written, path: str) -> bytes | None:
    """Content of a commit's file; of a link its target; None where there is neither."""
    if path in written.links:
        return _LINK + os.fsencode(written.links[path])
    return _content(written.root, path)


def _beside(settings: Settings, *inventories: Inventory) -> list[Path]:
    """OpenVEX documents of either side, pipelines that speak of shopsec, encodings set for git."""
    spec = pathspec.GitIgnoreSpec.from_lines(settings.vex)
    return [
        Path(inventory.root, file.path)
        for inventory in inventories
        for file in inventory.files
        if spec.match_file(file.path)
        or (_PIPELINES.fullmatch(file.path) and _holds(inventory, file.path, b"shopsec"))
        or (file.name == ATTRIBUTES and _holds(inventory, file.path, ENCODING.encode()))
    ]


def _holds(inventory: Inventory, path: str, word: bytes) -> bool:
    return word in (_content(inventory.root, path) or b"")


def _watched(base: MergeBase, settings: Settings, also: Sequence[Path]) -> list[str]:
    """Paths, from the folder scanned, of the files that results are judged by, then or today."""
    beside = os.path.relpath(settings.base, base.folder)
    if beside.startswith(".."):
        beside = "."  # settings from elsewhere: nothing in the repository names any of them
    names = {settings.baseline or FILE_NAME}
    if settings.policy.endswith((".yaml", ".yml")):
        names.add(settings.policy)
    paths = {*SETTINGS, *SILENCERS}
    paths |= {os.path.normpath(os.path.join(beside, name)) for name in names}
    for root in (base.written.root, base.folder):
        paths |= {os.path.relpath(pack, root) for pack in _packs(settings, root, beside)}
    for path in also:
        for root in (base.judging.root, base.written.root, base.folder):
            if path.is_relative_to(root):
                paths.add(os.path.relpath(path, root))
    there = (path for path in paths if not os.path.isabs(path) and not path.startswith(".."))
    return sorted(
        path
        for path in there
        if path in base.written.links
        or any(
            os.path.lexists(os.path.join(root, path)) for root in (base.written.root, base.folder)
        )
    )


def _packs(settings: Settings, root: str, beside: str) -> Iterator[Path]:
    folder = Path(os.path.normpath(os.path.join(root, beside)))
    for pattern in settings.policies:
        try:
            yield from own_packs((pattern,), folder)
        except PolicyError:
            continue  # none on this side, which is a change of those on the other one


_LINK = b"symbolic link to "


def _content(root: str, path: str) -> bytes | None:
    full = os.path.join(root, path)
    try:
        if os.path.islink(full):
            return _LINK + os.fsencode(os.readlink(full))
        if not os.path.isfile(full):
            return None
        with open(full, "rb") as file:
            return file.read(FILE_BYTES)
    except OSError:
        return None
