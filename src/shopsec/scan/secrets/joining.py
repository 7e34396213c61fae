"""Which places have one value, where their findings, of shards or of former scans, do not tell.

A finding holds a digest of its value. That of a value that people might choose is cut so short
that many values share it (see redaction.py), and a longer one must not be written to a file that
leaves the runner. So the few files that have such digests in common are searched once more here.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from shopsec.model import Area, Finding
from shopsec.scan.base import Ledger, Target
from shopsec.scan.host import Host
from shopsec.scan.secrets.redaction import is_short
from shopsec.scan.secrets.rules import SCANNER
from shopsec.scan.secrets.searching import Clock, engine_for, search_file
from shopsec.scan.secrets.sightings import joined
from shopsec.scan.secrets.silenced import Silenced


def join_places(
    findings: Sequence[Finding],
    target: Target,
    host: Host,
    known: Mapping[tuple[str, int], str],
) -> tuple[Finding, ...]:
    """One finding for each value of findings that have one place each.

    ``known`` are identities of files that were searched here and now, as in ``Places``.
    """
    ordered = sorted(findings, key=lambda each: each.location.uri)
    shared = Counter((each.rule_id, each.symbol) for each in ordered)
    unclear = {
        each.location.uri
        for each in ordered
        if is_short(each.symbol) and shared[each.rule_id, each.symbol] > 1
    }
    searched = {uri for uri, _ in known}
    identities = {**known, **_identities(unclear - searched, target, host)}
    groups: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    of_file: Counter[str] = Counter()
    for finding in ordered:
        uri = finding.location.uri
        # The search of a file gives the same sightings in the same order, here as on the shard.
        identity = identities.get((uri, of_file[uri]), "") if is_short(finding.symbol) else ""
        of_file[uri] += 1
        groups[finding.rule_id, finding.symbol, identity].append(finding)
    return tuple(joined(group) for group in groups.values())


def _identities(uris: Collection[str], target: Target, host: Host) -> dict[tuple[str, int], str]:
    """What tells secrets apart, by file and number of the sighting in it."""
    files = [target.inventory.by_uri[uri] for uri in sorted(uris) if uri in target.inventory.by_uri]
    if not files:
        return {}
    engine, ledger = engine_for(files, target), Ledger(SCANNER, Area.SECRETS)
    silenced, clock = Silenced(target, host, ledger), Clock(target)
    return {
        (file.uri, number): sighting.identity
        for file in files
        for number, sighting in enumerate(
            search_file(file, engine, host, clock, silenced, ledger).sightings
        )
    }
