"""``shopsec explain``."""

import difflib

import click

from shopsec.errors import UsageError
from shopsec.model import printable
from shopsec.policy.rule_text import page
from shopsec.policy.rules import AccessRules
from shopsec.scan.access.scanner import load_rules


@click.command(short_help="Say what a rule means and how to mend what it found.")
@click.argument("rule")
def explain(rule: str) -> None:
    """Say why RULE matters, with a bad and a good example and what to do."""
    click.echo(rule_page(load_rules(), rule), nl=False)


def rule_page(rules: AccessRules, name: str) -> str:
    """The page of a rule; UsageError suggests the nearest id."""
    by_id = {rule.spec.id: rule.spec for rule in rules.rules}
    found = by_id.get(name.upper())
    if found is None and name.startswith(("bandit.", "secrets.", "trivy.", "CVE-", "GHSA-")):
        raise UsageError(
            printable(f"{name} is no access rule"),
            "its why and fix stand with the result: --format json",
        )
    if found is None:
        near = difflib.get_close_matches(name.upper(), by_id, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "shopsec policy list"
        raise UsageError(f"there is no rule {name!r}", hint)
    return "\n".join(map(printable, page(found).split("\n")))
