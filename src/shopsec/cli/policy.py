"""``shopsec policy test``."""

from pathlib import Path

import click

from shopsec.errors import PolicyError


@click.group()
def policy() -> None:
    """Look at the rules of access and deployment, and test them."""


@policy.command("test")
@click.argument(
    "packs",
    nargs=-1,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="[PACK]...",
)
def test_packs(packs: tuple[Path, ...]) -> int:
    """Run the examples of rule packs (default: the embedded ones).

    Every rule must find each of its bad examples on its line and none of its good ones.
    """
    from shopsec.scan.access.examples import run_examples  # noqa: PLC0415 -- 60 ms

    outcome = run_examples(packs or None)
    for failure in outcome.failures:
        click.echo(failure)
    click.echo(
        f"{outcome.rules} rules, {outcome.examples} examples, {len(outcome.failures)} failed"
    )
    if outcome.failures:
        return 1
    if not outcome.rules:
        raise PolicyError("no rule was found", "name a pack file, or install shopsec again")
    return 0
