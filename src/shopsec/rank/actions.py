"""What to do first: findings that one deed closes are one action."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from packaging.version import InvalidVersion, Version

from shopsec.model import Action, Area, Effort, Result, Rule, Tier, display_path
from shopsec.rank.rotations import RuleOf, rotation, rotation_key, said_once

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
# What a step says of one of the vulnerabilities only.
_ONE_OF_IT = re.compile(r" \([^()]* mends this one,[^()]*\)$")
_RELEASE = re.compile(r"v?(\d+)(?:\.(\d+))?")


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
    return tuple(sorted(found, key=_order)[:most])


def _deed(result: Result, rule: Rule) -> tuple[str, ...]:
    """What closes a result: the same deed closes all results with an equal key."""
    finding = result.finding
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


def _order(action: Action) -> tuple[int, int, int, int, str, str]:
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
    if worst.finding.package is not None:
        described = (_rebuild if worst.finding.area is Area.CONTAINERS else _upgrade)(group, worst)
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
    if rule.impact != _DEBUG and rule.impact not in _STORES:
        return worst.finding.fix or rule.fix
    first = [worst, *sorted(group, key=lambda each: _gravest(each, rules))]
    steps = dict.fromkeys(
        each.finding.fix or rules[each.finding.scanner, each.finding.rule_id].fix
        for each in first
        if rule.impact == _DEBUG or each.finding.rule_id == worst.finding.rule_id
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


def _rebuild(group: Sequence[Result], worst: Result) -> dict[str, object]:
    """An image's packages are not raised one by one: its base is, and it is built again."""
    package, advisory = worst.finding.package, worst.finding.advisory
    if package is None or advisory is None:
        raise ValueError("an image's package finding needs a package and an advisory")
    name = display_path(worst.finding.location.uri)
    fixable = sum(bool(each.finding.advisory and each.finding.advisory.fixed_versions)
                  for each in group)  # fmt: skip
    why = f"{advisory.id} in {package.name} {package.version}"
    if worst.fix_now_because:
        why = f"{why} ({worst.fix_now_because})"
    return {
        "title": f"Rebuild the image {name}: {fixable} of {len(group)} advisories have a fix",
        "why": why,
        "how": "take the newest base of the same line, build with --pull --no-cache, deploy",
        "effort": Effort.MINOR if fixable else Effort.NONE,
    }


def _upgrade(group: Sequence[Result], worst: Result) -> dict[str, object]:
    package, advisory = worst.finding.package, worst.finding.advisory
    if package is None or advisory is None:
        raise ValueError("an upgrade needs a package and an advisory")
    file = display_path(worst.finding.location.uri)
    target, how = _target_of(group, worst)
    closes = _closes(group)
    name = _together(group, worst)
    why = f"{advisory.id}: {worst.finding.message.partition(': ')[2]}"
    if worst.fix_now_because:
        why = f"{why} ({worst.fix_now_because})"
    if advisory.malicious:
        return {
            "title": f"Take out {package.name} {package.version}: it is an attack",
            "why": why,
            "how": worst.finding.fix,
            "effort": Effort.MINOR,
        }
    if target is None:
        return {
            "title": f"Mitigate {name[0]} {package.version}{name[1]}{closes}",
            "why": why,
            "how": "no fixed version is known: take the package out, or shield what it exposes",
            "effort": Effort.NONE,
        }
    return {
        "title": f"Upgrade {name[0]} {package.version} to {target}{name[1]}{closes}",
        "why": why,
        "how": (how or f"set {package.name} to {target} in {file}, run the tests, deploy")
        + _likewise(group, worst),
        "effort": _effort(package.version, target),
    }


def _target_of(group: Sequence[Result], worst: Result) -> tuple[str | None, str]:
    """The version to raise the worst copy to, and how its scanner says to.

    Packages that go by one version are raised to the highest that one of them needs.
    """
    version = worst.finding.package.version if worst.finding.package else ""
    by_name: dict[str, list[Result]] = defaultdict(list)
    for each in group:
        if _copy(each) == _copy(worst) and each.finding.package is not None:
            by_name[each.finding.package.name].append(each)
    targets = {name: _target(version, found) for name, found in by_name.items()}
    if len(targets) == 1 or not all(targets.values()):
        of_worst = targets[worst.finding.package.name if worst.finding.package else ""]
        return of_worst, worst.finding.fix
    named = {name: target for name, target in targets.items() if target}
    highest = max(named, key=lambda name: (_sortable(named[name]), name))
    how = _ONE_OF_IT.sub("", by_name[highest][0].finding.fix)
    advisory = worst.finding.advisory
    enough = advisory.fixed_versions[0] if advisory and advisory.fixed_versions else ""
    if advisory and enough and enough != named[highest]:
        how += f" ({enough} is enough for {advisory.id})"
    return named[highest], how


def _sortable(version: str) -> tuple[int, Version | str]:
    try:
        return 1, Version(version)
    except InvalidVersion:
        return 0, version


def _together(group: Sequence[Result], worst: Result) -> tuple[str, str]:
    """The package to name, and in brackets those that go by its version and have holes."""
    package, raised = worst.finding.package, worst.finding.raised_with
    own = package.name if package else ""
    name = own if own in raised or not raised else raised[0]
    others = {each.finding.package.name for each in group if each.finding.package} | {*raised}
    others -= {name}
    if not others:
        return name, ""
    first = own if own in others else min(others)
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    return name, f" with {first}{more}"


def _copy(result: Result) -> tuple[str, str]:
    """Which file has which version of the package."""
    package = result.finding.package
    return (result.finding.location.uri, package.version if package else "")


def _closes(group: Sequence[Result]) -> str:
    count = len({each.finding.advisory.id for each in group if each.finding.advisory})
    closes = f": closes {count} advisories" if count > 1 else ""
    others = len({_copy(each) for each in group}) - 1
    return f" and {others} more cop{'ies' if others > 1 else 'y'}{closes}" if others else closes


def _likewise(group: Sequence[Result], worst: Result) -> str:
    """Where else the package is, at most three places."""
    others = sorted({_copy(each) for each in group} - {_copy(worst)})
    if not others:
        return ""
    named = [f"{version} in {display_path(uri)}" for uri, version in others[:3]]
    return "; likewise " + ", ".join(named) + (" ..." if len(others) > 3 else "")


def _target(current: str, group: Sequence[Result]) -> str | None:
    """The version that closes the group: what the scanner worked out, or else from its fixes."""
    known = {result.finding.upgrade_to for result in group if result.finding.upgrade_to}
    return known.pop() if len(known) == 1 else _fixing_all(current, group)


def _fixing_all(current: str, group: Sequence[Result]) -> str | None:
    """The smallest version that fixes every finding of the group, or None."""
    needed: list[Version] = []
    for result in group:
        advisory = result.finding.advisory
        candidates = _newer(current, advisory.fixed_versions if advisory else ())
        if not candidates:
            return None
        needed.append(min(candidates))
    return str(max(needed))


def _newer(current: str, versions: Iterable[str]) -> list[Version]:
    found: list[Version] = []
    for text in versions:
        try:
            version, base = Version(text), Version(current)
        except InvalidVersion:
            continue
        if version > base:
            found.append(version)
    return found


def _effort(current: str, target: str) -> Effort:
    old, new = _RELEASE.match(current), _RELEASE.match(target)
    if old is None or new is None or old[1] != new[1]:
        return Effort.MAJOR
    return Effort.PATCH if (old[2] or "0") == (new[2] or "0") else Effort.MINOR
