"""Programs that shopsec runs but does not ship: policies/tools.yaml and questions to it."""

import datetime
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from shopsec.model.base import Frozen
from shopsec.policy.bundled import policies_folder
from shopsec.policy.text import read_policy_file

FILE_NAME = "tools.yaml"
_VERSION = r"^\d{1,6}\.\d{1,6}\.\d{1,6}$"
_NUMBERS = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")


class Asset(Frozen):
    """A file of a release, for one platform."""

    platform: str = Field(pattern=r"^(linux|macos|windows)-(x86_64|aarch64)$")
    name: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*\.(tar\.gz|zip)$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Release(Frozen):
    """One version with its files."""

    version: str = Field(pattern=_VERSION)
    assets: tuple[Asset, ...] = Field(min_length=1)

    def asset(self, platform: str) -> Asset | None:
        """The file for a platform, such as ``linux-x86_64``."""
        return next((each for each in self.assets if each.platform == platform), None)


class BadVersions(Frozen):
    """Versions that must not be used, and why."""

    versions: tuple[str, ...] = Field(min_length=1)
    why: str = Field(min_length=1)
    next_step: str = ""
    """What to do before another is installed."""
    source: str = Field(pattern=r"^https://")


@dataclass(frozen=True)
class Refusal:
    """Why a version is not used."""

    message: str
    next_step: str


class Tool(Frozen):
    """One program."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str = Field(min_length=1)
    url: str = Field(pattern=r"^https://")
    """Where its releases are: URL/vVERSION/ASSET."""
    default: str = Field(pattern=_VERSION)
    oldest: str = Field(pattern=_VERSION)
    releases: tuple[Release, ...] = Field(min_length=1)
    bad: tuple[BadVersions, ...] = ()

    @property
    def install(self) -> str:
        """The command that installs it."""
        return f"shopsec tools install {self.name}"

    def release(self, version: str) -> Release | None:
        """The release of that number, where it is in the table."""
        return next((each for each in self.releases if each.version == version), None)

    def refusal(self, version: str) -> Refusal | None:
        """Why a version must not be used; None for one that may be.

        Only the numbers count: a build of a bad version under another suffix is as bad.
        """
        numbers = _numbers(version)
        for bad in self.bad:
            if numbers in map(_numbers, bad.versions):
                first = f"{bad.next_step}, then " if bad.next_step else ""
                return Refusal(
                    message=f"{self.title} {version} is refused: {bad.why}",
                    next_step=first + self.install,
                )
        if numbers < _numbers(self.oldest):
            return Refusal(
                message=f"{self.title} {version} is refused: it is older than {self.oldest}, "
                "the oldest that shopsec was tried with",
                next_step=self.install,
            )
        return None

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        versions = [each.version for each in self.releases]
        if self.default not in versions:
            raise ValueError(f"{self.name}: the default {self.default} is not among the releases")
        for version in versions:
            if versions.count(version) > 1:
                raise ValueError(f"{self.name}: {version} is there twice")
            if self.refusal(version) is not None:
                raise ValueError(f"{self.name}: {version} is a release and refused")
        return self


class ToolsFile(Frozen):
    """The shape of policies/tools.yaml."""

    as_of: datetime.date
    tools: tuple[Tool, ...] = Field(min_length=1)


def load_tools(path: Path | None = None) -> ToolsFile:
    """Read the table; PolicyError names what cannot be used."""
    return read_policy_file(path or policies_folder() / FILE_NAME, ToolsFile)


@lru_cache(maxsize=1)
def embedded_tools() -> dict[str, Tool]:
    """The shipped table by name."""
    return {each.name: each for each in load_tools().tools}


def _numbers(version: str) -> tuple[int, ...]:
    """Order of versions; (0, 0, 0) for what has no three numbers, so that it is too old."""
    found = _NUMBERS.match(version.removeprefix("v"))
    return tuple(map(int, found.groups())) if found else (0, 0, 0)
