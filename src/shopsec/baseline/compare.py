"""Which results are new, which were known, and which known ones are gone. Pure."""

from collections.abc import Iterable, Sequence

from shopsec.model import BaselineState, KnownResult, Result, ScannerRun


def known_of(result: Result) -> KnownResult:
    """What is kept of a result."""
    finding = result.finding
    return KnownResult(
        fingerprint=finding.fingerprint,
        rule=finding.rule_id,
        scanner=finding.scanner,
        uri=finding.location.uri,
        tier=result.tier,
    )


def compare(
    results: Sequence[Result], known: Iterable[KnownResult]
) -> tuple[tuple[Result, ...], tuple[KnownResult, ...]]:
    """Results with their state, in their order, and the known ones that are absent, sorted.

    A known result that is more urgent than it was is new: nobody has decided to live with that.
    """
    by_fingerprint = {each.fingerprint: each for each in known}
    there = {result.finding.fingerprint for result in results}
    missing = [each for each in by_fingerprint.values() if each.fingerprint not in there]
    compared = tuple(
        result.model_copy(
            update={"state": _state(result, by_fingerprint.get(result.finding.fingerprint))}
        )
        for result in results
    )
    absent = sorted(
        missing,
        key=lambda each: (each.uri, each.rule, each.fingerprint),
    )
    return compared, tuple(absent)


def _state(result: Result, known: KnownResult | None) -> BaselineState:
    if known is None or result.tier.rank < known.tier.rank:
        return BaselineState.NEW
    return BaselineState.UNCHANGED


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
