"""``shopsec doctor``."""

import json
from pathlib import Path
from typing import Any

import click

from shopsec import __version__
from shopsec.cli.checkout import check_names, gate_of, settings_of, whole_repository
from shopsec.cli.doctor_text import rendered
from shopsec.cli.imports import imported_files, without_imported
from shopsec.cli.options import Asked, scan_options
from shopsec.diagnosis import Checked, Diagnosis, diagnose
from shopsec.model import Database
from shopsec.scan.registry import all_scanners


@click.command(short_help="Say what a scan here would lack, and the command that mends it.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@scan_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["terminal", "json"]),
    default="terminal",
    show_default=True,
    help="What to print on stdout.",
)
def doctor(path: Path, format_: str, **options: Any) -> int:
    """Say which scanners could do their work in PATH, with which programs and databases.

    With the options of a scan it answers for that scan. Nothing is scanned, and the network is
    never used. Exit codes: 0 nothing that the policy requires is missing, 2 usage or
    configuration, 3 a scanner that it requires cannot do its work.
    """
    asked = Asked(**options)
    settings = settings_of(path, asked)
    imports = imported_files(settings, path)
    settings = without_imported(settings, imports, path)
    scanners = all_scanners(imports=imports)
    check_names(settings, scanners)
    gate = gate_of(settings, asked)
    inventory, host = whole_repository(path, settings)
    found = diagnose(inventory, settings, scanners, host, gate, asked.day)
    if format_ == "json":
        document = _document(found, gate.name, offline=settings.offline, today=asked.day)
        click.echo(json.dumps(document, indent=2))
    else:
        name = inventory.repository.name
        click.echo(rendered(found, name, gate.name, offline=settings.offline), nl=False)
    return found.outcome.exit_code


def _document(found: Diagnosis, policy: str, *, offline: bool, today: str) -> dict[str, Any]:
    return {
        "version": __version__,
        "today": today,
        "policy": policy,
        "offline": offline,
        "exit_code": found.outcome.exit_code,
        "scanners": [_scanner(each) for each in found.scanners],
        "machine": [
            {
                "name": each.name,
                "good": each.good,
                "detail": each.detail,
                "next_step": each.next_step,
            }
            for each in found.machine
        ],
    }


def _scanner(checked: Checked) -> dict[str, Any]:
    ready = checked.readiness
    return {
        "scanner": ready.scanner,
        "area": ready.area.value,
        "status": ready.status.value,
        "required": checked.required,
        "stops": checked.stops,
        "applies_to": ready.applies_to,
        "unit": ready.unit,
        "needs": ready.needs,
        "version": ready.version,
        "place": ready.place,
        "databases": [_database(each) for each in ready.databases],
        "message": ready.message,
        "next_step": ready.next_step,
    }


def _database(database: Database) -> dict[str, Any]:
    return database.model_dump()
