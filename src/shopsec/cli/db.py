"""``shopsec db``."""

import datetime
import os
from pathlib import Path

import click

from shopsec.cli.output import write_whole
from shopsec.cli.scan import cache_folder
from shopsec.errors import OutputError
from shopsec.policy.lifecycle import FILE_NAME, embedded_lifecycles
from shopsec.scan.access.lifecycle_feed import FEED, URL_VARIABLE, fetch_from, refreshed_lifecycles


@click.group(short_help="Refresh what scans compare with.")
def db() -> None:
    """Refresh what scans compare with, so that they need no network themselves."""


@db.command()
def update() -> int:
    """Fetch today's ends of support from endoflife.date into the cache.

    Scans use them instead of the table shipped with shopsec. On any failure the table that was
    there stays. SHOPSEC_LIFECYCLE_URL names a mirror. Exit codes: 0 refreshed, 3 it could not be.
    """
    base = os.environ.get(URL_VARIABLE) or FEED
    today = datetime.datetime.now(tz=datetime.UTC).date()
    table = refreshed_lifecycles(embedded_lifecycles(), today, fetch_from(base))
    folder = Path(cache_folder())
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be created: {error.strerror}") from error
    path = folder / FILE_NAME
    write_whole(path, table.model_dump_json(exclude_defaults=True) + "\n")
    cycles = sum(len(product.cycles) for product in table.products.values())
    click.echo(f"{path}: {len(table.products)} products, {cycles} release lines, {table.as_of}")
    return 0
