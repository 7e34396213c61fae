"""``shopsec import``."""

from pathlib import Path
from typing import get_args

import click

from shopsec.cli.checkout import baseline_of, settings_of, whole_repository
from shopsec.cli.imports import asked_imports, imported_files, without_imported
from shopsec.cli.options import Asked, exit_zero_option
from shopsec.cli.output import format_option, print_report, require_stdout
from shopsec.cli.scan import rendered
from shopsec.cli.work import done, work_of
from shopsec.model.imports import ImportArea
from shopsec.scan.registry import all_scanners


@click.command("import", short_help="Say what is in another tool's SARIF file.")
@click.argument("file", metavar="FILE")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), help="Use this shopsec.toml.")
@click.option("--policy", default="import", show_default=True, help="Gate policy.")
@click.option("--area", type=click.Choice(get_args(ImportArea)), help="What the tool looks at.")
@format_option
@click.option("--today", metavar="DATE", help="Take this day (YYYY-MM-DD) for today.")
@exit_zero_option
def import_(
    file: str,
    path: Path,
    config: Path | None,
    policy: str,
    area: str | None,
    format_: str,
    today: str | None,
    exit_zero: bool,
) -> int:
    """Rank what the SARIF file FILE says of the shop in PATH (default: here); nothing is scanned.

    To let it join the results of every scan, name it in shopsec.toml: imports = ["FILE"], or give
    `shopsec scan` --import FILE. Exit codes: 0 pass or warn, 1 fail, 2 usage or configuration,
    3 the file is missing, of another commit, or not whole.
    """
    require_stdout()
    asked = Asked(config, policy, (), (), (), (), None, today, None, quiet=True, verbose=False)
    (imported,) = asked_imports((file,), area)
    settings = settings_of(path, asked).model_copy(
        update={"imports": (imported,), "only": (imported.scanner,), "skip": (), "images": ()}
    )
    imports = imported_files(settings, path)
    settings = without_imported(settings, imports, path)
    inventory, host = whole_repository(path, settings)
    scanners = all_scanners(imports=imports)
    work = work_of(inventory, host, settings, scanners, asked, baseline_of(settings))
    report = done(work, asked.verbosity).report
    print_report(rendered(report, format_, color=False))
    return 0 if exit_zero else report.decision.outcome.exit_code
