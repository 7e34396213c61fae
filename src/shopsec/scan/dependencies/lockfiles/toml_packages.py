"""What uv.lock, poetry.lock and pylock.toml share: TOML with one table a package."""

import re
import tomllib
from typing import Any

from shopsec.scan.dependencies.lockfiles.base import LockfileError, Unpinned
from shopsec.scan.dependencies.lockfiles.conflict_markers import refuse_merge_conflict

_NAME = re.compile(r"""\s*name\s*=\s*["']([^"']+)["']""")


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML; LockfileError names the line."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except ValueError as error:  # a number of thousands of digits is no TOMLDecodeError
        refuse_merge_conflict(text)
        raise LockfileError(f"not valid TOML: {error}") from error
    except RecursionError as error:
        raise LockfileError("nested too deeply") from error


def package_tables(text: str, key: str) -> list[tuple[dict[str, Any], int]]:
    """The tables of ``[[key]]`` and the line of each one's name."""
    document = parse_toml(text)
    if not document:
        raise LockfileError("is empty")
    tables = document.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise LockfileError(f"{key} is not an array of tables")
    lines = _name_lines(text, f"[[{key}]]")
    if len(lines) != len(tables):  # inline tables, odd layout: the file is right, lines unknown
        lines = [1] * len(tables)
    return list(zip(tables, lines, strict=True))


def exact(table: dict[str, Any], line: int) -> tuple[str, str] | Unpinned:
    """Name and version of a package; without both it is unpinned."""
    name, version = table.get("name"), table.get("version")
    if isinstance(name, str) and isinstance(version, str) and name and version:
        return name, version
    return Unpinned(str(name)[:200], line, "has no version in the lockfile")


def _name_lines(text: str, header: str) -> list[int]:
    """Line of each table's name, or of its header where it has none."""
    found: list[int] = []
    waiting = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip().startswith(header):
            found.append(number)
            waiting = True
        elif waiting and _NAME.match(line):
            found[-1] = number
            waiting = False
    return found
