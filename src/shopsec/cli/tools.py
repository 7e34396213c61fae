"""``shopsec tools``."""

import os
from pathlib import Path

import click

from shopsec.cli.checkout import cache_folder
from shopsec.errors import InstallError, UsageError
from shopsec.policy.tools import Tool, embedded_tools
from shopsec.scan.containers.trivy import TrivyUnusableError, use
from shopsec.scan.host import Host
from shopsec.scan.tools.install import find_asset, install_tool, this_platform
from shopsec.scan.tools.installed import current_version, installed_versions, tool_folder
from shopsec.scan.web import Web, shown

_SECONDS = 900.0
_WEB = ("https://", "http://")


@click.group(short_help="Install the programs that scans run.")
def tools() -> None:
    """Install the programs that scans run but that are not part of shopsec."""


@tools.command()
@click.argument("name", metavar="TOOL", type=click.Choice(["trivy"]))
@click.option("--version", metavar="VERSION", help="One of the table. [default: the newest in it]")
@click.option(
    "--from", "origin", metavar="URL|DIR",
    help="A mirror or a folder that has the release's file under its own name.",
)  # fmt: skip
def install(name: str, version: str | None, origin: str | None) -> int:
    """Fetch a tool's official release into shopsec's cache, and use it from now on.

    Its SHA-256 must be the one that shopsec was shipped with, wherever the file comes from. What
    was installed before stays unless all of it went well. Exit codes: 0 installed, 2 usage,
    3 it could not be.
    """
    if origin is not None and not origin.strip():
        raise UsageError("--from: names nothing", "name a server's address or a folder")
    if origin is not None and "://" in origin and not origin.lower().startswith(_WEB):
        raise UsageError(
            f"--from: {shown(origin)} is no http or https address",
            "name a server's address or a folder",
        )
    tool = embedded_tools()[name]
    version = (version or tool.default).removeprefix("v")
    asset = find_asset(tool, version, this_platform())
    program = install_tool(
        tool, version, asset, origin, cache_folder(), Web(_SECONDS),
        lambda new: _check_runs(new, tool, version), _say,
    )  # fmt: skip
    click.echo(f"{tool.title} {version}: {program}")
    return 0


@tools.command("list")
def list_() -> int:
    """Show which versions can be installed, and which are."""
    here = this_platform()
    for tool in embedded_tools().values():
        cache = cache_folder()
        current, there = current_version(cache, tool.name), installed_versions(cache, tool.name)
        click.echo(f"{tool.title}, for {here}, in {tool_folder(cache, tool.name)}")
        for release in tool.releases:
            notes = [
                "default" if release.version == tool.default else "",
                "in use" if release.version == current else "",
                "installed" if release.version in there and release.version != current else "",
                "" if release.asset(here) else "not for this platform",
            ]
            click.echo(f"  {release.version:<8} {', '.join(filter(None, notes))}".rstrip())
        for version in there:
            if tool.release(version) is None:
                state = "in use" if version == current else "installed"
                click.echo(f"  {version:<8} {state}, no longer in the table")
        for bad in tool.bad:
            click.echo(f"  refused: {', '.join(bad.versions)}: {bad.why}")
        click.echo(f"  refused: all before {tool.oldest}")
    return 0


def _check_runs(program: Path, tool: Tool, version: str) -> None:
    """InstallError unless it starts here and is what it should be."""
    here = os.path.realpath(os.curdir)
    host = Host(here, 1, offline=True, environ=os.environ, cache=cache_folder())
    try:
        found = use(str(program), host).version
    except TrivyUnusableError as error:
        raise InstallError(
            f"{tool.title} {version}: does not run here: {error.message}",
            "its folder must allow programs (no noexec): let XDG_CACHE_HOME name another",
        ) from error
    if found != version:
        raise InstallError(f"{tool.title} {version}: says that it is {found}")


def _say(text: str) -> None:
    click.echo(text, err=True)
