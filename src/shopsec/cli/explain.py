"""``shopsec explain``."""

import difflib

import click

from shopsec.errors import UsageError
from shopsec.model import printable
from shopsec.policy.rule_text import page, secret_page
from shopsec.policy.rules import AccessRules
from shopsec.policy.secret_formats import load_formats
from shopsec.scan.access.scanner import load_rules
from shopsec.scan.secrets.rules import PREFIX
from shopsec.scan.secrets.rules import rules as secret_rules


@click.command(short_help="Say what a rule means and how to mend what it found.")
@click.argument("rule")
def explain(rule: str) -> None:
    """Say why RULE matters, with a bad and a good example and what to do."""
    click.echo(rule_page(load_rules(), rule), nl=False)


def rule_page(rules: AccessRules, name: str) -> str:
    """The page of a rule; UsageError suggests the nearest id."""
    pages = {rule.spec.id: rule.spec for rule in rules.rules}
    found = pages.get(name.upper())
    if found is not None:
        return "\n".join(map(printable, page(found).split("\n")))
    secret = secret_rules().get(name.lower())
    if secret is not None:
        formats = {PREFIX + form.id: form for form in load_formats()}
        return secret_page(secret, formats.get(secret.id))
    if name.startswith(("bandit.", "trivy.", "CVE-", "GHSA-")):
        raise UsageError(
            printable(f"{name} is no rule of shopsec's own"),
            "its why and fix stand with the result: --format json",
        )
    near = difflib.get_close_matches(name.upper(), pages, n=3)
    near = near or difflib.get_close_matches(name.lower(), secret_rules(), n=3)
    hint = f"did you mean {', '.join(near)}?" if near else "shopsec policy list"
    raise UsageError(printable(f"there is no rule {name!r}"), hint)
