"""One visit to a file replaces all of its secrets: what they are, the gravest first, and how."""

import re
from collections.abc import Mapping, Sequence

from shopsec.model import Area, Result, Rule, display_path

# In which order a team replaces what a file holds: what moves money, then what runs the shop's
# machines and code, then what lets strangers be its users, then what they need a way in for.
_ORDER = ("payment", "cloud", "code", "signing", "platform", "database", "messages", "service")
_NAMED = 3
_SENTENCE = re.compile(r"(?<=[a-z)])\. (?=[A-Z])")
_IN_A_FILE = " in a file"

RuleOf = Mapping[tuple[str, str], Rule]
"""Rules by scanner and id."""


def rotation_key(result: Result, rules: RuleOf) -> tuple[int, int, int, str]:
    """Sorts results by what to replace first."""
    rule = rules[result.finding.scanner, result.finding.rule_id]
    kind = _ORDER.index(rule.opens) if rule.opens in _ORDER else len(_ORDER)
    return result.tier.rank, kind, -result.priority, result.finding.fingerprint


def rotation(group: Sequence[Result], rules: RuleOf) -> tuple[str, str]:
    """Title and steps. Where secrets were found, rules about their file as a whole add nothing."""
    found = [each for each in group if each.finding.area is Area.SECRETS] or list(group)
    by_rule: dict[tuple[str, str], list[Result]] = {}
    for result in sorted(found, key=lambda each: rotation_key(each, rules)):
        by_rule.setdefault((result.finding.scanner, result.finding.rule_id), []).append(result)
    kinds = [(rules[name], len(results)) for name, results in by_rule.items()]
    steps: dict[str, str] = {}
    for name, results in by_rule.items():
        for each in results:
            steps.setdefault(each.finding.fix or rules[name].fix, _name(rules[name]))
    if len(steps) == 1:
        return _title(kinds, found[0]), next(iter(steps))
    told = [f"{name}: {_continued(step)}" for step, name in steps.items()]
    return _title(kinds, found[0]), said_once(told)


def _name(rule: Rule) -> str:
    return rule.title.removesuffix(_IN_A_FILE)


def _continued(step: str) -> str:
    """A step as it goes on after a colon; an acronym keeps its capitals."""
    return step[:1].lower() + step[1:] if step[1:2].islower() else step


def _title(kinds: Sequence[tuple[Rule, int]], one: Result) -> str:
    (first, count), others = kinds[0], kinds[1:]
    if not others:
        return first.title + (f" ({count} places)" if count > 1 else "")
    names = [
        _name(rule) + (f" ({count} places)" if count > 1 else "") for rule, count in kinds[:_NAMED]
    ]
    left = len(kinds) - _NAMED
    last = f"{left} more kind{'s' if left > 1 else ''} of secrets" if left > 0 else names.pop()
    return f"{', '.join(names)} and {last} in {display_path(one.finding.location.uri)}"


def said_once(steps: Sequence[str]) -> str:
    """At most three steps in a row; the sentences that all of them end with come once, last."""
    parts = [_SENTENCE.sub(".\n", step).split("\n") for step in steps]
    shared = 0
    while all(len(each) > shared + 1 for each in parts) and (
        len({each[-shared - 1] for each in parts}) == 1
    ):
        shared += 1
    if len(parts) == 1:
        return steps[0]
    heads = [" ".join(each[: len(each) - shared]) for each in parts]
    tail = parts[0][len(parts[0]) - shared :]
    left = len(heads) - _NAMED
    more = [f"Replace the other {left} as the results say."] if left > 0 else []
    return " ".join([*heads[:_NAMED], *more, *tail])
