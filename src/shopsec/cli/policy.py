"""``shopsec policy``."""

from pathlib import Path

import click

from shopsec.policy.rules import embedded_access_packs, load_access_rules
from shopsec.scan.access.examples import check_examples
from shopsec.scan.access.resources.registry import KINDS


@click.group(short_help="Work with rules.")
def policy() -> None:
    """Work with the rules that a team may want to argue with."""


@policy.command()
@click.argument("packs", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
def test(packs: tuple[Path, ...]) -> int:
    """Run the examples of rule packs, the embedded ones by default.

    Each bad example must give one finding on its line, each good one none. Exit codes: 0 all of
    them do, 1 some do not, 2 a pack cannot be used.
    """
    paths = packs or embedded_access_packs()
    rules = load_access_rules(KINDS, paths)
    problems = list(check_examples(rules))
    for problem in problems:
        click.echo(problem)
    examples = sum(
        len(rule.spec.examples.bad) + len(rule.spec.examples.good) for rule in rules.rules
    )
    click.echo(f"{len(rules.rules)} rules, {examples} examples, {len(problems)} problems")
    return 1 if problems else 0
