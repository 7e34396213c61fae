"""``shopsec secrets``."""

import stat
from pathlib import Path

import click

from shopsec.cli.checkout import whole_repository
from shopsec.cli.options import day_of
from shopsec.cli.output import write_whole
from shopsec.config import read_settings
from shopsec.errors import UsageError
from shopsec.scan.base import Target
from shopsec.scan.secrets.scanner import listed_secrets
from shopsec.scan.secrets.secrets_baseline import (
    SIZE,
    BaselineError,
    SecretsBaseline,
    read_baseline,
    render_baseline,
)
from shopsec.scan.secrets.silenced import BASELINE_NAME


@click.group(short_help="Work with detect-secrets' baseline.")
def secrets() -> None:
    """Work with the baseline that detect-secrets keeps its audits in."""


@secrets.command(short_help="Write .secrets.baseline for detect-secrets.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--today", metavar="DATE", help="Take this day (YYYY-MM-DD) for today.")
def baseline(path: Path, today: str | None) -> int:
    """Write PATH/.secrets.baseline with everything found, for detect-secrets audit.

    Answers in the file that is there are kept. A value that is answered to be no secret is left
    out of scans, and counted. Scan with detect-secrets scan -n: without -n it asks the services
    whether the values are valid.
    """
    settings = read_settings(path, None, {"offline": True})
    inventory, host = whole_repository(path, settings)
    target = Target(inventory=inventory, settings=settings, today=day_of(today))
    file = Path(inventory.root) / BASELINE_NAME
    existing = _existing(file)
    found = list(listed_secrets(target, host))
    write_whole(file, render_baseline(found, target.today, existing=existing))
    files = len({each.path for each in found})
    click.echo(
        f"{file}: {len(found)} values in {files} files, {existing.audited_false} of them"
        " audited as no secret; next: detect-secrets audit .secrets.baseline"
    )
    return 0


def _existing(file: Path) -> SecretsBaseline:
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > SIZE:
            raise UsageError(f"{file}: is no file of at most {SIZE // 1_000} kB", "move it away")
        return read_baseline(file.read_bytes())
    except FileNotFoundError:
        return SecretsBaseline()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    except BaselineError as error:
        raise UsageError(
            f"{file}: {error}", "mend it or move it away: its answers count"
        ) from error
