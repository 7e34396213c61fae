"""Where installed tools are: ``CACHE/tools/NAME/VERSION/NAME``, and ``current`` says which counts.

A version gets its folder and then becomes current, each in one step, so that whoever looks in
between finds the former one whole.
"""

import os
import re
import tempfile
from pathlib import Path

CURRENT = "current"
_VERSION = re.compile(r"\d{1,6}\.\d{1,6}\.\d{1,6}")


def tool_folder(cache: str, name: str) -> Path:
    """The folder of all versions of a tool."""
    return Path(os.path.abspath(cache), "tools", name)


def program_path(folder: Path, name: str, version: str) -> Path:
    """The program of one version."""
    return folder / version / program_name(name)


def program_name(name: str) -> str:
    """What the program's file is called here."""
    return f"{name}.exe" if os.name == "nt" else name


def current_version(cache: str, name: str) -> str | None:
    """The version that counts; None where none is installed, or it is not whole."""
    folder = tool_folder(cache, name)
    try:
        with open(folder / CURRENT, "rb") as file:
            version = file.read(100).decode("ascii").strip()
    except (OSError, ValueError):
        return None
    if not _VERSION.fullmatch(version) or not _is_program(program_path(folder, name, version)):
        return None
    return version


def installed_program(cache: str, name: str) -> str | None:
    """Absolute path of the program that counts, or None."""
    version = current_version(cache, name)
    if version is None:
        return None
    return str(program_path(tool_folder(cache, name), name, version))


def installed_versions(cache: str, name: str) -> list[str]:
    """All versions whose program is there."""
    folder = tool_folder(cache, name)
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [
        version
        for version in names
        if _VERSION.fullmatch(version) and _is_program(program_path(folder, name, version))
    ]


def put(program: Path, cache: str, name: str, version: str) -> Path:
    """Move a program, which is on the same file system, to its place and make it current."""
    folder = tool_folder(cache, name)
    target = program_path(folder, name, version)
    target.parent.mkdir(exist_ok=True)
    os.replace(program, target)
    handle, temporary = tempfile.mkstemp(dir=program.parent)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{version}\n")
    os.chmod(temporary, 0o644)  # root may install what others run
    os.replace(temporary, folder / CURRENT)
    return target


def _is_program(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and os.access(path, os.X_OK)
