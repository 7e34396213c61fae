"""The group of commands, and the one place where errors become exit codes."""

import contextlib
import importlib
import keyword
import os
import signal
import sys
import traceback
from typing import cast

import click

from shopsec import __version__
from shopsec.errors import ShopsecError

COMMANDS = (
    "baseline", "cache", "db", "doctor", "explain", "fix", "import", "init", "merge", "paths",
    "policy", "scan", "schema", "secrets", "tools", "verify",
)  # fmt: skip
"""Each is in the module of its name below shopsec.cli, imported when it is asked for.

After a word of Python's own, as in import_, the name has an underscore.
"""

EXIT_CODES = """\b
Exit codes, whatever the format:
  0  pass or warn
  1  fail: something must be fixed
  2  usage or configuration error
  3  incomplete: a required check did not finish
  4  a bug in shopsec
"""


def _print_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    from shopsec.cli.versions import versions  # noqa: PLC0415 -- takes time

    click.echo(f"shopsec {__version__}")
    for name, version in versions():
        click.echo(f"  {name} {version}")
    context.exit()


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command = getattr(importlib.import_module(f"shopsec.cli.{name}"), name)
        return cast(click.Command, command)


@click.group(
    cls=_Commands,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the versions of shopsec and of the scanners that come with it, and exit.",
)
def cli() -> None:
    """Tell a web shop what to fix first: one ranked list, one gate.

    Start with: shopsec scan
    """


def run() -> None:
    """Run the command line; the only place that ends the process."""
    # Asked to end, by a CI system for example: as with ctrl-C, children and folders go too.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    sys.exit(_exit_code())


def _exit_code() -> int:
    try:
        result = cli.main(standalone_mode=False)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except SystemExit:
        return 2  # click's own answer to a reader that has gone away would be 1: a verdict
    except (click.Abort, KeyboardInterrupt):
        click.echo("shopsec: interrupted; nothing was written", err=True)
        return 130
    except ShopsecError as error:
        click.echo(f"shopsec: error: {error.message}", err=True)
        if error.hint:
            click.echo(f"  {error.hint}", err=True)
        return error.exit_code
    except OSError as error:
        # Of our own streams: whatever reads a file or starts a program has its own errors.
        return _unwritable(error)
    except Exception:  # noqa: BLE001 -- the one broad except: a bug must not look like a verdict
        traceback.print_exc()
        click.echo(
            "shopsec: this is a bug in shopsec; please report it with the lines above", err=True
        )
        return 4
    return result if isinstance(result, int) else 0


def _unwritable(error: OSError) -> int:
    """Say that a stream cannot be written, where that can still be said; never a verdict."""
    with contextlib.suppress(OSError):
        click.echo(f"shopsec: error: {error}", err=True)
    with contextlib.suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 2
