"""``shopsec merge``."""

import json
from pathlib import Path
from typing import Any

import click

from shopsec.cli.joining import check_together, merged
from shopsec.cli.options import color_option
from shopsec.cli.output import FORMATS, parse_target, refuse_twice, require_stdout
from shopsec.cli.scan import opened, own_reports, publish
from shopsec.cli.shards import asked_by
from shopsec.cli.verify import regular_content
from shopsec.errors import UsageError
from shopsec.model import SHARD_SCHEMA
from shopsec.scan.shard_file import ShardFile, parse


@click.command(short_help="Put the shards of a scan together, or the reports of many shops.")
@click.argument(
    "results", nargs=-1, required=True, metavar="RESULT...", type=click.Path(path_type=Path)
)
@click.option(
    "--path",
    default=".",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The folder that the shards scanned.",
)
@click.option("--policy", help="Gate policy, if not the one that the shards were given.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="terminal",
    show_default=True,
    help="What to print on stdout.",
)
@click.option(
    "--output", "outputs", multiple=True, metavar="FORMAT=FILE", help="Also write this report."
)
@click.option("--exit-zero", is_flag=True, help="Exit 0 whatever the gate decides.")
@color_option
def merge(
    results: tuple[Path, ...],
    path: Path,
    policy: str | None,
    format_: str,
    outputs: tuple[str, ...],
    exit_zero: bool,
    color: str,
) -> int:
    """Put RESULTs together.

    Results of scan --shard, in a checkout of the commit that they scanned: decision, reports and
    exit code are those of one whole scan. A shard that is missing makes it incomplete.
    """
    targets = [parse_target(text) for text in outputs]
    refuse_twice(targets)
    require_stdout()
    shards = read_shards(results)
    request = check_together(shards)
    asked = asked_by(request, path, policy)
    own = own_reports(path, targets)
    with opened(
        path, asked, request.base_ref, results, own, history=request.history, since=request.since
    ) as work:
        scanned = merged(work, shards)
    publish(scanned, targets, format_, color)
    return 0 if exit_zero else scanned.report.decision.outcome.exit_code


def read_shards(files: tuple[Path, ...]) -> dict[str, ShardFile]:
    """The shards in files, by the files' names."""
    return {str(file): parse(_document(file), str(file)) for file in files}


_HINT = "name files that shopsec scan --shard I/N wrote"


def _document(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(regular_content(file))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}", _HINT) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: is not JSON, or not all of it", _HINT) from error
    if not isinstance(document, dict) or document.get("schema") != SHARD_SCHEMA:
        raise UsageError(f"{file}: is no result of shopsec", _HINT)
    return document
