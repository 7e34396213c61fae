"""What to do first: findings that one deed closes are one action."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from packaging.version import InvalidVersion, Version

from shopsec.model import (
    Action,
    Area,
    Effort,
    Finding,
    Result,
    Rule,
    ScannedImage,
    Tier,
    display_path,
)

MOST = 5
# Within so many points the cheaper action comes first.
_TIE = 5
# Hard-coded credentials (CWE-798), readable storage of secrets (312), secrets in source code (540).
_WRITTEN_DOWN = frozenset({798, 312, 540})
# One change to a file closes its data stores: a login that nobody guesses, and no port outside.
_STORES = frozenset({"open-data-store", "published-data-store", "known-password"})
# A switch, not work: nothing else changes with it.
_SWITCHES = frozenset({"advice", "debug-in-production"})
_SYSTEM_ENDED = "trivy.EOSL"
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
    return tuple(sorted(found, key=by_urgency)[:most])


def _deed(result: Result, rule: Rule) -> tuple[str, ...]:
    """What closes a result: the same deed closes all results with an equal key."""
    finding = result.finding
    if _of_base(finding):
        return ("base", finding.location.uri, finding.image.base if finding.image else "")
    if finding.area is Area.CONTAINERS and finding.package is not None:
        return ("rebuild", finding.location.uri)
    if finding.package is not None:
        return ("upgrade", finding.package.ecosystem, finding.package.name)
    if finding.area is Area.SECRETS or _WRITTEN_DOWN.intersection(rule.cwe):
        return ("rotate", finding.location.uri)
    if rule.impact in _STORES:
        return ("close", finding.location.uri)
    return ("change", finding.rule_id, finding.location.uri)


def _of_base(finding: Finding) -> bool:
    """Whether another base image mends it: what its packages or its system's age bring."""
    renewed = finding.package is not None or finding.rule_id == _SYSTEM_ENDED
    return renewed and finding.image is not None and finding.image.part == "base"


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
    image = worst.finding.image
    if image is not None and _of_base(worst.finding):
        return Action(**_new_base(group, worst, image), **common)
    if worst.finding.package is not None:
        described = (_rebuild if worst.finding.area is Area.CONTAINERS else _upgrade)(group, worst)
        return Action(**described, **common)
    return Action(
        title=rule.title + _times(group),
        why=worst.fix_now_because or _first_sentence(rule.why),
        how=worst.finding.fix or rule.fix,
        effort=Effort.PATCH if rule.impact in _SWITCHES else Effort.MINOR,
        **common,
    )


def _times(group: Sequence[Result]) -> str:
    if len(group) == 1:
        return ""
    alike = len({result.finding.rule_id for result in group}) == 1
    return f" ({len(group)} places)" if alike else f" (and {len(group) - 1} more there)"


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[a-z)])\. ", text, maxsplit=1)[0].removesuffix(".")


def _new_base(group: Sequence[Result], worst: Result, image: ScannedImage) -> dict[str, object]:
    """A base image is changed in one line, and all that it brings goes with it."""
    base, advisory, package = image.base, worst.finding.advisory, worst.finding.package
    named = f"the base image {base}" if base else f"the base image of {image.name}"
    others = sorted({each.finding.image.name for each in group if each.finding.image})
    built = ", ".join(others[:3]) + (" ..." if len(others) > 3 else "")
    why = worst.finding.message
    if advisory is not None and package is not None:
        why = f"{advisory.id} in {package.name} {package.version}"
    if worst.fix_now_because:
        why = f"{why} ({worst.fix_now_because})"
    advised = [each.finding.advisory for each in group if each.finding.advisory]
    fixable = sum(bool(each.fixed_versions) for each in advised)
    ended = worst.finding.rule_id == _SYSTEM_ENDED
    count = f": {fixable} of {len(advised)} advisories have a fix" if advised else ""
    how = f"set FROM {image.newer}" if image.newer else "take the newest image of the same line"
    if ended:
        how = "take a release that is still supported"
    return {
        "title": f"Renew {named}{count}",
        "why": why,
        "how": f"{how}, build {built} with --pull, deploy",
        "effort": Effort.MAJOR if ended else Effort.PATCH if fixable else Effort.NONE,
    }


def _rebuild(group: Sequence[Result], worst: Result) -> dict[str, object]:
    """An image's packages are not raised one by one: its base is, and it is built again."""
    package, advisory = worst.finding.package, worst.finding.advisory
    if package is None or advisory is None:
        raise ValueError("an image's package finding needs a package and an advisory")
    inside = worst.finding.image
    own = inside is not None and inside.part == "own"
    name = inside.name if inside and own else display_path(worst.finding.location.uri)
    how = "take the newest base of the same line, build with --pull --no-cache, deploy"
    if own:
        how = "raise what its Dockerfile installs, build with --no-cache, deploy"
    elif inside is not None and inside.newer:
        how = f"take {inside.newer}, deploy"
    fixable = sum(bool(each.finding.advisory and each.finding.advisory.fixed_versions)
                  for each in group)  # fmt: skip
    why = f"{advisory.id} in {package.name} {package.version}"
    if worst.fix_now_because:
        why = f"{why} ({worst.fix_now_because})"
    return {
        "title": f"Rebuild the image {name}: {fixable} of {len(group)} advisories have a fix",
        "why": why,
        "how": how,
        "effort": Effort.MINOR if fixable else Effort.NONE,
    }


def _upgrade(group: Sequence[Result], worst: Result) -> dict[str, object]:
    package, advisory = worst.finding.package, worst.finding.advisory
    if package is None or advisory is None:
        raise ValueError("an upgrade needs a package and an advisory")
    file = display_path(worst.finding.location.uri)
    target = _target(package.version, [each for each in group if _copy(each) == _copy(worst)])
    closes = _closes(group)
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
    return {
        "title": f"Upgrade {package.name} {package.version} to {target}{closes}",
        "why": why,
        "how": (
            worst.finding.fix or f"set {package.name} to {target} in {file}, run the tests, deploy"
        )
        + _likewise(group, worst)
        + _and_images(group),
        "effort": _effort(package.version, target),
    }


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


def _and_images(group: Sequence[Result]) -> str:
    """That images hold the same package, and are to be built again."""
    reporters = {name for each in group for name in each.finding.also_reported_as}
    held = any(name.startswith("trivy-image:") for name in reporters)
    return "; then build the images that hold it again" if held else ""


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
