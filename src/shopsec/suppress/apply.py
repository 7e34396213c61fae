"""Which results are suppressed by which decision, and what became of every decision. Pure."""

from collections.abc import Sequence

from shopsec.model import Result, Suppression, SuppressionUse


def suppress(
    results: Sequence[Result],
    suppressions: Sequence[Suppression],
    *,
    today: str,
    fix_now_days: int,
) -> tuple[tuple[Result, ...], tuple[SuppressionUse, ...]]:
    """Results with what suppresses them, in their order, and every suppression with its state.

    ``fix_now_days``: for how many days from ``today`` a result of the tier fix-now may be
    suppressed at most.
    """
    if not suppressions:
        return tuple(results), ()
    raise NotImplementedError
