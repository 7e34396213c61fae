"""``shopsec db``."""

import datetime
import os
from collections.abc import Callable
from pathlib import Path

import click

from shopsec.cli.checkout import cache_folder, whole_repository
from shopsec.cli.output import write_whole
from shopsec.config import read_settings
from shopsec.errors import OutputError, RefreshError, ShopsecError, UsageError
from shopsec.policy import lifecycle
from shopsec.scan.access.lifecycle_feed import FEED, fetch_from, refreshed_lifecycles
from shopsec.scan.access.lifecycle_feed import URL_VARIABLE as LIFECYCLE_URL
from shopsec.scan.base import Target
from shopsec.scan.containers.images import images_of
from shopsec.scan.dependencies import kev, store_update
from shopsec.scan.dependencies.packages import Packages, in_use
from shopsec.scan.dependencies.store import Store
from shopsec.scan.dependencies.store_layout import FILE_NAME, StoredEcosystem
from shopsec.scan.dependencies.versions import LANGUAGES, ORDERED
from shopsec.scan.image_packages.inventory import look_into, systems_of
from shopsec.scan.web import Web, parsed, shown

_SECONDS = 1_800.0


@click.group(short_help="Refresh what scans compare with.")
def db() -> None:
    """Refresh what scans compare with, so that they need no network themselves."""


@db.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option(
    "--ecosystem", "ecosystems", multiple=True, type=click.Choice(sorted(ORDERED)),
    help="Advisories of this ecosystem. [default: those that PATH has lockfiles of, and systems of"
    " images that its settings name as archives]",
)  # fmt: skip
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Advisories of every language; of Alpine, Debian and Ubuntu by name.",
)
@click.option(
    "--from", "origin", metavar="URL|DIR",
    help="A mirror or a copy of OSV's archives: ECOSYSTEM/all.zip; endoflife.date is left out.",
)  # fmt: skip
def update(path: Path, ecosystems: tuple[str, ...], every: bool, origin: str | None) -> int:
    """Fetch today's advisories (OSV), exploited ones (CISA) and ends of support into the cache.

    Scans with --offline use the advisories, all scans the rest, instead of what is shipped with
    shopsec. Each part takes its place whole or not at all: on any failure what was there stays.
    SHOPSEC_LIFECYCLE_URL and SHOPSEC_KEV_URL name mirrors. Exit codes: 0 all refreshed, 3 a part
    could not be.
    """
    if origin is not None and not origin.strip():
        raise UsageError("--from: names nothing", "name a server's address or a folder")
    folder = _cache()
    wanted = sorted(LANGUAGES) if every else list(ecosystems) or _ecosystems_of(path)
    if not wanted:
        click.echo(
            f"{path}: has no lockfile and no image: name whose advisories you want with --ecosystem"
        )
    web = Web(_SECONDS)
    parts: list[Callable[[], None]] = [lambda: _update_kev(folder, origin, web)]
    if wanted:
        source = origin or store_update.BUCKET
        parts.append(lambda: _update_advisories(folder, source, wanted, web))
    if origin is None:
        parts.append(lambda: _update_lifecycles(folder))
    return max([_tried(part) for part in parts])


@db.command()
def info() -> int:
    """Say what the cache holds, and how old it is."""
    folder = Path(cache_folder())
    stored = Store(folder / FILE_NAME).ecosystems()
    for each in stored.values():
        click.echo(_described(each))
    if not stored:
        click.echo("no store of advisories: shopsec db update makes one")
    catalogue = kev.load_kev(folder)
    click.echo(f"CISA KEV: {len(catalogue.ids)} ids, {catalogue.date}")
    return 0


def _tried(part: Callable[[], None]) -> int:
    """Exit code of one part; its failure does not keep the others from being tried."""
    try:
        part()
    except ShopsecError as error:
        click.echo(f"shopsec: error: {error.message}", err=True)
        if error.hint:
            click.echo(f"  {error.hint}", err=True)
        return error.exit_code
    return 0


def _cache() -> Path:
    folder = Path(cache_folder())
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be created: {error.strerror}") from error
    return folder


def _ecosystems_of(path: Path) -> list[str]:
    """Ecosystems that a shop has pins of, and the systems of archives that it names as images."""
    settings = read_settings(path, None, {"offline": True})
    inventory, host = whole_repository(path, settings)
    target = Target(inventory, settings, datetime.datetime.now(tz=datetime.UTC).date().isoformat())
    found = set(in_use(Packages().collect(target, host).pins))
    found |= systems_of(look_into(images_of(target, host, ()), settings.limits.scanner_seconds))
    return sorted(found & ORDERED)


def _update_advisories(folder: Path, origin: str, ecosystems: list[str], web: Web) -> None:
    for each in store_update.update_store(folder, origin, ecosystems, web, _say):
        click.echo(_described(each))


def _described(stored: StoredEcosystem) -> str:
    refused = f", {stored.refused} records unreadable" if stored.refused else ""
    return (
        f"{stored.name}: {stored.advisories} advisories, {stored.malicious} malicious packages,"
        f" newest of {stored.date[:10]}{refused}"
    )


def _update_kev(folder: Path, origin: str | None, web: Web) -> None:
    url = os.environ.get(kev.URL_VARIABLE) or kev.FEED
    if origin is not None and not store_update.is_address(origin):
        path = Path(origin) / kev.FEED_NAME
        try:
            url, content = str(path), path.read_bytes()
        except FileNotFoundError:
            click.echo(f"CISA KEV: {path} is not there; what was there stays")
            return
        except OSError as error:
            raise RefreshError(f"{path}: cannot be read: {error.strerror}") from error
    elif origin is not None and kev.URL_VARIABLE not in os.environ:
        return  # a mirror of OSV need not have it
    else:
        url, content = shown(url), web.get(url, kev.LIMIT)
    catalogue = kev.kev_of_feed(url, parsed(url, content))
    write_whole(folder / kev.FILE_NAME, kev.kev_text(catalogue))
    click.echo(f"CISA KEV: {len(catalogue.ids)} ids, {catalogue.date}")


def _update_lifecycles(folder: Path) -> None:
    base = os.environ.get(LIFECYCLE_URL) or FEED
    today = datetime.datetime.now(tz=datetime.UTC).date()
    table = refreshed_lifecycles(lifecycle.embedded_lifecycles(), today, fetch_from(base))
    path = folder / lifecycle.FILE_NAME
    write_whole(path, table.model_dump_json(exclude_defaults=True) + "\n")
    cycles = sum(len(product.cycles) for product in table.products.values())
    click.echo(f"{path}: {len(table.products)} products, {cycles} release lines, {table.as_of}")


def _say(text: str) -> None:
    click.echo(text, err=True)
