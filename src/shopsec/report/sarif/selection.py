"""Which results are written, and what is said of the others."""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shopsec.model import BaselineState, Report, Result, Tier
from shopsec.report import wording
from shopsec.report.sarif.flavour import Flavour

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Selection:
    """The results to write, the worst first, and those there was no room for."""

    results: Sequence[Result]
    left_out: Sequence[Result] = ()

    def shorter(self, count: int) -> "Selection":
        """The first ``count`` results of these."""
        return Selection(self.results[:count], (*self.results[count:], *self.left_out))

    @property
    def left_out_by_tier(self) -> dict[str, int]:
        """How many have no room, by tier."""
        counts = Counter(result.tier for result in self.left_out)
        return {tier.value: counts[tier] for tier in Tier if counts[tier]}

    @property
    def notice(self) -> str:
        """What has no room, as a sentence; empty where everything has."""
        if not self.left_out:
            return ""
        tiers = ", ".join(
            f"{count} {tier.replace('-', ' ')}" for tier, count in self.left_out_by_tier.items()
        )
        amount = wording.amount(len(self.left_out), "results")
        return f"{amount} left out, the mildest, for the reader's limits: {tiers}"


def selection(report: Report, flavour: Flavour) -> Selection:
    """What is active, or all where the flavour can mark what is not; the worst where too many."""
    wanted = [each for each in report.results if each.active or flavour.with_history]
    wanted.sort(key=_urgency)
    chosen = Selection(wanted)
    return chosen if flavour.most_results is None else chosen.shorter(flavour.most_results)


def _urgency(result: Result) -> tuple[int, int, bool]:
    return result.tier.rank, -result.priority, result.state is BaselineState.UNCHANGED


def compressed_size(text: str) -> int:
    """Bytes of ASCII text after gzip, without a second copy of it."""
    gzip = zlib.compressobj(wbits=31)
    parts = range(0, len(text), _CHUNK)
    size = sum(len(gzip.compress(text[start : start + _CHUNK].encode("ascii"))) for start in parts)
    return size + len(gzip.flush())
