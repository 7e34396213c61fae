"""Which files money, orders and customers' data flow through: policies/business_paths.yaml."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal, get_args

import pathspec
from pydantic import field_validator

from shopsec.model.base import Frozen
from shopsec.policy.bundled import policies_folder
from shopsec.policy.text import read_policy_file

Kind = Literal[
    "checkout", "payment", "cart", "orders", "inventory", "customer", "auth", "admin", "webhooks",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
NONE = "none"
"""What a team calls files that a preset takes for more than they are."""


class KindPattern(Frozen):
    """Files of one kind, by a regular expression searched in the path, in any case."""

    kind: Kind
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return text


class Platform(Frozen):
    """One kind of shop, and how it is recognised."""

    id: str
    title: str
    files: tuple[str, ...]
    """Regular expressions; a file whose path has one of them speaks for the platform."""
    packages: tuple[str, ...]
    """Names in a manifest that speak for it."""
    paths: tuple[KindPattern, ...]


class BusinessPathFile(Frozen):
    """The shape of policies/business_paths.yaml."""

    never: tuple[str, ...]
    """Regular expressions for paths that no preset gives a kind to."""
    general: tuple[KindPattern, ...]
    platforms: tuple[Platform, ...]


@lru_cache(maxsize=1)
def load_business_paths() -> BusinessPathFile:
    """The presets shipped with shopsec."""
    return read_policy_file(policies_folder() / "business_paths.yaml", BusinessPathFile)


@dataclass(frozen=True)
class Source:
    """Where the kind of a file comes from, for a person."""

    kind: str
    """Empty for a file of no kind."""
    origin: str = ""
    """``shopsec.toml``, a platform's title or ``general``."""


@dataclass(frozen=True)
class BusinessPaths:
    """What is asked for the kind of a path; the first answer counts."""

    own: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """A team's patterns, as in .gitignore, by kind; see NONE."""
    platforms: tuple[Platform, ...] = ()

    def of(self, path: str) -> str:
        """The kind of a file by its path from the top of the repository; empty for none."""
        return self.source_of(path).kind

    def source_of(self, path: str) -> Source:
        """The kind, and who says so."""
        for kind, spec in self._specs:
            if spec.match_file(path):
                return Source("" if kind == NONE else kind, "shopsec.toml")
        if any(pattern.search(path) for pattern in self._never):
            return Source("")
        for origin, patterns in self._presets:
            for kind, pattern in patterns:
                if pattern.search(path):
                    return Source(kind, origin)
        return Source("")

    @cached_property
    def _specs(self) -> list[tuple[str, "pathspec.PathSpec[pathspec.Pattern]"]]:
        return [
            (kind, pathspec.GitIgnoreSpec.from_lines(lines)) for kind, lines in self.own.items()
        ]

    @cached_property
    def _never(self) -> list[re.Pattern[str]]:
        return [re.compile(each) for each in load_business_paths().never]

    @cached_property
    def _presets(self) -> list[tuple[str, list[tuple[str, re.Pattern[str]]]]]:
        presets = [(platform.title, platform.paths) for platform in self.platforms]
        return [
            (origin, [(each.kind, re.compile(each.pattern, re.IGNORECASE)) for each in patterns])
            for origin, patterns in (*presets, ("general", load_business_paths().general))
        ]
