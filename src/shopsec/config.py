"""Settings: shopsec.toml or [tool.shopsec] of pyproject.toml; flags win over both.

The file belongs to the repository that is scanned, so nothing in it can name a program to run or
a server to ask: those come from flags and environment variables alone.
"""

import json
import os
import re
import tomllib
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from shopsec.errors import ConfigError
from shopsec.model.base import Frozen
from shopsec.model.coverage import ImportState
from shopsec.model.imports import Import

Seconds = Annotated[int, Field(ge=1, le=86_400)]


class Limits(Frozen):
    """Bounds on what one scan may cost."""

    scanner_seconds: Seconds = 900
    """Time limit of one scanner."""
    file_seconds: Seconds = 20
    """Time limit of one file within a scanner that reads files."""
    file_bytes: int = Field(default=5_000_000, ge=1_000)
    """Larger files are not read; they are listed as not covered."""
    output_bytes: int = Field(default=200_000_000, ge=10_000)
    """Limit of what one child process may print."""


PathKind = Literal[
    "checkout", "payment", "cart", "orders", "inventory", "customer", "auth", "admin", "webhooks",
    "none",
]  # fmt: skip
RuleSetting = Literal["off", "critical", "high", "medium", "low", "info"]


class Allowed(Frozen):
    """A result that can be lived with for a while: an [[allow]] table."""

    rule: str
    """A rule, a fingerprint, a vulnerability (CVE, GHSA ...), package:NAME or a package URL."""
    paths: tuple[str, ...] | None = None
    """Patterns of files, as in .gitignore; left out: everywhere."""
    reason: str
    """Why it can be lived with, in ten characters or more."""
    owner: str
    """Who answers for it."""
    until: str
    """The last day on which it holds, such as 2027-01-31; at most 366 days ahead."""


class FileSettings(Frozen):
    """Everything shopsec.toml may hold."""

    policy: str = "small-team"
    """A gate policy: small-team, strict, observe, commit, or a .yaml file beside this one."""
    exclude: tuple[str, ...] = ()
    """Patterns of files to leave out, as in .gitignore; they are counted in every report."""
    skip: tuple[str, ...] = ()
    """Scanners not to run; a policy may still require them."""
    test_code: bool = False
    """Look for flaws (bandit) in the Python of tests and examples, too."""
    images: tuple[str, ...] = ()
    """Container images to scan: references, or paths beside this file of archives (docker save,
    OCI), of folders that are the root of a system's files, and of SBOMs in JSON."""
    images_found: bool = False
    """Scan also what Dockerfiles, Compose files, manifests and charts ship; these are pulled."""
    imports: tuple[Import, ...] = ()
    """SARIF files of other tools, made for this commit; one that git tracks is refused."""
    offline: bool = False
    """Never use the network."""
    policies: tuple[str, ...] = ()
    """Rule packs of your own beside the embedded ones: .yaml files or patterns beside this file."""
    rules: dict[str, RuleSetting] = Field(default_factory=dict)
    """Access rules by id that are off, or of another severity."""
    platform: str = ""
    """The kind of shop (magento, shopware ...) where it is not recognised; see shopsec paths."""
    paths: dict[PathKind, tuple[str, ...]] = Field(default_factory=dict)
    """Business paths of your own: patterns as in .gitignore by kind; none takes files out."""
    allow: tuple[Allowed, ...] = ()
    """Results that can be lived with for a while, each with a reason, an owner and a last day."""
    vex: tuple[str, ...] = (".vex/*.json", "/*.openvex.json")
    """OpenVEX documents of the folder scanned: patterns as in .gitignore."""
    baseline: str = ""
    """Baseline beside this file: results that were known before. [default: shopsec-baseline.json
    where it exists]"""
    limits: Limits = Limits()


class Settings(FileSettings):
    """What one run uses: the file, changed by flags."""

    only: tuple[str, ...] = ()
    jobs: int = Field(default=1, ge=1)
    cache: bool = True
    """Take results of former scans for what has not changed since."""
    base: str = "."
    """Folder of the configuration file: what its relative names are relative to."""
    trusted: str = ""
    """Folder that the policy and rule packs are read from, where that is not ``base``."""
    source: str = ""
    """Name of the configuration file, or empty where there is none."""
    places: dict[str, str] = Field(default_factory=dict)
    """File and line of each key of the configuration file, for messages."""

    @property
    def rules_base(self) -> str:
        """What the names of the policy and of rule packs are relative to."""
        return self.trusted or self.base

    @property
    def images_asked(self) -> int:
        """How many images are to be scanned; those that the files name count as one."""
        return len(self.images) + self.images_found

    def import_state(self, scanner: str) -> ImportState:
        """Whether a scanner is an import that is asked for, and must be complete."""
        for each in self.imports:
            if each.scanner == scanner:
                return ImportState.REQUIRED if each.required else ImportState.OPTIONAL
        return ImportState.NONE

    def at(self, key: str) -> str:
        """Where a key stands, as the beginning of a message; empty where a flag gave it."""
        return f"{self.places[key]}: {key}: " if key in self.places else ""


def read_settings(folder: Path, config: Path | None, overrides: dict[str, Any]) -> Settings:
    """Read the configuration of a folder and apply flags; ConfigError names file and line."""
    path, table, text = _find(folder, config)
    values = _validated(path, table, text)
    merged = values.model_dump() | {
        "base": str((path.parent if path else folder).resolve()),
        "source": path.name if path else "",
        "jobs": default_jobs(),
        "places": _places(path, table, text),
    }
    for key, value in overrides.items():
        if key in {"images", "skip", "imports"}:
            merged[key] = (*merged[key], *value)
        elif value is not None:
            merged[key] = value
    return Settings.model_validate(merged)


def _places(path: Path | None, table: dict[str, Any], text: str) -> dict[str, str]:
    if path is None:
        return {}
    prefix = "tool.shopsec" if path.name == "pyproject.toml" else ""
    rules = table.get("rules")
    keys = [(key,) for key in table] + [("rules", key) for key in rules or ()]
    places = {".".join(key): f"{path}:{_line_of_key(text, prefix, key)}" for key in keys}
    allowed = table.get("allow", ())
    lines = partial(_line_in_tables, text, prefix, "allow")
    return places | {
        f"allow.{number}{key and '.'}{key}": f"{path}:{lines(number, key)}"
        for number, each in enumerate(allowed)
        for key in ("", *each)
    }


def default_jobs() -> int:
    """One worker per processor that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def _find(folder: Path, config: Path | None) -> tuple[Path | None, dict[str, Any], str]:
    if config is not None:
        table, text = _read_toml(config)
        if config.name == "pyproject.toml":
            table = _tool_table(table, config, required=True)
        return config, table, text
    own = folder / "shopsec.toml"
    if os.path.lexists(own):
        _refuse_link(own)
        table, text = _read_toml(own)
        return own, table, text
    project = folder / "pyproject.toml"
    if project.is_file():
        return _find_in_pyproject(project)
    return None, {}, ""


def _find_in_pyproject(project: Path) -> tuple[Path | None, dict[str, Any], str]:
    """[tool.shopsec], where there is one.

    A broken pyproject.toml that cannot hold it is a scanner's to report.
    """
    try:
        content = project.read_bytes()
    except OSError:
        return None, {}, ""
    # TOML has many spellings of one name, all of which have the word or an escape in them.
    if b"shopsec" not in content and not re.search(rb"\\[uUx]", content):
        return None, {}, ""
    table, text = _read_toml(project)
    inner = _tool_table(table, project, required=False)
    if not inner:
        return None, {}, ""
    _refuse_link(project)
    return project, inner, text


def _tool_table(table: dict[str, Any], path: Path, *, required: bool) -> dict[str, Any]:
    tool = table.get("tool", {})
    inner = tool.get("shopsec") if isinstance(tool, dict) else None
    if inner is None and not required:
        return {}
    if not isinstance(inner, dict):
        raise ConfigError(f"{path}: has no table [tool.shopsec]", "add it, or name shopsec.toml")
    return inner


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise ConfigError(f"{path}: is a symbolic link", "replace it by the file itself")


def _read_toml(path: Path) -> tuple[dict[str, Any], str]:
    if path.exists() and not path.is_file():
        raise ConfigError(f"{path}: is no regular file", "name a file such as shopsec.toml")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8 text") from error
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        # Only since Python 3.14 does the error carry the line as a number.
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        problem = re.sub(r" \(at .*\)$", "", str(error))
        raise ConfigError(f"{path}:{line}: not valid TOML: {problem}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply") from error


def _validated(path: Path | None, table: dict[str, Any], text: str) -> FileSettings:
    try:
        # As JSON: there a list is a tuple, and a text is neither a number nor a switch.
        return FileSettings.model_validate_json(json.dumps(table, default=str), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        raise _explained(first, path, text) from error


def _explained(error: Any, path: Path | None, text: str) -> ConfigError:
    keys = tuple(part for part in error["loc"] if isinstance(part, str))
    prefix = "tool.shopsec" if path is not None and path.name == "pyproject.toml" else ""
    line = _line_of_key(text, prefix, keys)
    name = ".".join(keys)
    if keys[:1] in {("allow",), ("imports",)} and len(error["loc"]) > 1:
        # With the key, where it is there; what is missing is missing from the table.
        key = "" if error["type"] == "missing" else ".".join(keys[1:2])
        line = _line_in_tables(text, prefix, keys[0], error["loc"][1], key)
    model: Any = _MODELS.get(keys[0], FileSettings) if len(keys) > 1 else FileSettings
    if error["type"] == "extra_forbidden":
        allowed = ", ".join(sorted(model.model_fields))
        return ConfigError(f"{path}:{line}: unknown key {name!r}", f"allowed here: {allowed}")
    if error["type"] == "missing":
        needed = ", ".join(key for key, each in model.model_fields.items() if each.is_required())
        return ConfigError(f"{path}:{line}: {name}: is missing", f"required here: {needed}")
    given, fields = type(error["input"]).__name__, model.model_fields
    return ConfigError(
        f"{path}:{line}: {name}: {error['msg']} (got {given})",
        f"allowed: {describe_field(model, keys[-1])}" if keys[-1:] and keys[-1] in fields else "",
    )


_MODELS: dict[str, Any] = {"limits": Limits, "allow": Allowed, "imports": Import}
"""Tables within the settings."""


def describe_field(model: Any, key: str) -> str:
    """What a key may hold, in TOML's words."""
    whole = model.model_json_schema()
    # Of what may be a string alone, the table is the last way to write it.
    schema = whole.get("anyOf", [whole])[-1]["properties"].get(key, {})
    schema = schema.get("anyOf", [schema])[0]  # what may be left out
    kind = {
        "array": "a list of strings",
        "string": "a string",
        "boolean": "true or false",
        "integer": "a whole number",
    }.get(schema.get("type", ""), "a table")
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None:
        kind += f" from {least}" + (f" to {most}" if most is not None else "")
    return kind


def _line_of_key(text: str, prefix: str, keys: tuple[str, ...]) -> int:
    """Line of a key in TOML text; the line of its table, or 1, where it cannot be told."""
    table, best = "", 1
    wanted = ".".join(filter(None, (prefix, *keys)))
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]", line)
        if header:
            table = re.sub(r"[\"'\s]", "", header[1])
        assigned = re.match(r"\s*([\w.\"'-]+(?:\s*\.\s*[\w\"'-]+)*)\s*=", line)
        here = table
        if assigned:
            here = ".".join(filter(None, (table, re.sub(r"[\"'\s]", "", assigned[1]))))
        if here == wanted:
            return number
        if wanted.startswith(here + ".") and here:
            best = number
    return best


def _line_in_tables(text: str, prefix: str, tables: str, number: int, key: str) -> int:
    """Line of the table of that number in an array such as [[allow]], or of a key in it."""
    name = ".".join(filter(None, (prefix, tables)))
    lines = text.splitlines()
    headers = [
        line
        for line, each in enumerate(lines, 1)
        if (found := re.match(r"\s*\[\[([^\]]+)\]\]", each))
        and re.sub(r"[\"'\s]", "", found[1]) == name
    ]
    if number >= len(headers):  # allow = [{...}]
        return _line_of_key(text, prefix, (tables,))
    start = headers[number]
    for line, each in enumerate(lines[start:], start + 1):
        if re.match(r"\s*\[", each):
            break
        if key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", each):
            return line
    return start


def config_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of shopsec.toml."""
    schema = FileSettings.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "shopsec.toml"
    return schema
