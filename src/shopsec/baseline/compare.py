"""Which results are new, which were known, and which known ones are gone. Pure."""

from collections.abc import Iterable, Sequence

from shopsec.model import BaselineState, KnownResult, Result


def compare(
    results: Sequence[Result], known: Iterable[KnownResult]
) -> tuple[tuple[Result, ...], tuple[KnownResult, ...]]:
    """Results with their state, in their order, and the known ones that are absent, sorted."""
    by_fingerprint = {each.fingerprint: each for each in known}
    compared = tuple(
        result.model_copy(
            update={
                "state": BaselineState.UNCHANGED
                if result.finding.fingerprint in by_fingerprint
                else BaselineState.NEW
            }
        )
        for result in results
    )
    there = {result.finding.fingerprint for result in results}
    absent = sorted(
        (each for fingerprint, each in by_fingerprint.items() if fingerprint not in there),
        key=lambda each: (each.uri, each.rule, each.fingerprint),
    )
    return compared, tuple(absent)
