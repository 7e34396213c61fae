"""bandit's tests in a shop's words: policies/code/bandit.yaml."""

from collections.abc import Mapping

from pydantic import Field

from shopsec.model import Severity
from shopsec.model.base import Frozen
from shopsec.policy.bundled import policies_folder
from shopsec.policy.text import read_policy_file


class Wording(Frozen):
    """How one test is told to a shop."""

    title: str = Field(min_length=1)
    why: str = Field(min_length=1)
    fix: str = Field(min_length=1)
    severity: Severity = Severity.MEDIUM
    impact: str | None = None


class BanditRules(Frozen):
    """The shape of policies/code/bandit.yaml."""

    pack: str
    not_run: Mapping[str, str]
    """Reason by test."""
    not_run_in_tests: tuple[str, ...]
    tests: Mapping[str, Wording]

    def skipped(self, *, in_tests: bool) -> tuple[str, ...]:
        """Tests that are not run on a kind of file, sorted."""
        return tuple(sorted({*self.not_run, *(self.not_run_in_tests if in_tests else ())}))


def load_bandit_rules() -> BanditRules:
    """Read the file shipped with shopsec."""
    return read_policy_file(policies_folder() / "code" / "bandit.yaml", BanditRules)
