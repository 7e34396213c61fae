"""The shards of one scan, put together: only what belongs together is, and then judged as one."""

from collections.abc import Mapping

from shopsec.cli.work import Scanned, Which, Work
from shopsec.errors import UsageError
from shopsec.model import printable
from shopsec.scan.circumstances import circumstances_of
from shopsec.scan.parts import Parts, part_of
from shopsec.scan.shard_file import Circumstances, Request, ShardFile
from shopsec.scan.shares import Share


def merged(work: Work, shards: Mapping[str, ShardFile]) -> Scanned:
    """The scan that the shards, by the names of their files, are parts of."""
    today = work.sides[Which.TODAY]
    here = circumstances_of(today.target, today.host, work.commit)
    by_index: dict[int, ShardFile] = {}
    for name, shard in shards.items():
        _check_circumstances(name, shard.circumstances, here)
        _check_scanners(name, shard, work)
        by_index[shard.shard] = shard
    total = next(iter(by_index.values())).of
    parts = {
        which: Parts(total, {index: each.found(which.value) for index, each in by_index.items()})
        for which in work.sides
    }
    outcomes = {
        which: parts[which].joined(side.scanners, side.target, side.host)
        for which, side in work.sides.items()
    }
    return work.judged(outcomes, parts[Which.TODAY].entries)


def _check_scanners(name: str, shard: ShardFile, work: Work) -> None:
    share = Share(shard.shard, shard.of)
    for which, side in work.sides.items():
        expected = [each.name for each in part_of(side.scanners, share, side.target.settings)]
        there = [each.run.scanner for each in shard.outcomes.get(which.value, ())]
        if there != expected:
            raise UsageError(
                f"{name}: has results of {', '.join(there) or 'no scanner'};"
                f" shard {share} has those of {', '.join(expected) or 'none'}",
                "run the shard again with this version of shopsec",
            )


_FILES = "scan and merge the same files: git status shows what is not committed"
_WHY = {
    "commit": ("is of another commit", "merge in a checkout of the commit that was scanned"),
    "dirty": ("is of a checkout with other changes", "scan and merge what was committed"),
    "remote": ("is of another repository", "merge in a clone of the same origin"),
    "folder": ("is of another folder of the repository", "name it: --path FOLDER"),
    "count": ("is of other files", _FILES),
    "files": ("is of other files", _FILES),
    "settings": ("was made with other settings", "use one shopsec.toml in all shards and here"),
    "packs": ("was made with other rule packs", "use the same rule packs in all shards and here"),
    "salt": ("tells secrets apart otherwise", "use one SHOPSEC_SALT, and folders of one name"),
    "base": ("compares with another commit", "fetch the same history in all shards and here"),
}  # fmt: skip


_SHOWN = {"commit", "remote", "folder", "count", "base"}


def _check_circumstances(name: str, there: Circumstances, here: Circumstances) -> None:
    for field, (why, hint) in _WHY.items():
        theirs, ours = getattr(there, field), getattr(here, field)
        if theirs != ours:
            shown = (
                "" if len(str(theirs)) == 64 and field != "commit" else f": {theirs}, here {ours}"
            )
            raise UsageError(printable(f"{name}: {why}{shown}"), hint)


def check_together(shards: Mapping[str, ShardFile]) -> Request:
    """What all of them were asked; UsageError where they are no shards of one scan."""
    (first, one), *_ = shards.items()
    seen: dict[int, str] = {}
    for name, shard in shards.items():
        if shard.of != one.of:
            raise UsageError(
                f"{name}: is one of {shard.of} shards, {first} one of {one.of}",
                "give the results of one scan",
            )
        if shard.shard in seen:
            raise UsageError(
                f"{name}: is shard {shard.shard} of {shard.of}, as {seen[shard.shard]} is",
                "give each shard once",
            )
        seen[shard.shard] = name
        for field in Request.model_fields:
            theirs, ours = getattr(shard.request, field), getattr(one.request, field)
            if theirs != ours:
                option = f"--{field.replace('_', '-')}"
                raise UsageError(
                    printable(f"{name}: was scanned with {option} {theirs}, {first} with {ours}"),
                    "give all shards the same options"
                    + (", such as --today with the day of the pipeline" * (field == "today")),
                )
    return one.request
