"""``shopsec merge``."""

import json
from pathlib import Path
from typing import Any

import click

from shopsec.cli.joining import check_together, merged
from shopsec.cli.options import color_option, exit_zero_option
from shopsec.cli.organisation import publish_organisation
from shopsec.cli.output import (
    format_option,
    output_option,
    parse_target,
    refuse_twice,
    require_stdout,
)
from shopsec.cli.regular_file import regular_content
from shopsec.cli.saved_report import REPORT_SCHEMA
from shopsec.cli.scan import opened, own_reports, publish
from shopsec.cli.shards import asked_by
from shopsec.errors import UsageError
from shopsec.model import SHARD_SCHEMA
from shopsec.scan.shard_file import parse


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
@format_option
@output_option
@exit_zero_option
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

    Reports of scan --output json=FILE of different repositories: one ranked list of all, each by
    its own decision; the worst one gives the exit code. Formats: terminal, markdown, json.
    """
    targets = [parse_target(text) for text in outputs]
    refuse_twice(targets)
    require_stdout()
    schemas = {file: schema_of(file) for file in results}
    if len(set(schemas.values())) > 1:
        raise UsageError("shards and reports are not merged with each other", _HINT)
    if set(schemas.values()) == {REPORT_SCHEMA}:
        if policy is not None:
            raise UsageError("--policy: decided is what each report says", "leave it out")
        outcome = publish_organisation(results, targets, format_)
    else:
        shards = {str(file): parse(document_of(file), str(file)) for file in results}
        request = check_together(shards)
        asked, own = asked_by(request, path, policy), own_reports(path, targets)
        with opened(
            path,
            asked,
            request.base_ref,
            results,
            own,
            history=request.history,
            since=request.since,
        ) as work:
            scanned = merged(work, shards)
        publish(scanned, targets, format_, color)
        outcome = scanned.report.decision.outcome
    return 0 if exit_zero else outcome.exit_code


_HINT = "name results of scan --shard I/N of one shop, or of scan --output json= of many"


def schema_of(file: Path) -> str:
    """What a file calls itself; UsageError for what is no result of shopsec."""
    schema = document_of(file).get("schema")
    if schema not in {SHARD_SCHEMA, REPORT_SCHEMA}:
        raise UsageError(f"{file}: is no result of shopsec", _HINT)
    return str(schema)


def document_of(file: Path) -> dict[str, Any]:
    """The JSON object in a file."""
    try:
        document = json.loads(regular_content(file))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}", _HINT) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: is not JSON, or not all of it", _HINT) from error
    return document if isinstance(document, dict) else {}
