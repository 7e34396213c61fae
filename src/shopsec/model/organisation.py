"""Reports of many repositories as one: what an organisation has to fix first."""

from shopsec.model.base import Frozen
from shopsec.model.result import Action, Outcome, Report, Result


class NamedReport(Frozen):
    """The report of one repository, by a name that no other one has."""

    name: str
    report: Report


class NamedAction(Frozen):
    """One thing to do in a repository."""

    repository: str
    action: Action


class NamedResult(Frozen):
    """A result of a repository."""

    repository: str
    result: Result


class Organisation(Frozen):
    """All of it, the most urgent first."""

    outcome: Outcome
    """The worst of the decisions."""
    repositories: tuple[NamedReport, ...]
    actions: tuple[NamedAction, ...]
    results: tuple[NamedResult, ...]
