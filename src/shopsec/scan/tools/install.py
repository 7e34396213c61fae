"""Installing a tool: its makers' own release, checked by the digest in policies/tools.yaml.

The digest decides, so that a mirror need not be trusted. What is made is made beside what is
there and takes its place in one step.
"""

import errno
import hashlib
import io
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from shopsec.errors import InstallError, RefreshError, UsageError
from shopsec.policy.tools import Asset, Tool
from shopsec.scan.tools.archive import unpack_member
from shopsec.scan.tools.installed import program_name, put, tool_folder
from shopsec.scan.web import AnsweredError, Web, shown

# Trivy 0.76 is 50 MB packed and 160 MB unpacked.
ARCHIVE_BYTES = 300_000_000
PROGRAM_BYTES = 1_000_000_000
_CHUNK = 1 << 20
_SYSTEMS = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}

Progress = Callable[[str], None]


def this_platform() -> str:
    """This machine, as the table names platforms; as it names itself where that knows none."""
    system, machine = platform.system(), platform.machine()
    system = _SYSTEMS.get(system, system.lower() or "unknown")
    return f"{system}-{_MACHINES.get(machine.lower(), machine.lower() or 'unknown')}"


def find_asset(tool: Tool, version: str, for_platform: str) -> Asset:
    """The file to fetch; UsageError where the table has none."""
    refused = tool.refusal(version)
    if refused is not None:
        raise UsageError(refused.message, refused.next_step)
    release = tool.release(version)
    if release is None:
        known = ", ".join(each.version for each in tool.releases)
        raise UsageError(
            f"{tool.title} {version}: its SHA-256 is not known here, so it is not installed",
            f"one of {known}; any other you can install yourself and have found on PATH",
        )
    asset = release.asset(for_platform)
    if asset is None:
        known = ", ".join(each.platform for each in release.assets)
        raise UsageError(
            f"{tool.title} {version}: is not in the table for {for_platform}",
            f"platforms: {known}; elsewhere install {tool.title} yourself, on PATH",
        )
    return asset


def install_tool(
    tool: Tool, version: str, asset: Asset, origin: str | None, cache: str, web: Web,
    check: Callable[[Path], None], say: Progress,
) -> Path:  # fmt: skip
    """Fetch, check, unpack and put in place; where the program then is.

    ``origin`` is a server's address or a folder that has the release's files under their own
    names; None for the makers' own. ``check`` raises InstallError for a program that does not run
    here. On any InstallError what was there before is untouched.
    """
    folder = tool_folder(cache, tool.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=".new-", dir=folder, ignore_cleanup_errors=True
        ) as name:
            archive, program = Path(name, asset.name), Path(name, program_name(tool.name))
            with open(archive, "x+b") as file:
                source = _fetch(tool, version, asset, origin, file, web, say)
                _check_digest(file, asset, source)
            unpack_member(archive, _member(tool, asset), program, PROGRAM_BYTES)
            program.chmod(0o755)
            check(program)
            return put(program, cache, tool.name, version)
    except OSError as error:
        hint = "free some room" if error.errno == errno.ENOSPC else _FOLDER
        raise InstallError(f"{folder}: cannot be written: {error.strerror}", hint) from error


_FOLDER = "let XDG_CACHE_HOME name a folder that can be written"


def _member(tool: Tool, asset: Asset) -> str:
    return f"{tool.name}.exe" if asset.platform.startswith("windows-") else tool.name


def _fetch(
    tool: Tool, version: str, asset: Asset, origin: str | None, file: BinaryIO, web: Web,
    say: Progress,
) -> str:  # fmt: skip
    """Fill the file; what messages call its source."""
    if origin is not None and not origin.lower().startswith(("https://", "http://")):
        path = Path(origin, asset.name)
        _copy(path, file, f"{_release(tool, version)}/{asset.name}")
        return str(path)
    url = f"{(origin or _release(tool, version)).rstrip('/')}/{asset.name}"
    say(f"{tool.title} {version}: fetching {shown(url)}")
    try:
        web.save(url, file, ARCHIVE_BYTES)
    except RefreshError as error:
        raise InstallError(error.message, _next_step(error, asset)) from error
    return shown(url)


def _release(tool: Tool, version: str) -> str:
    return f"{tool.url}/v{version}"


def _next_step(error: RefreshError, asset: Asset) -> str:
    status = error.status if isinstance(error, AnsweredError) else 0
    if status in {404, 410}:
        return f"it must be the folder that has {asset.name}: --from URL|DIR"
    if status == 429:
        return "wait some minutes and run it again, or name a mirror: --from URL|DIR"
    if status in {401, 403, 407}:
        return "ask whoever runs the proxy or mirror, or name a copy: --from URL|DIR"
    return f"run it again, or name a mirror or a folder that has {asset.name}: --from URL|DIR"


def _copy(path: Path, file: BinaryIO, url: str) -> None:
    try:
        if not path.is_file():
            raise InstallError(f"{path}: no such file", f"copy {url} there")
        source = open(path, "rb")  # noqa: SIM115 -- closed below; its errors are told apart
    except OSError as error:
        raise InstallError(f"{path}: cannot be read: {error.strerror}") from error
    with source:
        while chunk := _read(source, path):
            file.write(chunk)
            if file.tell() > ARCHIVE_BYTES:
                raise InstallError(f"{path}: is larger than {ARCHIVE_BYTES // 1_000_000} MB")


def _read(source: BinaryIO, path: Path) -> bytes:
    try:
        return source.read(_CHUNK)
    except OSError as error:
        raise InstallError(f"{path}: cannot be read: {error.strerror}") from error


def _check_digest(file: io.BufferedRandom, asset: Asset, source: str) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.seek(0)
    found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != asset.sha256:
        raise InstallError(
            f"{source}: is not the file its makers published, so it is not unpacked:\n"
            f"  SHA-256 {found}\n  must be {asset.sha256}",
            "if a mirror or proxy answers with a page of its own, fetch the file another way and "
            "use --from DIR; else tell whoever runs the server",
        )
