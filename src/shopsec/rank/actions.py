"""What to do first: findings that one deed closes are one action."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from packaging.version import InvalidVersion, Version

from shopsec.model import Action, Area, Effort, Result, Rule, Tier, display_path

MOST = 5
# Within so many points the cheaper action comes first.
_TIE = 5


def actions(
    results: Iterable[Result], rules: Iterable[Rule], most: int = MOST
) -> tuple[Action, ...]:
    """The most urgent actions, at most ``most``; results of the tier watch ask for none."""
    by_id = {(rule.scanner, rule.id): rule for rule in rules}
    groups: dict[tuple[str, ...], list[Result]] = defaultdict(list)
    for result in results:
        if result.tier is not Tier.WATCH:
            groups[_deed(result)].append(result)
    found = [_action(group, by_id) for _, group in sorted(groups.items())]
    return tuple(sorted(found, key=_order)[:most])


def _deed(result: Result) -> tuple[str, ...]:
    """What closes a result: the same deed closes all results with an equal key."""
    finding = result.finding
    if finding.area is Area.CONTAINERS and finding.package is not None:
        return ("rebuild", finding.location.uri)
    if finding.package is not None:
        uri = finding.location.uri
        return ("upgrade", finding.package.ecosystem, finding.package.name, uri)
    if finding.area is Area.SECRETS:
        return ("rotate", finding.rule_id, finding.location.uri, finding.symbol)
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


def _action(group: Sequence[Result], rules: dict[tuple[str, str], Rule]) -> Action:
    worst = min(group, key=lambda each: (each.tier.rank, -each.priority, each.finding.fingerprint))
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
    times = f" ({len(group)} places)" if len(group) > 1 else ""
    return Action(
        title=rule.title + times,
        why=worst.fix_now_because or _first_sentence(rule.why),
        how=worst.finding.fix or rule.fix,
        effort=Effort.PATCH if rule.impact == "advice" else Effort.MINOR,
        **common,
    )


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
    target = _target(package.version, group)
    count = len(group)
    closes = f": closes {count} advisories" if count > 1 else ""
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
            "title": f"Mitigate {package.name} {package.version}{closes}",
            "why": why,
            "how": "no fixed version is known: take the package out, or shield what it exposes",
            "effort": Effort.NONE,
        }
    file = display_path(worst.finding.location.uri)
    return {
        "title": f"Upgrade {package.name} {package.version} to {target}{closes}",
        "why": why,
        "how": worst.finding.fix
        or f"set {package.name} to {target} in {file}, run the tests, deploy",
        "effort": _effort(package.version, target),
    }


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
    try:
        old, new = Version(current), Version(target)
    except InvalidVersion:
        return Effort.MAJOR
    if old.major != new.major:
        return Effort.MAJOR
    return Effort.PATCH if old.minor == new.minor else Effort.MINOR
