"""``shopsec policy test``: every rule of a pack against its own examples."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from shopsec.model import Area, Finding, SourceFile, uri_of
from shopsec.policy.cel import conjuncts
from shopsec.policy.guards import guards
from shopsec.policy.lifecycle import Lifecycles, embedded_lifecycles
from shopsec.policy.rules import SCANNER, AccessRules, BadExample, CompiledRule, GoodExample
from shopsec.scan.access.evaluate import evaluate
from shopsec.scan.access.scanner import read_resources
from shopsec.scan.base import Ledger
from shopsec.scan.host import Unreadable

EXAMPLE_DAY = datetime.date(2026, 11, 24)
"""The day that examples are judged on, for they must not change by themselves."""


@dataclass(frozen=True)
class ExampleFiles:
    """The files of one example, held in memory."""

    contents: dict[str, bytes]
    files: tuple[SourceFile, ...]
    today: datetime.date = EXAMPLE_DAY
    whole_repository: bool = True
    memo: dict[str, Any] = field(default_factory=dict)
    remote: str = ""

    @property
    def lifecycles(self) -> Lifecycles:
        """The table shipped with shopsec."""
        return embedded_lifecycles()

    def read(self, file: SourceFile) -> bytes:
        """Content of one file."""
        try:
            return self.contents[file.uri]
        except KeyError:
            raise Unreadable("not part of the example") from None

    def find(self, uri: str) -> SourceFile | None:
        """The file of a name, or None."""
        return next((file for file in self.files if file.uri == uri), None)


def files_of(example: GoodExample) -> ExampleFiles:
    """An example's file and its neighbours, all of the example's role."""
    contents = {uri_of(each.file): each.text.encode() for each in (example, *example.files)}
    return ExampleFiles(
        contents,
        tuple(
            SourceFile(uri, len(content), example.role, tracked=True)
            for uri, content in sorted(contents.items())
        ),
    )


def findings_of(example: GoodExample, rules: AccessRules) -> tuple[list[Finding], list[str]]:
    """What rules find in an example, and why a file of it could not be used."""
    ledger = Ledger(SCANNER, Area.ACCESS)
    findings, failures = evaluate(rules, read_resources(files_of(example), ledger))
    problems = [
        f"{item.name}: {group.reason}"
        for group in ledger.close().not_covered
        for item in group.items
    ]
    return findings, problems + [failure.problem for failure in failures]


def check_examples(rules: AccessRules) -> Iterator[str]:
    """One sentence for every example that does not do what it says."""
    for rule in rules.rules:
        only = rules.only(rule)
        for number, bad in enumerate(rule.spec.examples.bad):
            yield from _check_bad(bad, _where(rule, "bad", number), only)
        for number, good in enumerate(rule.spec.examples.good):
            yield from _check_good(good, _where(rule, "good", number), only)


def unshown_conditions(rules: AccessRules) -> Iterator[str]:
    """One sentence for every condition of a rule that could go without breaking an example."""
    for rule in rules.rules:
        for number, check in enumerate(rule.checks):
            parts = conjuncts(check.when.text)
            for dropped in parts if len(parts) > 1 else ():
                rest = " && ".join(part for part in parts if part is not dropped)
                where = f"{rule.place_of('checks', number, 'when').spot}: {rule.spec.id}"
                compiled = rules.environments[check.on].compile(rest, where)
                lax = replace(check, when=compiled, guards=guards(rest))
                checks = (*rule.checks[:number], lax, *rule.checks[number + 1 :])
                if not any(check_examples(rules.only(replace(rule, checks=checks)))):
                    yield f"{where}: no example shows the condition {dropped}"


def _where(rule: CompiledRule, sort: str, number: int) -> str:
    spot = rule.place_of("examples", sort, number).spot
    return f"{spot}: {rule.spec.id}: {sort} example {number + 1}"


def _check_bad(example: BadExample, which: str, only: AccessRules) -> Iterator[str]:
    findings, problems = findings_of(example, only)
    where = f"{which} ({example.file})"
    yield from (f"{where}: {problem}" for problem in problems)
    places = [str(finding.location) for finding in findings]
    wanted = f"{example.file}:{example.line}"
    if places != [wanted]:
        found = ", ".join(places) or "nothing"
        yield f"{where}: expected one finding at {wanted}, found {found}"


def _check_good(example: GoodExample, which: str, only: AccessRules) -> Iterator[str]:
    findings, problems = findings_of(example, only)
    where = f"{which} ({example.file})"
    yield from (f"{where}: {problem}" for problem in problems)
    yield from (f"{where}: expected nothing, found {finding.location}" for finding in findings)
