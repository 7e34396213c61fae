"""One shard of a scan: what it is asked, and the file that it writes."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from shopsec.cli.options import Asked
from shopsec.cli.output import SHARD, write_whole
from shopsec.cli.progress import of_base, progress
from shopsec.cli.work import Which, Work
from shopsec.errors import UsageError
from shopsec.model import printable
from shopsec.scan.circumstances import circumstances_of
from shopsec.scan.parts import part_of
from shopsec.scan.runner import run_scanners
from shopsec.scan.shard_file import Request, ShardFile, outcomes_by_state, render
from shopsec.scan.shares import Share

AUTO = "auto"
_INDEX, _TOTAL = "CI_NODE_INDEX", "CI_NODE_TOTAL"
_MOST = 1_000


def share_of(text: str, environ: Mapping[str, str]) -> Share:
    """The share that --shard asks for: I/N, or auto for what GitLab's ``parallel`` says.

    https://docs.gitlab.com/ci/variables/predefined_variables/
    """
    where = f"--shard {text}"
    if text == AUTO:
        index, total = environ.get(_INDEX, ""), environ.get(_TOTAL, "")
        where = f"--shard auto: {_INDEX}={index} {_TOTAL}={total}"
        if not index or not total:
            raise UsageError(
                f"--shard auto: {_INDEX} and {_TOTAL} are not both set",
                "set parallel: N for the job, or write --shard I/N",
            )
        text = f"{index}/{total}"
    found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text, re.ASCII)
    share = Share(int(found[1]), int(found[2])) if found else Share(0, 0)
    if not 1 <= share.index <= share.total <= _MOST:
        raise UsageError(f"{where}: is no shard", "write it as 2/4: I of N, counted from 1")
    return share


def target_file(share: Share, targets: Sequence[tuple[str, Path]], format_: str) -> Path:
    """Where a shard's result goes; UsageError for reports, which only the merged scan has."""
    others = [name for name, _ in targets if name != SHARD]
    if others or format_ != "terminal":
        name = others[0] if others else format_
        raise UsageError(
            f"--shard: one shard has no {name} report", f"shopsec merge writes it: --output {name}="
        )
    if len(targets) > 1:
        raise UsageError("--output shard=: is given twice", "name one file")
    file = targets[0][1] if targets else Path(f"shopsec-shard-{share.index}-of-{share.total}.json")
    if file.suffix != ".json":
        raise UsageError(f"--output shard={file}: must end in .json")
    return file


def request_of(
    asked: Asked, path: Path, base_ref: str | None, since: str | None, *, history: bool
) -> Request:
    """What the command line asks, in words that hold on another machine too."""
    policy = asked.policy
    if policy is not None and policy.endswith((".yaml", ".yml")):
        policy = _from(path, policy)
    return Request(
        today=asked.day,
        config=None if asked.config is None else _from(path, asked.config),
        policy=policy,
        only=asked.only,
        skip=asked.skip,
        images=tuple(
            os.path.basename(each) if os.path.exists(each) else each for each in asked.images
        ),
        images_found=asked.images_found,
        offline=asked.offline,
        base_ref=base_ref,
        history=history,
        since=since,
    )


def _from(path: Path, name: str | Path) -> str:
    return Path(os.path.relpath(name, path)).as_posix()


def asked_by(request: Request, path: Path, policy: str | None) -> Asked:
    """The same options, where shards are merged; a policy that is given here wins."""
    if policy is None and request.policy is not None:
        is_file = request.policy.endswith((".yaml", ".yml"))
        policy = os.path.relpath(path / request.policy) if is_file else request.policy
    return Asked(
        config=None if request.config is None else Path(os.path.relpath(path / request.config)),
        policy=policy,
        only=request.only,
        skip=request.skip,
        images=request.images,
        imports=(),
        offline=request.offline,
        today=request.today,
        jobs=None,
        quiet=True,
        verbose=False,
        images_found=request.images_found,
    )


def write_shard(work: Work, share: Share, request: Request, file: Path, verbosity: int) -> str:
    """Scan a shard's part and write its result; what there is to say of it."""
    found = {}
    with progress(verbosity) as on_progress:
        tell = {Which.TODAY: on_progress, Which.BASE: of_base(on_progress)}
        for which, side in work.sides.items():
            target = replace(side.target, share=share)
            scanners = part_of(side.scanners, share, target.settings)
            found[which.value] = run_scanners(scanners, target, side.host, tell[which])
    today = work.sides[Which.TODAY]
    shard = ShardFile(
        shard=share.index,
        of=share.total,
        request=request,
        circumstances=circumstances_of(today.target, today.host, work.commit),
        outcomes=outcomes_by_state(found),
    )
    write_whole(file, render(shard))
    names = ", ".join(each.run.scanner for each in found[Which.TODAY.value])
    return f"shard {share}: {names or 'no scanner'}; written to {printable(str(file))}\n"
