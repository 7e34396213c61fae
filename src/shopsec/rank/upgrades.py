"""Actions about packages: one is raised or taken out."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from packaging.version import InvalidVersion, Version

from shopsec.model import Effort, Result, display_path

# What a step says of one of the vulnerabilities only.
_ONE_OF_IT = re.compile(r" \([^()]* mends this one,[^()]*\)$")
_RELEASE = re.compile(r"v?(\d+)(?:\.(\d+))?")


def upgrade(group: Sequence[Result], worst: Result) -> dict[str, object]:
    """Raising a package closes all of its vulnerabilities, wherever it is locked."""
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
        + _likewise(group, worst)
        + _and_images(group),
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


def _and_images(group: Sequence[Result]) -> str:
    """That images hold the same package, and are to be built again."""
    reporters = {name for each in group for name in each.finding.also_reported_as}
    held = any(name.startswith("trivy-image:") for name in reporters)
    return "; then build the images that hold it again" if held else ""


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
