"""From what scanners say to one finding a fact: repository paths, joined twins."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from shopsec.model import Advisory, Area, Finding, Location, Package, Repository, Rule, Severity


def normalise(
    findings: Iterable[Finding], rules: Iterable[Rule], repository: Repository
) -> tuple[tuple[Finding, ...], tuple[Rule, ...]]:
    """Return findings with repository-relative places, joined, and their rules.

    The order in which findings come in does not matter: everything is sorted first.
    """
    by_id = {(rule.scanner, rule.id): rule for rule in rules}
    placed = [_in_repository(finding, repository) for finding in findings]
    placed.sort(key=_order)
    joined = _join_advisories(_join_equal_rules(placed, by_id))
    joined = _join_imported(_join_images(joined))
    joined.sort(key=_order)
    used = {(finding.scanner, finding.rule_id) for finding in joined}
    kept = sorted((by_id[key] for key in used), key=lambda rule: (rule.id, rule.scanner))
    return tuple(joined), tuple(kept)


def _order(finding: Finding) -> tuple[str, int, str, str, str, str]:
    place = finding.location
    return (
        place.uri,
        place.start_line or 0,
        finding.rule_id,
        finding.symbol,
        finding.scanner,
        finding.message,
    )


def _in_repository(finding: Finding, repository: Repository) -> Finding:
    prefix = repository.path_in_repository
    if not prefix:
        return finding
    return finding.model_copy(
        update={
            "location": finding.location.below(prefix),
            "related": tuple(place.below(prefix) for place in finding.related),
            "extent": tuple(place.below(prefix) for place in finding.extent),
        }
    )


def _join_equal_rules(findings: list[Finding], rules: dict[tuple[str, str], Rule]) -> list[Finding]:
    """Drop another tool's finding where one of ours names its rule in ``same_as``, same place."""
    equal: dict[tuple[str, str], list[tuple[Location, Finding]]] = defaultdict(list)
    for finding in findings:
        for other in rules[finding.scanner, finding.rule_id].same_as:
            for place in (finding.location, *finding.related, *finding.extent):
                equal[place.uri, other].append((place, finding))
    twins: dict[int, list[str]] = defaultdict(list)
    kept: list[Finding] = []
    for finding in findings:
        bare = finding.rule_id.rpartition(".")[2]
        candidates = (
            ours
            for place, ours in equal.get((finding.location.uri, bare), ())
            if ours.scanner != finding.scanner and _overlap(finding.location, place)
        )
        main = next(candidates, None)
        if main is None:
            kept.append(finding)
        else:
            twins[id(main)].append(f"{finding.scanner}:{finding.rule_id}")
    return [_also(finding, twins.get(id(finding), ())) for finding in kept]


_Key = tuple[str, str, str, int]
"""A file, a package, what is wrong, a line (0 for none)."""
# Of a place of more lines the first count.
_MOST_LINES = 50


def _join_imported(findings: list[Finding]) -> list[Finding]:
    """One finding where another tool's file says what a scanner, or another file, says too.

    Secrets that share a line are one, and the worse speaks; so are a rule at one place, and a
    vulnerability of a package in one file, where ours speaks: it has been weighed for a shop.
    """
    if not any(finding.of_import for finding in findings):
        return findings
    kept: list[Finding] = []
    # Of each scanner the first at a key: what a tool says twice of a line is not ours to join.
    known: dict[_Key, dict[str, int]] = defaultdict(dict)
    for finding in sorted(findings, key=lambda each: each.of_import):
        twin = _twin(finding, known) if finding.of_import else None
        if twin is None:
            for key in _keys(finding):
                known[key].setdefault(finding.scanner, len(kept))
            kept.append(finding)
            continue
        main, other = kept[twin], finding
        if main.area is Area.SECRETS and other.severity.rank < main.severity.rank:
            main, other = other, main
        names = (*other.also_reported_as, f"{other.scanner}:{other.rule_id}")
        kept[twin] = _also(main, names)
    return kept


def _twin(finding: Finding, known: Mapping[_Key, Mapping[str, int]]) -> int | None:
    """The first finding of another scanner that says the same in the same file."""
    keys = _keys(finding)
    if finding.advisory is not None and finding.symbol:
        keys = [key for key in keys if key[1]]  # of that package, and of no other one
    return next(
        (
            index
            for key in keys
            for scanner, index in known.get(key, {}).items()
            if scanner != finding.scanner
        ),
        None,
    )


def _keys(finding: Finding) -> list[_Key]:
    """What findings that say the same in a file have in common: one of these."""
    place = finding.location
    if finding.advisory is not None:
        package = finding.package
        named = f"{package.name}@{package.version}" if package is not None else finding.symbol
        packages = {"", named.lower()}
        names = sorted(_names(finding.advisory))
        return [(place.uri, each, f"of {name}", 0) for name in names for each in sorted(packages)]
    what = f"secret {finding.past}" if finding.area is Area.SECRETS else finding.rule_id
    first = place.start_line or 0
    last = min(place.end_line or first, first + _MOST_LINES)
    return [(place.uri, "", what, line) for line in range(first, last + 1)]


def _overlap(one: Location, other: Location) -> bool:
    """True where two places of a file share a line; one without lines is the whole file."""
    if one.start_line is None or other.start_line is None:
        return True
    return one.start_line <= (other.end_line or other.start_line) and other.start_line <= (
        one.end_line or one.start_line
    )


def _also(finding: Finding, twins: Iterable[str]) -> Finding:
    names = tuple(sorted({*finding.also_reported_as, *twins}))
    return finding.model_copy(update={"also_reported_as": names})


def _join_advisories(findings: list[Finding]) -> list[Finding]:
    """One finding for each vulnerability of a package version at a place, whatever it is called."""
    kept: list[Finding] = []
    groups: dict[tuple[str, str, str, int], list[int]] = defaultdict(list)
    for finding in findings:
        if finding.advisory is None or finding.package is None:
            kept.append(finding)
            continue
        place = finding.location
        key = (
            finding.package.purl.lower(),
            place.uri,
            finding.area.value,
            place.start_line or 0,
        )
        twin = next(
            (
                index
                for index in groups[key]
                if _same_vulnerability(kept[index].advisory, finding.advisory)
            ),
            None,
        )
        if twin is None:
            groups[key].append(len(kept))
            kept.append(finding)
        else:
            kept[twin] = _merge(kept[twin], finding)
    return kept


def _join_images(findings: list[Finding]) -> list[Finding]:
    """One finding where an image holds the package version that a lockfile pins: the lockfile's.

    Its places are both. What a base image brings is its own: raising the pin does not mend it.
    """
    pinned: dict[str, list[int]] = defaultdict(list)
    for index, finding in enumerate(findings):
        if finding.area is Area.DEPENDENCIES and finding.package is not None:
            pinned[_package_key(finding.package)].append(index)
    kept = dict(enumerate(findings))
    for index, finding in enumerate(findings):
        if finding.image is None or finding.image.part == "base" or finding.package is None:
            continue
        twins = [
            each
            for each in pinned.get(_package_key(finding.package), ())
            if _same_vulnerability(kept[each].advisory, finding.advisory)
        ]
        for twin in twins:
            main = _with_facts_of(finding, kept[twin])
            places = {str(place): place for place in (*main.related, *_places(finding))}
            kept[twin] = main.model_copy(
                update={"related": tuple(place for _, place in sorted(places.items()))}
            )
        if twins:
            del kept[index]
    return list(kept.values())


def _package_key(package: Package) -> str:
    """One spelling: https://packaging.python.org/en/latest/specifications/name-normalization/."""
    name = package.name.lower()
    if package.ecosystem == "PyPI":
        name = re.sub(r"[-_.]+", "-", name)
    return f"{package.ecosystem} {name} {package.version}"


def _places(finding: Finding) -> tuple[Location, ...]:
    return (finding.location, *finding.related)


def _names(advisory: Advisory) -> set[str]:
    return {advisory.id, *advisory.aliases}


def _same_vulnerability(one: Advisory | None, other: Advisory | None) -> bool:
    return one is not None and other is not None and bool(_names(one) & _names(other))


def _merge(one: Finding, other: Finding) -> Finding:
    """Join two findings of one vulnerability; the one with a score speaks."""
    main, twin = (other, one) if _tells_more(other, one) else (one, other)
    return _with_facts_of(twin, main)


def _with_facts_of(twin: Finding, main: Finding) -> Finding:
    """The finding with what another one knows of the same vulnerability."""
    mine, theirs = main.advisory, twin.advisory
    if mine is None or theirs is None:
        return main
    advisory = mine.model_copy(
        update={
            "aliases": tuple(sorted((_names(mine) | _names(theirs)) - {mine.id})),
            "fixed_versions": mine.fixed_versions or theirs.fixed_versions,
            "known_exploited": mine.known_exploited or theirs.known_exploited,
            "malicious": mine.malicious or theirs.malicious,
        }
    )
    label = f"{twin.scanner}:{twin.rule_id}"
    names = {*main.also_reported_as, *twin.also_reported_as, label}
    return main.model_copy(
        update={
            "advisory": advisory,
            "also_reported_as": tuple(sorted(names)),
            "upgrade_to": main.upgrade_to or twin.upgrade_to,
            "fix": main.fix or twin.fix,
            "via": main.via or twin.via,
            "imported": main.imported if main.imported is not None else twin.imported,
        }
    )


def _tells_more(one: Finding, other: Finding) -> bool:
    return (other.severity is Severity.UNKNOWN) and (one.severity is not Severity.UNKNOWN)
