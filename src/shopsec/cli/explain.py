"""``shopsec explain``."""

import difflib
import re
from pathlib import Path

import click

from shopsec.cli.saved_report import read_report, result_of
from shopsec.errors import UsageError
from shopsec.model import printable
from shopsec.policy.rule_text import page, secret_page
from shopsec.policy.rules import AccessRules
from shopsec.policy.secret_formats import load_formats
from shopsec.report.finding import page as page_of_result
from shopsec.scan.access.scanner import load_rules
from shopsec.scan.secrets.rules import PREFIX
from shopsec.scan.secrets.rules import rules as secret_rules

_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{6,16}")


@click.command(short_help="Say what a rule means, or why a result is where it is on the list.")
@click.argument("name", metavar="RULE|FINGERPRINT")
@click.option(
    "--report",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The JSON report that has the fingerprint.",
)
def explain(name: str, file: Path | None) -> None:
    """Say why RULE matters, with a bad and a good example and what to do.

    With a FINGERPRINT, of which six digits do, print that result of a report that was written with
    `shopsec scan --output json=FILE`: its lines, the sum that is its priority, and what to do.
    """
    if _FINGERPRINT.fullmatch(name):
        click.echo(result_page(name, file), nl=False)
    elif file is not None:
        raise UsageError(printable(f"{name!r} is no fingerprint"), "six hexadecimal digits or more")
    else:
        click.echo(rule_page(load_rules(), name), nl=False)


def result_page(fingerprint: str, file: Path | None) -> str:
    """The page of a result in a saved report; UsageError where it is not there."""
    if file is None:
        raise UsageError(
            "a fingerprint is looked up in a report", "--report FILE, of scan --output json=FILE"
        )
    report = read_report(file)
    result = result_of(report, fingerprint)
    finding = result.finding
    rules = {(rule.scanner, rule.id): rule for rule in report.rules}
    return page_of_result(result, rules.get((finding.scanner, finding.rule_id)))


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
