"""``shopsec schema``."""

import json

import click

from shopsec.config import config_schema


@click.command()
def schema() -> None:
    """Print the JSON Schema of shopsec.toml."""
    click.echo(json.dumps(config_schema(), indent=2, sort_keys=True))
