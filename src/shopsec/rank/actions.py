"""What to do first: findings that one deed closes are one action."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from shopsec.model import Action, Area, Effort, Result, Rule, Tier, display_path
from shopsec.rank.images import new_base, of_base, rebuild
from shopsec.rank.rotations import RuleOf, rotation, rotation_key, said_once
from shopsec.rank.upgrades import upgrade

MOST = 5
# Within so many points the cheaper action comes first.
_TIE = 5
# Hard-coded credentials (CWE-798), readable storage of secrets (312), secrets in source code (540).
_WRITTEN_DOWN = frozenset({798, 312, 540})
# One change to a file closes its data stores: a login that nobody guesses, and no port outside.
_STORES = frozenset({"open-data-store", "published-data-store", "known-password"})
# Whoever opens a file to take one such hole out takes the others out as well.
_RUNS_CODE = frozenset({"code-execution", "code-execution-unsure"})
# Debug mode is switched off wherever it is on, or it is not off.
_DEBUG = "debug-in-production"
# A switch, not work: nothing else changes with it.
_SWITCHES = frozenset({"advice", _DEBUG})
_NAME = re.compile(r"[\w.-]+")
# Characters of names in a title, besides the rule's own.
_NAMES = 80


def actions(
    results: Iterable[Result], rules: Iterable[Rule], most: int = MOST
) -> tuple[Action, ...]:
    """The most urgent actions, at most ``most``; results of the tier watch ask for none."""
    by_id = {(rule.scanner, rule.id): rule for rule in rules}
    groups: dict[tuple[str, ...], list[Result]] = defaultdict(list)
    for result in results:
        if result.tier is not Tier.WATCH:
            rule = by_id[result.finding.scanner, result.finding.rule_id]
            groups[_deed(result, rule)].append(result)
    found = [_action(group, by_id) for _, group in sorted(groups.items())]
    return tuple(sorted(found, key=by_urgency)[:most])


def _deed(result: Result, rule: Rule) -> tuple[str, ...]:
    """What closes a result: the same deed closes all results with an equal key."""
    finding = result.finding
    if of_base(finding):
        return ("base", finding.location.uri, finding.image.base if finding.image else "")
    if finding.area is Area.CONTAINERS and finding.package is not None:
        return ("rebuild", finding.location.uri)
    if finding.package is not None:
        names = finding.raised_with or (finding.package.name,)
        return ("upgrade", finding.package.ecosystem, *names)
    if finding.area is Area.SECRETS or _WRITTEN_DOWN.intersection(rule.cwe):
        return ("rotate", finding.location.uri)
    if rule.impact in _STORES:
        return ("close", finding.location.uri)
    if finding.area is Area.CODE and rule.impact in _RUNS_CODE:
        return ("mend", finding.location.uri)
    if rule.impact == _DEBUG:
        return ("switch", rule.impact)
    return ("change", finding.rule_id, finding.location.uri)


def by_urgency(action: Action) -> tuple[int, int, int, int, str, str]:
    """What actions are sorted by: the cheaper one first where two are about as urgent."""
    return (
        action.tier.rank,
        -(action.priority // _TIE),
        action.effort.rank,
        -action.priority,
        str(action.location),
        action.title,
    )


def _action(group: Sequence[Result], rules: RuleOf) -> Action:
    worst = min(group, key=lambda each: _gravest(each, rules))
    rule = rules[worst.finding.scanner, worst.finding.rule_id]
    bonus = min(10, round(2 * math.log2(len(group))))
    common = {
        "tier": worst.tier,
        "priority": min(100, worst.priority + bonus),
        "location": worst.finding.location,
        "closes": tuple(sorted(result.finding.fingerprint for result in group)),
    }
    image = worst.finding.image
    if image is not None and of_base(worst.finding):
        return Action(**new_base(group, worst, image), **common)
    if worst.finding.package is not None:
        described = (rebuild if worst.finding.area is Area.CONTAINERS else upgrade)(group, worst)
        return Action(**described, **common)
    if _deed(worst, rule)[0] == "rotate":
        title, how = rotation(group, rules)
    else:
        stores = rule.impact in _STORES
        title, how = rule.title + _times(group, rule.id, stores=stores), _how(group, worst, rules)
    return Action(
        title=title,
        why=worst.fix_now_because or _first_sentence(rule.why),
        how=how,
        effort=Effort.PATCH if rule.impact in _SWITCHES else Effort.MINOR,
        **common,
    )


def _how(group: Sequence[Result], worst: Result, rules: RuleOf) -> str:
    """The worst result's step, and those of others where each thing has its own."""
    rule = rules[worst.finding.scanner, worst.finding.rule_id]
    deed = _deed(worst, rule)[0]
    if deed == "change":
        return worst.finding.fix or rule.fix
    first = [worst, *sorted(group, key=lambda each: _gravest(each, rules))]
    steps = dict.fromkeys(
        each.finding.fix or rules[each.finding.scanner, each.finding.rule_id].fix
        for each in first
        if deed != "close" or each.finding.rule_id == worst.finding.rule_id
    )
    others = sorted({each.finding.location.uri for each in group} - {worst.finding.location.uri})
    also = ", ".join(map(display_path, others[:3])) + (" ..." if len(others) > 3 else "")
    return said_once([*steps]) + (f" Also in {also}." if also else "")


def _gravest(result: Result, rules: RuleOf) -> tuple[int, int, int, tuple[int, int, int, str]]:
    severity = result.finding.severity.rank
    return result.tier.rank, -result.priority, severity, rotation_key(result, rules)


def _times(group: Sequence[Result], rule: str, *, stores: bool) -> str:
    """How many places there are; where a rule tells things by short names, which."""
    if len(group) == 1:
        return ""
    rules = {result.finding.rule_id for result in group}
    files = {result.finding.location.uri for result in group}
    named = [each for each in group if not stores or each.finding.rule_id == rule]
    names = sorted({result.finding.symbol for result in named})
    listed = ", ".join(names)
    told_apart = len(names) == len(group) if len(rules) == 1 else stores
    if (
        len(files) == 1 and told_apart
        and all(map(_NAME.fullmatch, names)) and len(listed) <= _NAMES
    ):  # fmt: skip
        return f": {listed}"
    if len(rules) > 1:
        return f" (and {len(group) - 1} more {'there' if len(files) == 1 else 'places'})"
    return f" ({len(group)} places)"


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[a-z)])\. ", text, maxsplit=1)[0].removesuffix(".")
