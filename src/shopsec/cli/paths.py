"""``shopsec paths``."""

from collections import defaultdict
from pathlib import Path

import click

from shopsec.cli.business_paths import business_paths
from shopsec.cli.checkout import whole_repository
from shopsec.config import read_settings
from shopsec.model import Role, display_path, printable
from shopsec.policy.business_paths import KINDS, Source

_SHOWN = 5


@click.command(short_help="Show which files money and customers' data flow through.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(KINDS), help="List all files of this kind.")
def paths(path: Path, kind: str | None) -> int:
    """Show which kind of shop PATH is, and its business paths.

    A finding on them ranks higher. Change them in shopsec.toml: platform = "magento", or patterns
    of your own, as in .gitignore: [paths], checkout = ["src/kasse/"], none = ["docs/"].
    """
    settings = read_settings(path, None, {"offline": True})
    inventory, host = whole_repository(path, settings)
    business, recognised = business_paths(inventory, settings, host)
    found: dict[Source, list[str]] = defaultdict(list)
    for file in inventory.files:
        if file.role is Role.PRODUCTION:
            found[business.source_of(display_path(file.uri))].append(display_path(file.uri))
    if kind is not None:
        for source in sorted(found, key=lambda each: each.origin):
            for name in found[source] if source.kind == kind else ():
                click.echo(name)
        return 0
    for each in recognised:
        click.echo(printable(f"{each.platform.title}: {each.evidence}"))
    if not recognised:
        click.echo("no platform recognised: the general patterns count")
    for name in KINDS:
        _echo_kind(name, found)
    return 0


def _echo_kind(kind: str, found: dict[Source, list[str]]) -> None:
    sources = sorted((each for each in found if each.kind == kind), key=lambda each: each.origin)
    total = sum(len(found[source]) for source in sources)
    origins = ", ".join(f"{len(found[source])} {source.origin}" for source in sources)
    click.echo(f"\n{kind}: {total} files" + (f" ({origins})" if total else ""))
    names = sorted(name for source in sources for name in found[source])
    for name in names[:_SHOWN]:
        click.echo(f"  {name}")
    if len(names) > _SHOWN:
        click.echo(f"  and {len(names) - _SHOWN} more: shopsec paths --kind {kind}")
