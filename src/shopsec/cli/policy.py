"""``shopsec policy``."""

from pathlib import Path

import click

from shopsec.cli.explain import rule_page
from shopsec.errors import OutputError
from shopsec.model import printable
from shopsec.policy.rules import AccessRules, embedded_access_packs, load_access_rules
from shopsec.scan.access.examples import check_examples, unshown_conditions
from shopsec.scan.access.resources.registry import KINDS

PACKS = click.argument(
    "packs", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
SKELETON = """\
# Rules of our own. Name this file in shopsec.toml: policies = ["{name}"]
# Fields a rule may read: shopsec policy fields; try it: shopsec policy test {name}
pack: own
title: Our own rules
rules:
  - id: OWN-001
    title: A job may write without saying why in its name
    on: job
    when: job.writes && !job.name.contains("release")
    severity: low
    confidence: medium
    why: With us only releases write to the repository.
    fix: Take the write permission out of the job.
    examples:
      bad:
        - file: .github/workflows/build.yml
          line: 3
          text: |
            on: push
            jobs:
              build:
                permissions: {{contents: write}}
                runs-on: ubuntu-latest
                steps: [{{run: make}}]
      good:
        - file: .github/workflows/build.yml
          text: |
            on: push
            jobs:
              release:
                permissions: {{contents: write}}
                runs-on: ubuntu-latest
                steps: [{{run: make}}]
        - file: .github/workflows/build.yml
          text: |
            on: push
            jobs:
              build:
                permissions: {{contents: read}}
                runs-on: ubuntu-latest
                steps: [{{run: make}}]
"""


@click.group(short_help="List, show, test and start rules.")
def policy() -> None:
    """Work with the rules that a team may want to argue with."""


@policy.command("list")
@PACKS
def list_rules(packs: tuple[Path, ...]) -> None:
    """List the rules of PACKS, the embedded ones by default: id, severity, title."""
    for rule in _rules(packs).rules:
        click.echo(f"{rule.spec.id:<16} {rule.spec.severity:<9} {printable(rule.spec.title)}")


@policy.command()
@click.argument("rule")
@PACKS
def show(rule: str, packs: tuple[Path, ...]) -> None:
    """Show RULE of PACKS, the embedded ones by default, as `shopsec explain` does."""
    click.echo(rule_page(_rules(packs), rule), nl=False)


@policy.command()
@click.argument("kind", required=False, type=click.Choice(sorted(KINDS)))
def fields(kind: str | None) -> None:
    """List what a rule may read of each KIND of resource, with type and meaning."""
    for name in (kind,) if kind else sorted(KINDS):
        resource = KINDS[name]
        click.echo(f"{name}: {resource.doc}")
        for field, described in sorted(resource.fields.items()):
            click.echo(f"  {name}.{field} ({described.type.name()}): {described.doc}")
        if resource.places:
            click.echo(f"  at: {', '.join(resource.places)}")


@policy.command()
@PACKS
def test(packs: tuple[Path, ...]) -> int:
    """Run the examples of PACKS, the embedded ones by default.

    Each bad example must give one finding on its line, each good one none. A condition that could
    go without breaking an example is a warning. Exit codes: 0 all examples do what they say, 1 some
    do not, 2 a pack cannot be used.
    """
    rules = _rules(packs)
    problems = list(check_examples(rules))
    for problem in problems:
        click.echo(printable(problem))
    for warning in unshown_conditions(rules) if not problems else ():
        click.echo(printable(f"warning: {warning}"))
    examples = sum(
        len(rule.spec.examples.bad) + len(rule.spec.examples.good) for rule in rules.rules
    )
    click.echo(f"{len(rules.rules)} rules, {examples} examples, {len(problems)} problems")
    return 1 if problems else 0


@policy.command()
@click.argument("file", type=click.Path(path_type=Path))
def init(file: Path) -> None:
    """Write a first pack of your own to FILE; a file that is there stays as it is."""
    name = printable(str(file))
    try:
        with open(file, "x", encoding="utf-8") as handle:
            handle.write(SKELETON.format(name=file.as_posix()))
    except OSError as error:
        raise OutputError(f"{name}: cannot be written: {error.strerror}") from error
    click.echo(f"{name} written; try it: shopsec policy test {name}")


def _rules(packs: tuple[Path, ...]) -> AccessRules:
    return load_access_rules(KINDS, packs or embedded_access_packs())
