"""Which results are new, which were known, and which known ones are gone. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from shopsec.model import Area, BaselineState, Finding, KnownResult, Result, ScannerRun


def known_of(result: Result, finding: Finding | None = None) -> KnownResult:
    """What is kept of a result; ``finding`` is what it is compared by, where not its own."""
    finding = finding or result.finding
    return KnownResult(
        fingerprint=finding.fingerprint,
        rule=finding.rule_id,
        scanner=finding.scanner,
        uri=finding.location.uri,
        tier=result.tier,
        places=_count(finding),
    )


def compare(
    results: Sequence[Result],
    known: Iterable[KnownResult],
    names: Mapping[str, str] | None = None,
    grown: Collection[str] = (),
) -> tuple[tuple[Result, ...], tuple[KnownResult, ...]]:
    """Results with their state, in their order, and the known ones that are absent, sorted.

    A known result that is more urgent than it was, or has places that it had not, is new: nobody
    has decided to live with that. ``names``: the fingerprints by which results are looked up, by
    their own; one that has none there is known. ``grown``: those of which a place is new.
    """
    by_fingerprint = {each.fingerprint: each for each in known}

    def state(result: Result) -> BaselineState:
        name = result.finding.fingerprint
        if names is not None and name not in names:
            return BaselineState.UNCHANGED
        name = names[name] if names is not None else name
        if name in grown:
            return BaselineState.NEW
        return _state(result, by_fingerprint.get(name))

    there = (
        {result.finding.fingerprint for result in results} if names is None else {*names.values()}
    )
    missing = [each for each in by_fingerprint.values() if each.fingerprint not in there]
    compared = tuple(result.model_copy(update={"state": state(result)}) for result in results)
    absent = sorted(
        missing,
        key=lambda each: (each.uri, each.rule, each.fingerprint),
    )
    return compared, tuple(absent)


def _state(result: Result, known: KnownResult | None) -> BaselineState:
    if known is None or result.tier.rank < known.tier.rank or _count(result.finding) > known.places:
        return BaselineState.NEW
    return BaselineState.UNCHANGED


def _count(finding: Finding) -> int:
    """How many places it stands for; a secret is one value, wherever it is."""
    if finding.area is not Area.ACCESS:
        return 1
    return max(1 + len(finding.related), len({*finding.extent}))


def really_absent(
    absent: Iterable[KnownResult], coverage: Sequence[ScannerRun], folder: str = ""
) -> tuple[KnownResult, ...]:
    """Those that somebody looked for: their scanner ran to its end, on all there is of the file.

    What was not looked at is not gone. ``coverage`` has its places from the repository's root, as
    the reference of the ``folder`` scanned is; empty for the root itself.
    """
    complete = {run.scanner for run in coverage if run.complete}
    unread = {
        place.uri.rstrip("/")
        for run in coverage
        if run.scanner == "inventory"
        for group in run.not_covered
        for item in group.items
        if (place := item.location) is not None
    }
    return tuple(
        each
        for each in absent
        if each.scanner in complete
        and (not folder or each.uri.startswith(f"{folder}/"))
        and not _is_below(each.uri, unread)
    )


def _is_below(uri: str, folders: set[str]) -> bool:
    """Whether a file is one of these, or in one of them."""
    return uri in folders or any(
        uri[:index] in folders for index, char in enumerate(uri) if char == "/"
    )
