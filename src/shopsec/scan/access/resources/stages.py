"""What a settings file is for: the live shop, a rehearsal of it, or a developer's machine."""

import re

from shopsec.model import Role, SourceFile

_STAGES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("production", re.compile(r"(?:^|[._/-])(?:prod|production|live)(?:[._/-]|$)")),
    ("staging", re.compile(r"(?:^|[._/-])(?:staging|stage|uat|preprod|pre-prod)(?:[._/-]|$)")),
    ("developer", re.compile(
        r"(?:^|[._/-])(?:dev|devel|develop|development|local|tests?|pytest|testing|ci|e2e|debug)(?:[._/-]|$)"
    )),
)  # fmt: skip
_FOR_DEVELOPERS = frozenset({Role.DEV, Role.TEST, Role.DOCS})


def stage_of(file: SourceFile, environment: str = "", *, keeps_defaults: bool = False) -> str:
    """What a settings file is for, by its name, and by the environment it sets itself."""
    for stage, pattern in _STAGES:
        if pattern.search(file.name.lower()):
            return stage
    if file.role in _FOR_DEVELOPERS:
        return "developer"
    named = next((stage for stage, pattern in _STAGES if pattern.search(environment.lower())), "")
    if named == "production":
        return named
    if file.role is Role.EXAMPLE:
        return "developer"
    return "defaults" if keeps_defaults else "shared"
