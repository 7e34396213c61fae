"""The [[allow]] tables of the settings."""

from shopsec.config import Allowed, Settings
from shopsec.errors import ConfigError
from shopsec.model import Suppression, printable
from shopsec.suppress.terms import (
    Problem,
    owner_problem,
    reason_problem,
    rule_problem,
    until_problem,
)


def allowed(settings: Settings, today: str) -> tuple[Suppression, ...]:
    """Suppressions of the settings; ConfigError names the line of the first that cannot be used.

    One whose last day is past can be: it suppresses nothing, and the report says so.
    """
    return tuple(
        _suppression(settings, number, each, today) for number, each in enumerate(settings.allow)
    )


def _suppression(settings: Settings, number: int, given: Allowed, today: str) -> Suppression:
    for key, problem in (
        ("rule", rule_problem(given.rule)),
        ("paths", _paths_problem(given.paths)),
        ("reason", reason_problem(given.reason)),
        ("owner", owner_problem(given.owner)),
        ("until", until_problem(given.until, today)),
    ):
        if problem is not None:
            where = settings.places.get(f"allow.{number}.{key}", "")
            begin = f"{where}: allow.{key}" if where else f"allow.{key}"
            raise ConfigError(printable(f"{begin}: {problem[0]}"), printable(problem[1]))
    line = settings.places.get(f"allow.{number}", "").rpartition(":")[2]
    return Suppression(
        selector=given.rule.strip(),
        paths=given.paths or (),
        reason=given.reason.strip(),
        owner=given.owner.strip(),
        until=given.until,
        place=f"{settings.source}:{line}" if line else settings.source,
        kind="settings",
    )


def _paths_problem(paths: tuple[str, ...] | None) -> Problem | None:
    if paths is None:
        return None
    hint = 'name files as in .gitignore, such as "/tests/", or leave paths out for everywhere'
    if not paths:
        return "is an empty list, which would match nothing", hint
    for pattern in paths:
        if not pattern.strip() or pattern.startswith("#"):
            return f"{pattern!r} matches nothing", hint
        if not pattern.isprintable():
            return "has a control character", hint
    if all(pattern.startswith("!") for pattern in paths):
        return "holds exceptions alone, which match nothing", hint
    return None
