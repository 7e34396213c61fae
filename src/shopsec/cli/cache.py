"""``shopsec cache``."""

import click

from shopsec.cli.checkout import cache_folder
from shopsec.errors import OutputError
from shopsec.model import printable
from shopsec.scan.cache.store import LIMIT, ResultStore


@click.group(short_help="Look at the results kept of former scans.")
def cache() -> None:
    """Look at, or remove, what former scans found in files that have not changed since."""


@cache.command()
def info() -> int:
    """Say where results of former scans are, how large they are, and whose."""
    store = ResultStore(cache_folder())
    held = store.held()
    click.echo(
        f"{printable(store.path)}: {store.size() / 1e6:.1f} MB of at most {LIMIT // 1_000_000} MB"
        if held
        else f"{printable(store.path)}: no results"
    )
    for each in held:
        click.echo(f"  {each.scanner}: {each.entries} entries, {each.bytes / 1e3:.1f} kB")
    return 0


@cache.command()
def clear() -> int:
    """Remove the results of former scans; databases and tools stay."""
    store = ResultStore(cache_folder())
    size = store.size()
    try:
        store.clear()
    except OSError as error:
        raise OutputError(
            f"{store.path}: cannot be removed: {error.strerror}", "remove the file yourself"
        ) from error
    click.echo(f"{printable(store.path)}: {size / 1e6:.1f} MB removed")
    return 0
